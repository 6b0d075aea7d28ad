// Bringing the tables up to date, by TypeORM's migrations on a DataSource of our own: no entities, no synchronize, its own
// table of migrations. Of many nodes that start at once one does it under a lock of the server, and the others wait. Nodes
// that serve meanwhile go on: what holds a table is waited for without standing before it in everybody's way.
import { createHash } from 'node:crypto'
import { patiently, type Patience } from '../patience.js'
import { refuseLoss } from '../rows/standing.js'
import { silentLogger } from '../silent-logger.js'
import type { Link } from './link.js'
import { migrationsOf } from './migrations/index.js'
import type { MysqlSettings } from './options.js'
import { sessionOfMigrations } from './session.js'
import type { Sql } from './sql.js'
import { lookAtTables, ownMysqlTables } from './standing.js'

type Migration = ReturnType<typeof migrationsOf>[number]

/**
 * The migrations that this database lacks.
 * @throws Error of one line where what stands there is not ours, or not whole
 */
async function missingMigrations(
  link: Link,
  sql: Sql,
  { callTimeoutMs }: MysqlSettings,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const { t } = sql
  const wanted = migrations.map((migration) => new migration().name ?? migration.name)
  const found = await lookAtTables(link, sql, callTimeoutMs)
  if (!found.has(t.migrations)) return wanted
  const [rows] = await link.ask([`SELECT name FROM ${t.migrations}`], callTimeoutMs)
  const done = new Set((rows ?? []).map(([name]) => name))
  const missing = wanted.filter((name) => !done.has(name))
  // Looked at again: the one that migrates may have been ready between the two.
  if (missing.length === 0) refuseLoss(ownMysqlTables(t), await lookAtTables(link, sql, callTimeoutMs))
  return missing
}

/** How long a migration leaves a table to others before it asks for it again, ms. */
const tableRestMs = 1500

/** Between two looks for whether another node is done, ms. */
const nodeRestMs = 200

/**
 * Runs what is missing, or refuses where that is what the options say.
 * @throws Error of one line
 */
export async function migrate(
  link: Link,
  sql: Sql,
  settings: MysqlSettings,
  tell: (line: string) => void,
  migrations = migrationsOf(sql.t),
): Promise<void> {
  const missing = await missingMigrations(link, sql, settings, migrations)
  if (missing.length === 0) return
  if (settings.migrations === 'check') {
    throw new Error(`the database lacks ${missing.join(', ')}; start once with migrations: 'run'`)
  }
  const { migrationTimeoutMs, callTimeoutMs, address } = settings
  const patience = { untilMs: performance.now() + migrationTimeoutMs, tell }
  // The server's locks have one space for all of its databases, and names of 64 characters.
  const name = createHash('sha256').update(`${address.database} ${sql.t.migrations}`).digest('hex').slice(0, 40)
  const lock = sql.text(`rookery ${name}`)
  await link.ask([`SET SESSION wait_timeout = 28800`], callTimeoutMs)
  await patiently(patience, {
    waitsFor: "another node's migrations",
    remedy: 'look at its log',
    restMs: nodeRestMs,
    async run() {
      const [taken] = await link.ask([`SELECT GET_LOCK(${lock}, 0)`], callTimeoutMs)
      return taken?.[0]?.[0] === 1
    },
    isInTheWay: () => false,
  })
  try {
    const still = await missingMigrations(link, sql, settings, migrations)
    if (still.length > 0) await run(sql, settings, migrations, patience)
  } finally {
    await link.ask([`SELECT RELEASE_LOCK(${lock})`], callTimeoutMs)
  }
}

async function run(
  { t }: Sql,
  settings: MysqlSettings,
  migrations: readonly Migration[],
  patience: Patience,
): Promise<void> {
  const { type, address, connectTimeoutMs } = settings
  const { DataSource } = await import('typeorm')
  const source = new DataSource({
    type,
    connectorPackage: 'mysql2',
    // As the driver itself takes it.
    extra: address,
    charset: 'utf8mb4_bin',
    connectTimeout: connectTimeoutMs,
    poolSize: 1,
    entities: [],
    migrations: [...migrations],
    migrationsTableName: t.migrations,
    synchronize: false,
    logger: silentLogger,
  } as ConstructorParameters<typeof DataSource>[0])
  await source.initialize()
  // The session stands in the database. TypeORM would name it, and take a dot in its name for something else.
  Object.assign(source.driver, { buildTableName: (table: string) => table })
  try {
    // Of the one connection that the migrations will have.
    const runner = source.createQueryRunner()
    for (const statement of sessionOfMigrations) await runner.query(statement)
    // TypeORM would leave its engine to the server.
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${t.migrations} (
          id int NOT NULL AUTO_INCREMENT PRIMARY KEY, timestamp bigint NOT NULL, name varchar(255) NOT NULL)
        ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    )
    await runner.release()
    await patiently(patience, {
      waitsFor: 'a table that somebody else holds',
      remedy: 'let the backup or the long transaction end, and start again',
      restMs: tableRestMs,
      async run() {
        // Each statement that makes a table commits what came before it, whatever it stands in.
        await source.runMigrations({ transaction: 'none' })
        return true
      },
      isInTheWay,
    })
  } finally {
    await source.destroy()
  }
}

/** A lock that was not to be had in time, or that two waited for in a circle. */
const isInTheWay = (error: unknown): boolean => [1205, 1213].includes((error as { errno?: number }).errno ?? 0)
