// Opens the file: the two connections and their settings, and reads back which settings took effect.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadDriver, type SqliteDatabase } from './driver.js'
import { busy, faultOf } from './faults.js'
import { migrate, missingMigrations } from './migrate.js'
import { lacks } from '../migrating.js'
import type { SqliteSettings } from './options.js'
import { tablesOf } from '../rows/tables.js'

/**
 * The log may grow to this many pages (32 MB) before SQLite copies it into the file. So a page that is written many
 * times is copied once, and copying takes some tens of milliseconds at most.
 */
const walPages = 8000
const cacheKiB = 65_536
const mmapBytes = 268_435_456
/** Between two attempts at work for which SQLite itself does not wait, ms. */
const stepMs = 20

interface OpenedWriter {
  readonly db: SqliteDatabase
  readonly epoch: string
  readonly warnings: readonly string[]
}

/** Opens the writing connection, brings the tables up to date or finds that they are, and reads the settings back. */
export async function openWriter(settings: SqliteSettings): Promise<OpenedWriter> {
  mkdirSync(dirname(settings.database), { recursive: true })
  const tables = tablesOf(settings.tablePrefix)
  const db = connect(settings)
  try {
    // This locks the whole file for a moment, and SQLite does not wait for another process that does the same.
    retryBusy(settings.busyTimeoutMs, () => db.exec('PRAGMA journal_mode = WAL'))
    for (const pragma of [
      `synchronous = ${settings.synchronous}`,
      // On macOS an ordinary fsync leaves data in the drive's cache. On other systems these settings have no effect.
      'fullfsync = ON',
      'checkpoint_fullfsync = ON',
      `wal_autocheckpoint = ${walPages}`,
      'temp_store = MEMORY',
    ]) {
      db.exec(`PRAGMA ${pragma}`)
    }
    const missing = missingMigrations(db, tables)
    if (missing.length > 0 && settings.migrations === 'check') {
      throw lacks(settings.database, missing)
    }
    if (missing.length > 0) await migrate(settings, tables)
    const row = db.prepare(`SELECT epoch FROM ${tables.meta}`).raw().get([]) as [string] | undefined
    if (!row) throw new Error(`${tables.meta} is empty: the file was not made by this package, or was damaged`)
    return { db, epoch: row[0], warnings: readBack(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens a connection that can only read. The file and its tables are there already. */
export function openReader(settings: SqliteSettings): SqliteDatabase {
  const db = connect(settings)
  // libsql ignores `readonly`, but obeys this.
  db.exec('PRAGMA query_only = ON')
  return db
}

function connect(settings: SqliteSettings): SqliteDatabase {
  const driver = loadDriver(settings.driverPath)
  const db = new driver(settings.database, { timeout: settings.busyTimeoutMs })
  db.exec(`PRAGMA busy_timeout = ${settings.busyTimeoutMs}`)
  db.exec(`PRAGMA cache_size = -${cacheKiB}`)
  db.exec(`PRAGMA mmap_size = ${mmapBytes}`)
  return db
}

/** The settings that are weaker than acknowledgements need, each with its remedy. */
function readBack(db: SqliteDatabase): string[] {
  const read = (name: string): unknown => (db.prepare(`PRAGMA ${name}`).raw().get([]) as [unknown] | undefined)?.[0]
  const warnings: string[] = []
  const synchronous = Number(read('synchronous'))
  if (synchronous < 2) {
    const name = synchronous === 1 ? 'normal' : 'off'
    warnings.push(
      `SQLite runs with synchronous=${name}: acknowledged messages are lost when the power fails; use synchronous: 'full'`,
    )
  }
  const journal = String(read('journal_mode'))
  if (journal !== 'wal') {
    warnings.push(
      `SQLite runs with journal_mode=${journal}: readers and the writer wait for each other; keep the file on a local disk`,
    )
  }
  return warnings
}

function retryBusy(withinMs: number, run: () => void): void {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    try {
      run()
      return
    } catch (error) {
      if (waitedMs >= withinMs || faultOf(error) !== busy) throw error
      Atomics.wait(cell, 0, 0, stepMs)
    }
  }
}
