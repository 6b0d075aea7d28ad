// Migrations on PostgreSQL.
import type { DataSource as Source } from 'typeorm'
import { bringUpToDate, namesOf, onceTablesAreFree, sourceOptions } from '../migrating.js'
import type { Patience } from '../patience.js'
import { refuseLoss } from '../rows/standing.js'
import type { Tables } from '../rows/tables.js'
import type { Link } from './link.js'
import { functionsMigrationName } from './migrations/functions.js'
import { migrationsOf } from './migrations/index.js'
import type { Functions } from './migrations/names.js'
import type { PostgresSettings } from './options.js'
import { quoted } from './quoted.js'
import { hasFunctions, lookAtTables, ownPostgresTables } from './standing.js'

/**
 * The migrations that this database lacks.
 * @throws Error of one line if the tables there are not ours or not complete
 */
async function missingMigrations(
  link: Link,
  { schema, callTimeoutMs }: PostgresSettings,
  tables: Tables,
  functions: Functions,
): Promise<readonly string[]> {
  const wanted = namesOf(migrationsOf(tables, functions, schema))
  const found = await lookAtTables(link, tables, callTimeoutMs)
  if (!found.has(tables.migrations)) return wanted
  const rows = (await link.query(`SELECT name FROM ${tables.migrations}`, [], callTimeoutMs)) as { name: string }[]
  const done = new Set(rows.map(({ name }) => name))
  const missing = wanted.filter((name) => !done.has(name))
  if (missing.length > 0) return missing
  // Looks again: another node may have finished its migrations between the two reads.
  refuseLoss(ownPostgresTables(tables), await lookAtTables(link, tables, callTimeoutMs))
  return (await hasFunctions(link, functions, callTimeoutMs)) ? [] : [functionsMigrationName]
}

/**
 * How long a migration waits for a table, ms. Other sessions that ask for the table in that time wait behind the
 * migration.
 */
const lockTimeoutMs = 500

/**
 * Runs what is missing, or refuses where the options say `check`.
 * @throws Error of one line
 */
export async function migrate(
  link: Link,
  settings: PostgresSettings,
  tables: Tables,
  functions: Functions,
  tell: (line: string) => void,
): Promise<void> {
  const { callTimeoutMs } = settings
  const lock = [`rookery storage ${tables.migrations}`]
  await bringUpToDate(
    settings,
    {
      missing: () => missingMigrations(link, settings, tables, functions),
      // A session that waited for the lock would block a migration that builds an index: that waits for every session.
      async tryLock() {
        const sql = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken'
        const [row] = (await link.query(sql, lock, callTimeoutMs)) as { taken: boolean }[]
        return row?.taken === true
      },
      unlock: () => link.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock, callTimeoutMs),
      async run(missing, patience) {
        // The migration that makes the functions has run, and they are gone: it has to run again.
        const forget = `DELETE FROM ${tables.migrations} WHERE name = $1`
        if (missing.length === 1 && missing[0] === functionsMigrationName)
          await link.query(forget, [functionsMigrationName], callTimeoutMs)
        await run(settings, tables, functions, patience)
      },
    },
    tell,
  )
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
    ...sourceOptions(migrationsOf(tables, functions, settings.schema), tables.migrations),
    installExtensions: false,
    // In the driver's own form.
    extra: settings.address,
  })
  await source.initialize()
  try {
    if (settings.schema !== null) await standIn(source, settings.schema)
    const attempt = async (): Promise<void> => {
      const restMs = Math.max(1, Math.ceil(patience.untilMs - performance.now()))
      await source.query(`SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${restMs}`)
      await source.runMigrations({ transaction: 'each' })
    }
    await onceTablesAreFree(patience, attempt, isInTheWay)
  } finally {
    await source.destroy()
  }
}

/** TypeORM's own option reads dots and quotes in a schema's name wrongly, so this sets the search path of the one session. */
async function standIn(source: Source, schema: string): Promise<void> {
  await source.query(`SET search_path TO ${quoted(schema)}`)
  Object.assign(source.driver, { schema, searchSchema: schema })
}

/** The server's errors for a lock wait that timed out and for a deadlock. */
const isInTheWay = (error: unknown): boolean => ['55P03', '40P01'].includes((error as { code?: string }).code ?? '')
