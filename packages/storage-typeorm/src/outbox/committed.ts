// How the outbox looks at the host's database: through a connection of its own, which sees what is committed and nothing
// of the host's running transactions.
import { DataSource, type DataSourceOptions } from 'typeorm'
import { loadDriver, locateDriver, type SqlValue } from '../sqlite/driver.js'

type ServerOptions = DataSourceOptions & { readonly type: 'postgres' | 'mysql' | 'mariadb' }

export interface CommittedView {
  read(sql: string, values: readonly SqlValue[]): Promise<unknown[]>
  write(sql: string, values: readonly SqlValue[]): Promise<void>
  close(): Promise<void>
}

/** Opens it. */
export async function openCommittedView(host: DataSource): Promise<CommittedView> {
  const { options } = host
  return options.type === 'better-sqlite3' ? sqliteView(host) : serverView(options as ServerOptions)
}

// A second writer on a SQLite file makes the host's own read-then-write transactions fail. So rows are read through a
// connection of our own, and taken away through the host's: where that falls into a transaction that is rolled back, the
// row is there again, and is moved again, which its key makes harmless.
function sqliteView(host: DataSource): CommittedView {
  const { database, driver, key } = host.options as { database: string; driver?: unknown; key?: string }
  const connection = new (loadDriver(locateDriver(driver)))(database, { timeout: 0 })
  // As TypeORM says it.
  if (key !== undefined) connection.exec(`PRAGMA key = ${JSON.stringify(key)}`)
  connection.exec('PRAGMA query_only = 1')
  return {
    async read(sql, values) {
      return connection.prepare(sql).all(values)
    },
    async write(sql, values) {
      await host.query(sql, [...values])
    },
    async close() {
      connection.close()
    },
  }
}

/** What TypeORM takes from one of several servers. */
const ofServer = ['url', 'host', 'port', 'username', 'password', 'database'] as const

async function serverView(options: ServerOptions): Promise<CommittedView> {
  const isPostgres = options.type === 'postgres'
  const master = options.replication?.master as Readonly<Record<string, unknown>> | undefined
  const names = [...ofServer, isPostgres ? 'ssl' : 'socketPath']
  const own = new DataSource({
    ...options,
    // What is committed stands on the one that writes; replicas need no connection.
    ...(master === undefined ? {} : Object.fromEntries(names.map((name) => [name, master[name]]))),
    replication: undefined,
    // A pool's size in extra would come before ours.
    extra: { ...options.extra, ...(isPostgres ? { max: 2, min: 0 } : { connectionLimit: 2 }) },
    poolSize: 2,
    entities: [],
    subscribers: [],
    migrations: [],
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    cache: false,
    ...(isPostgres ? { installExtensions: false } : {}),
  } as DataSourceOptions)
  await own.initialize()
  // A session of MySQL may be set up so that it commits nothing by itself, and reads one moment for ever.
  const query =
    options.type === 'postgres'
      ? (sql: string, values: readonly SqlValue[]): Promise<unknown> => own.query(sql, [...values])
      : (sql: string, values: readonly SqlValue[]): Promise<unknown> =>
          own.transaction((tx) => tx.query(sql, [...values]))
  return {
    read: async (sql, values) => (await query(sql, values)) as unknown[],
    async write(sql, values) {
      await query(sql, values)
    },
    close: () => own.destroy(),
  }
}
