// Bringing the tables up to date, by TypeORM's migrations on a DataSource of our own: no entities, no synchronize, its own
// table of migrations. Of many nodes that start at once one does it under a lock of the database, and the others wait.
import type { DataSource as Source } from 'typeorm'
import type { Tables } from '../rows/tables.js'
import type { Link } from './link.js'
import { migrationsOf } from './migrations/index.js'
import type { Functions } from './migrations/names.js'
import type { PostgresSettings } from './options.js'
import { quoted } from './quoted.js'

/** The migrations that this database lacks. */
async function missingMigrations(
  link: Link,
  { schema, callTimeoutMs }: PostgresSettings,
  tables: Tables,
  functions: Functions,
): Promise<readonly string[]> {
  const wanted = migrationsOf(tables, functions, schema).map((migration) => new migration().name ?? migration.name)
  const [table] = (await link.query('SELECT to_regclass($1) AS found', [tables.migrations], callTimeoutMs)) as {
    found: unknown
  }[]
  if (!table || table.found === null) return wanted
  const rows = (await link.query(`SELECT name FROM ${tables.migrations}`, [], callTimeoutMs)) as { name: string }[]
  const done = new Set(rows.map(({ name }) => name))
  return wanted.filter((name) => !done.has(name))
}

/**
 * Runs what is missing, or refuses where that is what the options say.
 * @throws Error of one line
 */
export async function migrate(
  link: Link,
  settings: PostgresSettings,
  tables: Tables,
  functions: Functions,
): Promise<void> {
  const missing = await missingMigrations(link, settings, tables, functions)
  if (missing.length === 0) return
  if (settings.migrations === 'check') {
    throw new Error(`the database lacks ${missing.join(', ')}; start once with migrations: 'run'`)
  }
  const { migrationTimeoutMs, callTimeoutMs } = settings
  await link.query(`SET lock_timeout = ${migrationTimeoutMs}; SET statement_timeout = 0`, [], callTimeoutMs)
  const lock = [`rookery storage ${tables.migrations}`]
  await link.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', lock, migrationTimeoutMs + callTimeoutMs)
  try {
    if ((await missingMigrations(link, settings, tables, functions)).length > 0) await run(settings, tables, functions)
  } finally {
    await link.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock, callTimeoutMs)
  }
}

async function run(settings: PostgresSettings, tables: Tables, functions: Functions): Promise<void> {
  const { DataSource } = await import('typeorm')
  const source = new DataSource({
    type: 'postgres',
    connectTimeoutMS: settings.connectTimeoutMs,
    poolSize: 1,
    entities: [],
    migrations: migrationsOf(tables, functions, settings.schema),
    migrationsTableName: tables.migrations,
    synchronize: false,
    logging: false,
    installExtensions: false,
    // As the driver itself takes it.
    extra: { ...settings.address, statement_timeout: settings.migrationTimeoutMs },
  })
  await source.initialize()
  try {
    if (settings.schema !== null) await standIn(source, settings.schema)
    await source.runMigrations({ transaction: 'all' })
  } finally {
    await source.destroy()
  }
}

/** TypeORM's own option takes dots and quotes in a schema's name for something else: so the one session is led there. */
async function standIn(source: Source, schema: string): Promise<void> {
  await source.query(`SET search_path TO ${quoted(schema)}`)
  Object.assign(source.driver, { schema, searchSchema: schema })
}
