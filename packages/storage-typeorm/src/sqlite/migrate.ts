// Migrations on SQLite. TypeORM is loaded only where something is missing, and its connection is closed again.
import { namesOf, sourceOptions } from '../migrating.js'
import { loadDriver, type SqliteDatabase } from './driver.js'
import { migrationsOf } from './migrations/index.js'
import type { SqliteSettings } from './options.js'
import { ownTables, refuseForeign, refuseLoss, refuseUnknown } from '../rows/standing.js'
import type { Tables } from '../rows/tables.js'

/**
 * The migrations that this file lacks.
 * @throws Error of one line if the tables there are not ours or not complete
 */
export function missingMigrations(db: SqliteDatabase, tables: Tables): readonly string[] {
  // Reads in one transaction: another process may be migrating the file.
  db.exec('BEGIN')
  try {
    return missingNow(db, tables)
  } finally {
    db.exec('COMMIT')
  }
}

function missingNow(db: SqliteDatabase, tables: Tables): readonly string[] {
  const wanted = namesOf(migrationsOf(tables))
  const own = ownTables(tables, ['edit', 'follow'])
  const found = new Map<string, ReadonlySet<string>>()
  for (const name of Object.keys(own)) {
    const columns = db.prepare(`PRAGMA table_info("${name}")`).all([]) as { name: string }[]
    if (columns.length > 0) found.set(name, new Set(columns.map((column) => column.name.toLowerCase())))
  }
  refuseForeign(own, found)
  refuseUnknown(own, found)
  if (!found.has(tables.migrations)) return wanted
  const rows = db.prepare(`SELECT name FROM ${tables.migrations}`).raw().all([]) as [string][]
  const done = new Set(rows.map(([name]) => name))
  const missing = wanted.filter((name) => !done.has(name))
  if (missing.length === 0) refuseLoss(own, found)
  return missing
}

/** Runs what is missing in one locked transaction. Where many processes start at once, one of them does it and the others wait. */
export async function migrate(settings: SqliteSettings, tables: Tables): Promise<void> {
  const { DataSource } = await import('typeorm')
  let db: SqliteDatabase | undefined
  const source = new DataSource({
    type: 'better-sqlite3',
    driver: loadDriver(settings.driverPath),
    database: settings.database,
    timeout: settings.busyTimeoutMs,
    ...sourceOptions(migrationsOf(tables), tables.migrations),
    prepareDatabase(connection: SqliteDatabase) {
      db = connection
      connection.exec(`PRAGMA busy_timeout = ${settings.busyTimeoutMs}`)
      connection.exec('PRAGMA synchronous = FULL')
    },
  })
  await source.initialize()
  try {
    if (!db) throw new Error('TypeORM opened no connection')
    // TypeORM would begin without the lock, and look for what is missing before it has the lock.
    db.exec('BEGIN IMMEDIATE')
    try {
      await source.runMigrations({ transaction: 'none' })
      db.exec('COMMIT')
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  } finally {
    await source.destroy()
  }
}
