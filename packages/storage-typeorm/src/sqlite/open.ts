// Opening the file: TypeORM's DataSource for the writing connection and the migrations, the driver alone for reading.
//
// The DataSource is ours: no entities, no synchronize, its own table of migrations. Its one connection is handed to the
// writer, so that nobody else ever runs a statement inside our transactions.
import { DataSource } from 'typeorm'
import { loadDriver, type SqliteDatabase } from './driver.js'
import { busy, faultOf } from './faults.js'
import { migrationsOf } from './migrations/index.js'
import type { SqliteSettings } from './options.js'
import { tablesOf, type Tables } from './tables.js'

/**
 * The log may grow to this many pages (32 MB) before it is copied into the file: pages that are written again and again
 * are copied once, and the copying takes some tens of milliseconds at most.
 */
const walPages = 8000
const cacheKiB = 65_536
const mmapBytes = 268_435_456
/** Steps of waiting for another process to finish switching the file to WAL, where SQLite itself does not wait. */
const stepMs = 20

export interface OpenedWriter {
  readonly db: SqliteDatabase
  readonly epoch: string
  readonly warnings: readonly string[]
  close(): Promise<void>
}

/** Opens the writing connection and brings the tables up to date, or finds that they are. */
export async function openWriter(settings: SqliteSettings): Promise<OpenedWriter> {
  const tables = tablesOf(settings.tablePrefix)
  let db: SqliteDatabase | undefined
  const source = new DataSource({
    type: 'better-sqlite3',
    driver: loadDriver(settings.driverPath),
    database: settings.database,
    timeout: settings.busyTimeoutMs,
    entities: [],
    migrations: migrationsOf(tables),
    migrationsTableName: tables.migrations,
    migrationsTransactionMode: 'none',
    synchronize: false,
    logging: false,
    prepareDatabase(connection: SqliteDatabase) {
      db = connection
      setUp(connection, settings)
    },
  })
  await source.initialize()
  try {
    if (!db) throw new Error('TypeORM opened no connection')
    await migrate(db, source, settings)
    const warnings = readBack(db)
    const row = db.prepare(`SELECT epoch FROM ${tables.meta}`).raw().get([]) as [string] | undefined
    if (!row) throw new Error(`${tables.meta} is empty: the file was not made by this package, or was damaged`)
    return { db, epoch: row[0], warnings, close: () => source.destroy() }
  } catch (error) {
    await source.destroy()
    throw error
  }
}

/** Opens a connection that can only read. The file and its tables are there already. */
export function openReader(settings: SqliteSettings): SqliteDatabase {
  const driver = loadDriver(settings.driverPath)
  const db = new driver(settings.database, { timeout: settings.busyTimeoutMs })
  for (const pragma of [
    `busy_timeout = ${settings.busyTimeoutMs}`,
    `cache_size = -${cacheKiB}`,
    `mmap_size = ${mmapBytes}`,
    // libsql ignores `readonly`; this it obeys.
    'query_only = ON',
  ]) {
    db.exec(`PRAGMA ${pragma}`)
  }
  return db
}

function setUp(db: SqliteDatabase, settings: SqliteSettings): void {
  db.exec(`PRAGMA busy_timeout = ${settings.busyTimeoutMs}`)
  // Takes the file for itself for a moment, and does not wait for whoever does the same.
  retryBusy(settings.busyTimeoutMs, () => db.exec('PRAGMA journal_mode = WAL'))
  for (const pragma of [
    `synchronous = ${settings.synchronous}`,
    // On macOS an ordinary fsync leaves data in the drive's cache; elsewhere these do nothing.
    'fullfsync = ON',
    'checkpoint_fullfsync = ON',
    `wal_autocheckpoint = ${walPages}`,
    `cache_size = -${cacheKiB}`,
    `mmap_size = ${mmapBytes}`,
    'temp_store = MEMORY',
  ]) {
    db.exec(`PRAGMA ${pragma}`)
  }
}

/** Runs what is missing inside one locked transaction: of many processes starting at once one does it, the others wait. */
async function migrate(db: SqliteDatabase, source: DataSource, settings: SqliteSettings): Promise<void> {
  if (settings.migrations === 'check') {
    const missing = await missingMigrations(db, source, tablesOf(settings.tablePrefix))
    if (missing.length === 0) return
    throw new Error(
      `${settings.database}: the tables lack ${missing.join(', ')}; start once with migrations: 'run', or run it yourself`,
    )
  }
  db.exec('BEGIN IMMEDIATE')
  try {
    await source.runMigrations({ transaction: 'none' })
    db.exec('COMMIT')
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}

async function missingMigrations(db: SqliteDatabase, source: DataSource, tables: Tables): Promise<string[]> {
  const wanted = source.migrations.map((migration) => migration.name ?? migration.constructor.name)
  const table = db
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?")
    .raw()
    .get([tables.migrations])
  if (!table) return wanted
  const done = new Set(
    db
      .prepare(`SELECT name FROM ${tables.migrations}`)
      .raw()
      .all([])
      .map((row) => (row as [string])[0]),
  )
  return wanted.filter((name) => !done.has(name))
}

/** What the file and the system made of our settings, where it is less than the promises need. */
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
