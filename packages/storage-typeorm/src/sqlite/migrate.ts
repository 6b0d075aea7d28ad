// Bringing the tables up to date, by TypeORM's migrations on a DataSource of our own: no entities, no synchronize, its own
// table of migrations. TypeORM is loaded only where something is missing, and its connection closed again.
import { loadDriver, type SqliteDatabase } from './driver.js'
import { migrationsOf } from './migrations/index.js'
import type { SqliteSettings } from './options.js'
import { ownTables, refuseForeign, refuseLoss, refuseUnknown } from '../rows/standing.js'
import type { Tables } from '../rows/tables.js'

/**
 * The migrations that this file lacks.
 * @throws Error of one line where what stands there is not ours, or not whole
 */
export function missingMigrations(db: SqliteDatabase, tables: Tables): string[] {
  // One moment of the file: another process may be migrating it.
  db.exec('BEGIN')
  try {
    return missingNow(db, tables)
  } finally {
    db.exec('COMMIT')
  }
}

function missingNow(db: SqliteDatabase, tables: Tables): string[] {
  const wanted = migrationsOf(tables).map((migration) => new migration().name ?? migration.name)
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

/** Runs what is missing in one locked transaction: of many processes that start at once one does it, the others wait. */
export async function migrate(settings: SqliteSettings, tables: Tables): Promise<void> {
  const { DataSource } = await import('typeorm')
  let db: SqliteDatabase | undefined
  const source = new DataSource({
    type: 'better-sqlite3',
    driver: loadDriver(settings.driverPath),
    database: settings.database,
    timeout: settings.busyTimeoutMs,
    entities: [],
    migrations: migrationsOf(tables),
    migrationsTableName: tables.migrations,
    synchronize: false,
    logging: false,
    prepareDatabase(connection: SqliteDatabase) {
      db = connection
      connection.exec(`PRAGMA busy_timeout = ${settings.busyTimeoutMs}`)
      connection.exec('PRAGMA synchronous = FULL')
    },
  })
  await source.initialize()
  try {
    if (!db) throw new Error('TypeORM opened no connection')
    // TypeORM itself would begin without taking the lock, and look for what is missing before it has it.
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
