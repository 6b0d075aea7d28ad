// How the outbox looks at the host's database: through a connection of its own, which sees what is committed and nothing
// of the host's running transactions.
import { DataSource, type DataSourceOptions } from 'typeorm'
import { loadDriver, locateDriver, type SqlValue } from '../sqlite/driver.js'

export interface CommittedView {
  read(sql: string, values: readonly SqlValue[]): Promise<unknown[]>
  write(sql: string, values: readonly SqlValue[]): Promise<void>
  close(): Promise<void>
}

/** Opens it. */
export async function openCommittedView(host: DataSource): Promise<CommittedView> {
  const { options } = host
  return options.type === 'better-sqlite3' ? sqliteView(host) : serverView(options)
}

// A second writer on a SQLite file makes the host's own read-then-write transactions fail. So rows are read through a
// connection of our own, and taken away through the host's: where that falls into a transaction that is rolled back, the
// row is there again, and is moved again, which its key makes harmless.
function sqliteView(host: DataSource): CommittedView {
  const { database, driver } = host.options as { database: string; driver?: unknown }
  const connection = new (loadDriver(locateDriver(driver)))(database, { timeout: 0 })
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

async function serverView(options: DataSourceOptions): Promise<CommittedView> {
  const own = new DataSource({
    ...options,
    entities: [],
    subscribers: [],
    migrations: [],
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    poolSize: 2,
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
