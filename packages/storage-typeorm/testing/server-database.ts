import type { MysqlOptions } from '../src/mysql/options.js'
import type { PostgresOptions } from '../src/postgres/options.js'

/** A new database on a server, as tests that run on each server see it. */
export interface ServerDatabase {
  /** Options of `TypeOrmStorage`. A DataSource takes them, too. */
  readonly options: (MysqlOptions | PostgresOptions) & { readonly database: string }
  /** Runs one statement without our code, and answers its rows. */
  ask(sql: string): Promise<unknown[]>
  drop(): Promise<void>
}
