// The part of better-sqlite3's interface that we use, which libsql also offers, and how we find the module.
import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'

export type SqlValue = string | number | null

/**
 * A prepared statement. Values are bound by position. A boolean would end the process under libsql, so we bind none.
 */
export interface SqliteStatement {
  run(values: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number | bigint }
  get(values: readonly SqlValue[]): unknown
  all(values: readonly SqlValue[]): unknown[]
  /** From now on rows are arrays. */
  raw(): SqliteStatement
}

export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
  close(): unknown
  /** Never read this after `close`: libsql would end the process. */
  readonly inTransaction: boolean
}

export type SqliteDriver = new (path: string, options: { timeout: number }) => SqliteDatabase

/** In the order in which they are looked for. */
export const driverNames = ['libsql', 'better-sqlite3'] as const

const requireHere = createRequire(import.meta.url)

/**
 * The path of a driver's module, so that a thread can load it. The option gives a name, a path, or the module itself,
 * which is looked up among the loaded modules.
 * @throws Error of one line with the remedy.
 */
export function locateDriver(driver: unknown): string {
  if (driver === undefined) {
    for (const name of driverNames) {
      const path = resolveModule(name)
      if (path !== null) return path
    }
    throw new Error('driver: no SQLite driver is installed; run `npm install libsql@~0.5.29`')
  }
  if (typeof driver === 'string') {
    const path = resolveModule(driver)
    if (path !== null) return path
    throw new Error(`driver: the module '${driver}' is not found; install it, or name 'libsql' or 'better-sqlite3'`)
  }
  for (const loaded of Object.values(requireHere.cache)) {
    if (loaded !== undefined && driver !== null && loaded.exports === driver) return loaded.filename
  }
  throw new Error("driver: not a module that a thread can load; give its name or path, such as 'libsql'")
}

/** Beside this package first, then in the app. */
function resolveModule(name: string): string | null {
  for (const require of [requireHere, createRequire(join(process.cwd(), 'package.json'))]) {
    try {
      const path = require.resolve(name)
      if (isAbsolute(path)) return path
    } catch {
      // Not here; the next place.
    }
  }
  return null
}

/** Loads what `locateDriver` found. */
export function loadDriver(path: string): SqliteDriver {
  const module: unknown = requireHere(path)
  const driver = typeof module === 'object' && module !== null && 'default' in module ? module.default : module
  if (typeof driver !== 'function') throw new Error(`driver: ${path} exports no database class`)
  return driver as SqliteDriver
}
