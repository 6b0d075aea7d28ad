// Bringing the tables up to date, by TypeORM's migrations on a DataSource of our own: no entities, no synchronize, its own
// table of migrations. Of many nodes that start at once one does it under a lock of the database, and the others wait. Nodes
// that serve meanwhile go on: what holds a table is waited for without standing before it in everybody's way.
import type { DataSource as Source } from 'typeorm'
import { patiently, type Patience } from '../patience.js'
import { refuseLoss } from '../rows/standing.js'
import type { Tables } from '../rows/tables.js'
import { silentLogger } from '../silent-logger.js'
import type { Link } from './link.js'
import { functionsMigrationName } from './migrations/functions.js'
import { migrationsOf } from './migrations/index.js'
import type { Functions } from './migrations/names.js'
import type { PostgresSettings } from './options.js'
import { quoted } from './quoted.js'
import { hasFunctions, lookAtTables, ownPostgresTables } from './standing.js'

/**
 * The migrations that this database lacks.
 * @throws Error of one line where what stands there is not ours, or not whole
 */
async function missingMigrations(
  link: Link,
  { schema, callTimeoutMs }: PostgresSettings,
  tables: Tables,
  functions: Functions,
): Promise<readonly string[]> {
  const wanted = migrationsOf(tables, functions, schema).map((migration) => new migration().name ?? migration.name)
  const found = await lookAtTables(link, tables, callTimeoutMs)
  if (!found.has(tables.migrations)) return wanted
  const rows = (await link.query(`SELECT name FROM ${tables.migrations}`, [], callTimeoutMs)) as { name: string }[]
  const done = new Set(rows.map(({ name }) => name))
  const missing = wanted.filter((name) => !done.has(name))
  if (missing.length > 0) return missing
  // Looked at again: the one that migrates may have been ready between the two.
  refuseLoss(ownPostgresTables(tables), await lookAtTables(link, tables, callTimeoutMs))
  return (await hasFunctions(link, functions, callTimeoutMs)) ? [] : [functionsMigrationName]
}

/** How long a migration waits for a table, ms: whoever asks for that table meanwhile waits behind it. */
const lockTimeoutMs = 500

/** How long it leaves the table to others before it asks again, ms. */
const tableRestMs = 1500

/** Between two looks for whether another node is done, ms. */
const nodeRestMs = 200

/**
 * Runs what is missing, or refuses where that is what the options say.
 * @throws Error of one line
 */
export async function migrate(
  link: Link,
  settings: PostgresSettings,
  tables: Tables,
  functions: Functions,
  tell: (line: string) => void,
): Promise<void> {
  const missing = await missingMigrations(link, settings, tables, functions)
  if (missing.length === 0) return
  if (settings.migrations === 'check') {
    throw new Error(`the database lacks ${missing.join(', ')}; start once with migrations: 'run'`)
  }
  const { migrationTimeoutMs, callTimeoutMs } = settings
  const patience = { untilMs: performance.now() + migrationTimeoutMs, tell }
  const lock = [`rookery storage ${tables.migrations}`]
  await patiently(patience, {
    waitsFor: "another node's migrations",
    remedy: 'look at its log',
    restMs: nodeRestMs,
    // Asked again and again: a session that waited for it would be waited for by an index that is built.
    async run() {
      const sql = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken'
      const [row] = (await link.query(sql, lock, callTimeoutMs)) as { taken: boolean }[]
      return row?.taken === true
    },
    isInTheWay: () => false,
  })
  try {
    const still = await missingMigrations(link, settings, tables, functions)
    if (still.length > 0) {
      // It is done again where functions are gone that it made.
      const forget = `DELETE FROM ${tables.migrations} WHERE name = $1`
      if (still.includes(functionsMigrationName) && still.length === 1)
        await link.query(forget, [functionsMigrationName], callTimeoutMs)
      await run(settings, tables, functions, patience)
    }
  } finally {
    await link.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock, callTimeoutMs)
  }
}

async function run(
  settings: PostgresSettings,
  tables: Tables,
  functions: Functions,
  patience: Patience,
): Promise<void> {
  const { DataSource } = await import('typeorm')
  const source = new DataSource({
    type: 'postgres',
    connectTimeoutMS: settings.connectTimeoutMs,
    poolSize: 1,
    entities: [],
    migrations: migrationsOf(tables, functions, settings.schema),
    migrationsTableName: tables.migrations,
    synchronize: false,
    logger: silentLogger,
    installExtensions: false,
    // As the driver itself takes it.
    extra: settings.address,
  })
  await source.initialize()
  try {
    if (settings.schema !== null) await standIn(source, settings.schema)
    await patiently(patience, {
      waitsFor: 'a table that somebody else holds',
      remedy: 'let the backup or the long transaction end, and start again',
      restMs: tableRestMs,
      async run() {
        const restMs = Math.max(1, Math.ceil(patience.untilMs - performance.now()))
        await source.query(`SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${restMs}`)
        await source.runMigrations({ transaction: 'each' })
        return true
      },
      isInTheWay,
    })
  } finally {
    await source.destroy()
  }
}

/** TypeORM's own option takes dots and quotes in a schema's name for something else: so the one session is led there. */
async function standIn(source: Source, schema: string): Promise<void> {
  await source.query(`SET search_path TO ${quoted(schema)}`)
  Object.assign(source.driver, { schema, searchSchema: schema })
}

/** A lock that was not to be had, or that two waited for in a circle. */
const isInTheWay = (error: unknown): boolean => ['55P03', '40P01'].includes((error as { code?: string }).code ?? '')
