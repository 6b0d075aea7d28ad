// How the outbox reads the host's database: over its own connection, which sees committed rows and nothing of the
// host's running transactions.
import { DataSource, type DataSourceOptions } from 'typeorm'
import { loadDriver, locateDriver, type SqlValue } from '../sqlite/driver.js'

export type ServerOptions = DataSourceOptions & { readonly type: 'postgres' | 'mysql' | 'mariadb' }

export interface CommittedView {
  read(sql: string, values: readonly SqlValue[]): Promise<unknown[]>
  write(sql: string, values: readonly SqlValue[]): Promise<void>
  close(): Promise<void>
}

/** Opens that connection. */
export async function openCommittedView(host: DataSource): Promise<CommittedView> {
  const { options } = host
  if (options.type === 'better-sqlite3') return sqliteView(host)
  return viewThrough(await openServer(options as ServerOptions))
}

// A second writer on a SQLite file makes the host's own read-then-write transactions fail. So the outbox reads rows
// over its own connection, and deletes them over the host's. Where the deletion falls into a transaction that is rolled
// back, the row is there again, and the outbox moves it again, which is harmless because of its key.
function sqliteView(host: DataSource): CommittedView {
  const { database, driver, key } = host.options as { database: string; driver?: unknown; key?: string }
  const connection = new (loadDriver(locateDriver(driver)))(database, { timeout: 0 })
  // TypeORM's name for this.
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

/** The options that TypeORM takes from one of several servers. */
const ofServer = ['url', 'host', 'port', 'username', 'password', 'database'] as const

/** Opens our own connections to the server of these options: no other transaction runs on them. */
export async function openServer(options: ServerOptions): Promise<DataSource> {
  const isPostgres = options.type === 'postgres'
  const master = options.replication?.master as Readonly<Record<string, unknown>> | undefined
  const names = [...ofServer, isPostgres ? 'ssl' : 'socketPath']
  const own = new DataSource({
    ...options,
    // Committed rows are on the server that writes. Replicas need no connection.
    ...(master === undefined ? {} : Object.fromEntries(names.map((name) => [name, master[name]]))),
    replication: undefined,
    // The size of a pool in `extra` would replace ours.
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
  return own.initialize()
}

/** @param own closed with the view */
export function viewThrough(own: DataSource): CommittedView {
  // A session of MySQL may be set up without autocommit. It would then read one snapshot for ever.
  const query =
    own.options.type === 'postgres'
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
