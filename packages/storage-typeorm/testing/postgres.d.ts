import pg from 'pg'
import { type PostgresOptions, type PostgresSettings } from '../src/postgres/options.js'
export type Where = Pick<PostgresOptions, 'host' | 'port' | 'username' | 'password' | 'database'>
/** A client of pg's own, past our code. It must be ended. */
export declare function connect(where: Where): Promise<pg.Client>
/** Like `describe`, where a PostgreSQL answers. */
export declare function describeOnPostgres(name: string, cases: () => void): void
export declare const isPostgresThere: boolean
/** One statement past our own code, with its rows. */
export declare function ask<Row = Record<string, unknown>>(
  where: Where,
  sql: string,
  values?: unknown[],
): Promise<Row[]>
/** A database of its own, with what removes it. */
export declare function freshDatabase(on?: Where): Promise<{
  readonly where: Where & {
    readonly database: string
  }
  drop(): Promise<void>
}>
export declare const settingsFor: (where: Where, options?: Partial<PostgresOptions>) => PostgresSettings
//# sourceMappingURL=postgres.d.ts.map
