// Migrations on MySQL and MariaDB.
import { createHash } from 'node:crypto'
import { bringUpToDate, namesOf, onceTablesAreFree, sourceOptions, type Migration } from '../migrating.js'
import type { Patience } from '../patience.js'
import { refuseLoss } from '../rows/standing.js'
import type { Link } from './link.js'
import { migrationsOf } from './migrations/index.js'
import type { MysqlSettings } from './options.js'
import { sessionOfMigrations } from './session.js'
import type { Sql } from './sql.js'
import { lookAtTables, ownMysqlTables } from './standing.js'

/**
 * The migrations that this database lacks.
 * @throws Error of one line if the tables there are not ours or not complete
 */
async function missingMigrations(
  link: Link,
  sql: Sql,
  { callTimeoutMs }: MysqlSettings,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const { t } = sql
  const wanted = namesOf(migrations)
  const found = await lookAtTables(link, sql, callTimeoutMs)
  if (!found.has(t.migrations)) return wanted
  const [rows] = await link.ask([`SELECT name FROM ${t.migrations}`], callTimeoutMs)
  const done = new Set((rows ?? []).map(([name]) => name))
  const missing = wanted.filter((name) => !done.has(name))
  // Looks again: another node may have finished its migrations between the two reads.
  if (missing.length === 0) refuseLoss(ownMysqlTables(t), await lookAtTables(link, sql, callTimeoutMs))
  return missing
}

/**
 * Runs the missing migrations, or refuses if the options say `check`.
 * @throws Error of one line
 */
export async function migrate(
  link: Link,
  sql: Sql,
  settings: MysqlSettings,
  tell: (line: string) => void,
  migrations: readonly Migration[] = migrationsOf(sql.t),
): Promise<void> {
  const { callTimeoutMs, address } = settings
  // All databases of a server share the names of its locks, and a name has at most 64 characters.
  const name = createHash('sha256').update(`${address.database} ${sql.t.migrations}`).digest('hex').slice(0, 40)
  const lock = sql.text(`rookery ${name}`)
  await bringUpToDate(
    settings,
    {
      missing: () => missingMigrations(link, sql, settings, migrations),
      async tryLock() {
        // The server must not end this session, and with it the lock, while the migrations run on another one.
        const statements = ['SET SESSION wait_timeout = 28800', `SELECT GET_LOCK(${lock}, 0)`]
        const answers = await link.ask(statements, callTimeoutMs)
        return answers.at(-1)?.[0]?.[0] === 1
      },
      unlock: () => link.ask([`SELECT RELEASE_LOCK(${lock})`], callTimeoutMs),
      run: (_, patience) => run(sql, settings, migrations, patience),
    },
    tell,
  )
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
    // In the driver's own form.
    extra: address,
    charset: 'utf8mb4_bin',
    connectTimeout: connectTimeoutMs,
    poolSize: 1,
    ...sourceOptions(migrations, t.migrations),
  } as ConstructorParameters<typeof DataSource>[0])
  await source.initialize()
  // The session uses the database already. TypeORM would put the database's name before each table, and read a dot in it wrongly.
  Object.assign(source.driver, { buildTableName: (table: string) => table })
  try {
    // The pool has one connection, so the migrations run in this session.
    const runner = source.createQueryRunner()
    for (const statement of sessionOfMigrations) await runner.query(statement)
    // TypeORM would make this table in the server's default engine.
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${t.migrations} (
          id int NOT NULL AUTO_INCREMENT PRIMARY KEY, timestamp bigint NOT NULL, name varchar(255) NOT NULL)
        ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    )
    await runner.release()
    // MySQL commits before and after each statement that makes a table: a transaction around them would hold nothing.
    await onceTablesAreFree(patience, () => source.runMigrations({ transaction: 'none' }), isInTheWay)
  } finally {
    await source.destroy()
  }
}

/** The server's errors for a lock wait that timed out and for a deadlock. */
const isInTheWay = (error: unknown): boolean => [1205, 1213].includes((error as { errno?: number }).errno ?? 0)
