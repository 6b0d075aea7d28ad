// Chat's storage derived from the host's own DataSource: which dialect, which driver, which file or server.
import type { DataSource } from 'typeorm'
import type { MysqlOptions } from './mysql/options.js'
import type { PostgresOptions } from './postgres/options.js'
import { chatFileBeside } from './sqlite/chat-file.js'
import type { SqliteOptions } from './sqlite/options.js'
import type { TypeOrmStorageOptions } from './typeorm-storage.js'

/**
 * Options for chat beside the host's own tables: on SQLite a file beside the host's, under the host's driver; on PostgreSQL,
 * MySQL and MariaDB the same database, over connections of our own. What is given comes first.
 * @throws Error of one line where the host's database is of a kind that is not supported, or not of the kind given.
 */
export function optionsBeside(host: DataSource, given: Partial<TypeOrmStorageOptions>): TypeOrmStorageOptions {
  const { options } = host
  if (given.type !== undefined && given.type !== options.type) {
    throw new Error(
      `TypeOrmStorageModule option type is '${given.type}' and the app's DataSource is of type '${options.type}'; leave type out, or say where chat's own database is`,
    )
  }
  if (options.type === 'better-sqlite3') {
    // Without a driver the host loads better-sqlite3, which is then the one that is known to work here.
    const driver: unknown = options.driver ?? 'better-sqlite3'
    const beside = { type: 'better-sqlite3', database: chatFileBeside(options.database) } as const
    return { driver, ...(given as Partial<SqliteOptions>), ...beside }
  }
  if (options.type === 'postgres') {
    // Where reads go to replicas, chat goes to the one that writes: what was answered must be read by whoever asks next.
    const { url, host: address, port, username, password, database, ssl } = options.replication?.master ?? options
    const where = { url, host: address, port, username, password, database, ssl, schema: options.schema }
    const known = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined))
    return { ...known, ...(given as Partial<PostgresOptions>), type: 'postgres' }
  }
  if (options.type === 'mysql' || options.type === 'mariadb') {
    const { url, host: address, port, username, password, database, ssl } = options.replication?.master ?? options
    const where = { url, host: address, port, username, password, database, ssl, socketPath: options.socketPath }
    const known = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined))
    return { ...known, ...(given as Partial<MysqlOptions>), type: options.type }
  }
  throw new Error(
    `the app's DataSource is of type '${options.type}'; chat is stored in SQLite ('better-sqlite3'), PostgreSQL ('postgres'), MySQL or MariaDB ('mysql', 'mariadb'): give TypeOrmStorageModule.forRoot({ database: 'data/app.im.sqlite' }), or forRoot({ type: 'postgres', url: 'postgres://…' })`,
  )
}
