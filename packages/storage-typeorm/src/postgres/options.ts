// The options of a host on PostgreSQL, with their defaults, and one clear line for each mistake.
import { option } from '@rookery/core'
import type { TlsOptions } from 'node:tls'
import { server, storageWords, use } from '../declared.js'
import { extraFrom } from '../extra.js'
import type { Address } from './driver.js'

export interface PostgresOptions {
  /** The kind of database, as TypeORM names it. */
  readonly type: 'postgres'
  /** `postgres://user:password@host:5432/database`; its parts take precedence over the options below. */
  readonly url?: string
  /** A name, an address, or the folder of a Unix socket. */
  readonly host?: string
  /** Default: the driver's, 5432. */
  readonly port?: number
  /** The role. */
  readonly username?: string
  /** A string, or a function that gives one, for passwords that change. */
  readonly password?: string | (() => string) | (() => Promise<string>)
  /** The database of chat's tables. */
  readonly database?: string
  /** `true`, or options of `node:tls`. */
  readonly ssl?: boolean | TlsOptions
  /**
   * More options of the driver for reaching the server, as in TypeORM's `extra`: `options`, `stream`, `sslnegotiation`,
   * `enableChannelBinding`, `scramMaxIterations`.
   */
  readonly extra?: Readonly<Record<string, unknown>>
  /** The schema of our tables; it must exist. Default: the first schema of the role's search path. */
  readonly schema?: string
  /** The name of our connections on the server. Default: `rookery`. */
  readonly applicationName?: string
  /** The prefix of each table's and function's name, in lower case. Default: `im_`. */
  readonly tablePrefix?: string
  /**
   * `run` brings the tables up to date at start, once, even if many nodes start together. `check` refuses to start if
   * they are not up to date. Default: `run`.
   */
  readonly migrations?: 'run' | 'check'
  /**
   * What to do if the server's settings are weaker than what an acknowledgement promises. `warn` starts and reports
   * each of them with its remedy; `refuse` does not start. Default: `warn`.
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
  /** How long any call may take, in ms, before it fails. The outcome of a commit is unknown then. Default: 7000. */
  readonly callTimeoutMs?: number
  /** How long a start may take in all, for waiting for others and for its own migrations, in ms. Default: 120000. */
  readonly migrationTimeoutMs?: number
}

/**
 * The options in `extra`: none of them changes how rows come back, and none belongs to a pool, because the pool is
 * ours.
 */
export const postgresExtra = [
  'options',
  'stream',
  'sslnegotiation',
  'enableChannelBinding',
  'scramMaxIterations',
] as const

/** Whether the server takes this as a name in quotes. It would cut longer names. */
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !value.includes('\0') && Buffer.byteLength(value) <= 63

const declared = {
  type: option.anything<PostgresOptions['type']>(),
  url: option.optional(option.text(/^postgres(?:ql)?:\/\//, 'must be such as postgres://user@host:5432/database')),
  ...server,
  password: option.optional(option.anything<NonNullable<PostgresOptions['password']>>()),
  ssl: option.optional(option.anything<NonNullable<PostgresOptions['ssl']>>()),
  extra: extraFrom(postgresExtra),
  schema: option.optional(
    option.passing<string>(
      (value) => isName(value) && value !== '$user',
      (value) =>
        value === '$user'
          ? "must not be '$user', which PostgreSQL takes for the role's name"
          : "must be a schema's name of 1 to 63 bytes",
    ),
  ),
  tablePrefix: option.standard(
    'im_',
    option.text(/^(?!pg_)(?:[a-z_][a-z0-9_]{0,31})?$/, (value) =>
      String(value).startsWith('pg_')
        ? "must not begin with 'pg_'"
        : "must be up to 32 small letters, digits and underscores, such as 'im_'",
    ),
  ),
  ...use,
} satisfies option.Options<PostgresOptions>

export const postgresOptionNames: readonly string[] = Object.keys(declared)

type Values = option.ValuesOf<typeof declared>

type Reached = Pick<Values, 'url' | 'password' | 'ssl' | 'extra' | 'applicationName' | keyof typeof server>

/** The options with their defaults. */
export interface PostgresSettings extends Omit<Values, 'type' | 'schema' | keyof Reached> {
  readonly address: Address
  readonly schema: string | null
}

/** @throws Error of one line that names the option and the remedy. */
export function checkPostgresOptions(options: PostgresOptions): PostgresSettings {
  const values = option.read(declared, options, storageWords)
  const { url, host, port, username, password, database, ssl, extra, applicationName, ...rest } = values
  const { type: _, schema = null, ...settings } = rest
  const { lockTimeoutMs, callTimeoutMs } = settings
  if (callTimeoutMs <= lockTimeoutMs)
    throw storageWords.wrong('callTimeoutMs', `must be more than lockTimeoutMs (${lockTimeoutMs})`)
  return {
    ...settings,
    schema,
    address: addressOf({ url, host, port, username, password, database, ssl, extra, applicationName }),
  }
}

function addressOf(reached: Reached): Address {
  const { url, host, port, username, password, database, ssl, extra, applicationName } = reached
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
