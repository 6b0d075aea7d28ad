// What a host may choose on PostgreSQL, its defaults, and one clear line for each mistake.
import type { TlsOptions } from 'node:tls'
import { notExtra } from '../extra.js'
import {
  checkDurability,
  checkMigrations,
  checkPort,
  refuseUnknown,
  serverLimits,
  serverOptions,
  wrong,
} from '../option-checks.js'
import type { Address } from './driver.js'

export interface PostgresOptions {
  /** The kind of database, as TypeORM names it. */
  readonly type: 'postgres'
  /** `postgres://user:password@host:5432/database`; what it says comes before what stands below. */
  readonly url?: string
  /** A name, an address, or the folder of a Unix socket. */
  readonly host?: string
  /** Default: that of the driver, 5432. */
  readonly port?: number
  /** The role. */
  readonly username?: string
  /** A string, or a function that gives one, for passwords that change. */
  readonly password?: string | (() => string) | (() => Promise<string>)
  /** Where chat's tables stand. */
  readonly database?: string
  /** `true`, or options of `node:tls`. */
  readonly ssl?: boolean | TlsOptions
  /**
   * More of the driver's own options about how the server is reached, as TypeORM's `extra` has them: `options`,
   * `stream`, `sslnegotiation`, `enableChannelBinding`, `scramMaxIterations`.
   */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Where our tables stand; it must exist. Default: the first of the role's search path. */
  readonly schema?: string
  /** What the server shows of our connections. Default: `rookery`. */
  readonly applicationName?: string
  /** Before each table's and function's name, in lower case. Default: `im_`. */
  readonly tablePrefix?: string
  /**
   * `run` brings the tables up to date at start, once however many nodes start together; `check` refuses to start where
   * they are not. Default: `run`.
   */
  readonly migrations?: 'run' | 'check'
  /**
   * Where the server's settings are weaker than what an acknowledgement promises: `warn` starts and reports each with its
   * remedy, `refuse` does not start. Default: `warn`.
   */
  readonly durability?: 'warn' | 'refuse'
  /** Connections that write; core uses one at a time. Default: 2. */
  readonly writers?: number
  /** Connections that read. Default: 4. */
  readonly readers?: number
  /** How long opening a connection may take, in ms. Default: 5000. */
  readonly connectTimeoutMs?: number
  /** How long a commit waits for one row that somebody else holds, in ms, before it fails as not stored. Default: 2000. */
  readonly lockTimeoutMs?: number
  /** How long any call may take, in ms, before it fails; what became of a commit is unknown then. Default: 7000. */
  readonly callTimeoutMs?: number
  /** How long a start waits for others and for its own migrations, together, in ms. Default: 120000. */
  readonly migrationTimeoutMs?: number
}

/** Options with every default filled in. */
export interface PostgresSettings {
  readonly address: Address
  readonly schema: string | null
  readonly tablePrefix: string
  readonly migrations: 'run' | 'check'
  readonly durability: 'warn' | 'refuse'
  readonly writers: number
  readonly readers: number
  readonly connectTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly callTimeoutMs: number
  readonly migrationTimeoutMs: number
}

const connection = ['url', 'host', 'port', 'username', 'password', 'database', 'ssl', 'extra'] as const

/** What `extra` may hold: nothing that changes how rows come back, and nothing of a pool, which is ours. */
export const postgresExtra = [
  'options',
  'stream',
  'sslnegotiation',
  'enableChannelBinding',
  'scramMaxIterations',
] as const

const known: ReadonlySet<string> = new Set(['type', ...connection, 'schema', ...serverOptions])

/** @throws Error of one line that names the option and the remedy. */
export function checkPostgresOptions(options: PostgresOptions): PostgresSettings {
  refuseUnknown(options, known)
  const { schema = null, tablePrefix = 'im_', migrations = 'run', durability = 'warn' } = options
  if (schema !== null && !isName(schema)) throw wrong('schema', "must be a schema's name of 1 to 63 bytes")
  if (schema === '$user') throw wrong('schema', "must not be '$user', which PostgreSQL takes for the role's name")
  if (typeof tablePrefix !== 'string' || !/^(?:[a-z_][a-z0-9_]{0,31})?$/.test(tablePrefix)) {
    throw wrong('tablePrefix', "must be up to 32 small letters, digits and underscores, such as 'im_'")
  }
  if (tablePrefix.startsWith('pg_')) throw wrong('tablePrefix', "must not begin with 'pg_'")
  checkMigrations(migrations)
  checkDurability(durability)
  const { url, port, extra } = options
  const strange = notExtra(extra, postgresExtra)
  if (strange !== null) throw wrong('extra', strange)
  if (url !== undefined && !/^postgres(?:ql)?:\/\//.test(url)) {
    throw wrong('url', 'must be such as postgres://user@host:5432/database')
  }
  checkPort(port)
  const limits = serverLimits(options)
  const { lockTimeoutMs, callTimeoutMs } = limits
  if (callTimeoutMs <= lockTimeoutMs) throw wrong('callTimeoutMs', `must be more than lockTimeoutMs (${lockTimeoutMs})`)
  return {
    address: addressOf(options),
    schema,
    tablePrefix,
    migrations,
    durability,
    ...limits,
  }
}

/** What the server takes for a name, in quotes: longer ones it would cut. */
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !value.includes('\0') && Buffer.byteLength(value) <= 63

function addressOf(options: PostgresOptions): Address {
  const { url, host, port, username, password, database, ssl, extra, applicationName = 'rookery' } = options
  return {
    ...extra,
    ...(url === undefined ? {} : { connectionString: url }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(username === undefined ? {} : { user: username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(ssl === undefined ? {} : { ssl }),
    application_name: applicationName,
  }
}
