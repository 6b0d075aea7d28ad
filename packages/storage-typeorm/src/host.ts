// Chat's storage derived from the host's own DataSource: which dialect, which driver, which file or server.
import type { DataSource } from 'typeorm'
import { extraOf } from './extra.js'
import { addressIn, mysqlExtra, type MysqlOptions } from './mysql/options.js'
import { postgresExtra, type PostgresOptions } from './postgres/options.js'
import { chatFileBeside } from './sqlite/chat-file.js'
import type { SqliteOptions } from './sqlite/options.js'
import type { TypeOrmStorageOptions } from './typeorm-storage.js'

/**
 * Options for chat beside the host's own tables: on SQLite a file beside the host's, with the host's driver; on
 * PostgreSQL, MySQL and MariaDB the same database, over our own connections. Options that the app gives replace those
 * of the host.
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
    if (options.key !== undefined) {
      throw new Error(
        "the app's SQLite file is encrypted, and chat's beside it would not be; give TypeOrmStorageModule.forRoot({ database: 'data/app.im.sqlite' }) if you accept that",
      )
    }
    // A host without the option `driver` loads better-sqlite3, so better-sqlite3 works here.
    const driver: unknown = options.driver ?? 'better-sqlite3'
    const beside = { type: 'better-sqlite3', database: chatFileBeside(options.database) } as const
    return { driver, ...(given as Partial<SqliteOptions>), ...beside }
  }
  if (options.type === 'postgres') {
    const { url, ...known } = reached(options)
    const { schema, extra } = options
    const host = { ...known, schema, extra: extraOf(extra, postgresExtra) }
    const own = given as Partial<PostgresOptions>
    const at = typeof url === 'string' ? urlFor(url, own) : undefined
    return { ...defined({ ...host, url: at }), ...own, type: 'postgres' }
  }
  if (options.type === 'mysql' || options.type === 'mariadb') {
    const known = { ...reached(options), extra: extraOf(options.extra, mysqlExtra) }
    return { ...defined(known), ...(given as Partial<MysqlOptions>), type: options.type }
  }
  throw new Error(
    `the app's DataSource is of type '${options.type}'; chat is stored in SQLite ('better-sqlite3'), PostgreSQL ('postgres'), MySQL or MariaDB ('mysql', 'mariadb'): give TypeOrmStorageModule.forRoot({ database: 'data/app.im.sqlite' }), or forRoot({ type: 'postgres', url: 'postgres://…' })`,
  )
}

type ServerOptions = DataSource['options'] & { readonly type: 'postgres' | 'mysql' | 'mariadb' }

/** How the host reaches its server. Like TypeORM, it prefers `extra` to the other options. */
function reached(options: ServerOptions): Record<string, unknown> {
  // Where the host reads from replicas, chat uses the server that writes: a client must be able to read what chat has
  // acknowledged.
  const master: Record<string, unknown> = { ...(options.replication?.master ?? options) }
  const extra = (options.extra ?? {}) as Record<string, unknown>
  const isPostgres = options.type === 'postgres'
  // On MySQL TypeORM takes `ssl` from the options, also where there are replicas.
  const ssl = isPostgres ? master['ssl'] : options.ssl
  const { url, host, port, username, password, database, socketPath } = isPostgres ? master : spelledOut(master)
  const waitMs = isPostgres
    ? (extra['connectionTimeoutMillis'] ?? options.connectTimeoutMS)
    : (extra['connectTimeout'] ?? (options as MysqlHost).connectTimeout)
  return {
    url: extra['connectionString'] ?? url,
    host: extra['host'] ?? host,
    port: extra['port'] ?? port,
    username: extra['user'] ?? username,
    password: extra['password'] ?? password,
    database: extra['database'] ?? database,
    ssl: extra['ssl'] ?? ssl,
    ...(isPostgres ? {} : { socketPath: extra['socketPath'] ?? socketPath }),
    // For the host 0 means no limit, but every call of chat has a limit.
    connectTimeoutMs: typeof waitMs === 'number' && waitMs >= 1 ? Math.min(Math.ceil(waitMs), 600_000) : undefined,
  }
}

/** Spells the URL out as single options, so that options of the app can replace them. */
function spelledOut(master: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { url, ...rest } = master
  if (typeof url !== 'string') return rest
  const { user, ...said } = addressIn(url)
  return { ...rest, ...said, ...(user === undefined ? {} : { username: user }) }
}

/** The host's address with the given account in it, because the driver prefers the address to every other option. */
function urlFor(url: string, { username, password, port }: Partial<PostgresOptions>): string {
  if ((username ?? password ?? port) === undefined || !URL.canParse(url)) return url
  const at = new URL(url)
  if (username !== undefined) at.username = encodeURIComponent(username)
  // The host's password belongs to the host's account only.
  if (username !== undefined || password !== undefined)
    at.password = typeof password === 'string' ? encodeURIComponent(password) : ''
  if (port !== undefined) at.port = String(port)
  return at.href
}

interface MysqlHost {
  readonly connectTimeout?: number
}

const defined = (options: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
