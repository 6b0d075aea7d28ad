// The options of a host on MySQL and MariaDB, with their defaults, and one clear line for each mistake.
import { option } from '@rookery/core'
import { server, storageWords, use } from '../declared.js'
import { extraFrom } from '../extra.js'
import type { Address } from './driver.js'

export interface MysqlOptions {
  /** The kind of database, as TypeORM names it. Both values have the same effect. */
  readonly type: 'mysql' | 'mariadb'
  /** `mysql://user:password@host:3306/database`; its parts take precedence over the options below. */
  readonly url?: string
  /** A name or an address. */
  readonly host?: string
  /** Default: the driver's, 3306. */
  readonly port?: number
  /** The path of a Unix socket, instead of host and port. */
  readonly socketPath?: string
  /** The account. */
  readonly username?: string
  /** The password of the account. */
  readonly password?: string
  /** The database of chat's tables. Required, here or in `url`. */
  readonly database?: string
  /** Options of `tls.connect`; `true` for its defaults, or the name of a profile of the driver. */
  readonly ssl?: boolean | string | object
  /**
   * More options of the driver for reaching the server, as in TypeORM's `extra`: `stream`, `localAddress`, `compress`,
   * `authPlugins`, `enableCleartextPlugin`, and others that the error for an unknown one lists.
   */
  readonly extra?: Readonly<Record<string, unknown>>
  /** The name of our connections on the server. Default: `rookery`. */
  readonly applicationName?: string
  /** The prefix of each table's name, in lower case. Default: `im_`. */
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
  /**
   * How long a commit waits for one row that somebody else holds, in ms, before it fails as not stored. The server
   * counts whole seconds, so the value is rounded up. Default: 2000.
   */
  readonly lockTimeoutMs?: number
  /** How long any call may take, in ms, before it fails. The outcome of a commit may be unknown then. Default: 7000. */
  readonly callTimeoutMs?: number
  /** How long a start may take in all, for waiting for others and for its own migrations, in ms. Default: 120000. */
  readonly migrationTimeoutMs?: number
}

/**
 * The options in `extra`: none of them changes how rows come back, and none belongs to a pool, because the pool is
 * ours.
 */
export const mysqlExtra = [
  'stream',
  'localAddress',
  'compress',
  'insecureAuth',
  'authPlugins',
  'authSwitchHandler',
  'enableCleartextPlugin',
  'passwordSha1',
  'password1',
  'password2',
  'password3',
  'disableEval',
] as const

const declared = {
  type: option.anything<MysqlOptions['type']>(),
  url: option.optional(option.anything<string>()),
  ...server,
  socketPath: option.optional(option.anything<string>()),
  password: option.optional(option.anything<string>()),
  ssl: option.optional(option.anything<NonNullable<MysqlOptions['ssl']>>()),
  extra: extraFrom(mysqlExtra),
  tablePrefix: option.standard(
    'im_',
    option.text(/^[a-z_][a-z0-9_]{0,31}$/, "must be 1 to 32 small letters, digits and underscores, such as 'im_'"),
  ),
  ...use,
} satisfies option.Options<MysqlOptions>

export const mysqlOptionNames: readonly string[] = Object.keys(declared)

type Values = option.ValuesOf<typeof declared>

type Reached = Pick<Values, 'url' | 'socketPath' | 'password' | 'ssl' | 'extra' | keyof typeof server>

/** The options with their defaults. */
export interface MysqlSettings extends Omit<Values, keyof Reached> {
  readonly address: Address
}

/** @throws Error of one line that names the option and the remedy. */
export function checkMysqlOptions(options: MysqlOptions): MysqlSettings {
  const values = option.read(declared, options, storageWords)
  const { url, host, port, socketPath, username, password, database, ssl, extra, ...settings } = values
  const address = addressOf({ url, host, port, socketPath, username, password, database, ssl, extra })
  if (address.database === undefined) throw storageWords.wrong('database', "must name the database of chat's tables")
  const waitMs = Math.ceil(settings.lockTimeoutMs / 1000) * 1000
  if (settings.callTimeoutMs <= waitMs)
    throw storageWords.wrong('callTimeoutMs', `must be more than lockTimeoutMs in whole seconds (${waitMs})`)
  return { ...settings, address }
}

function addressOf(reached: Reached): Address {
  const { url, host, port, socketPath, username, password, database, ssl, extra } = reached
  const given: Address = {
    ...extra,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(username === undefined ? {} : { user: username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined || database === '' ? {} : { database }),
    ...(ssl === undefined || ssl === false ? {} : { ssl: ssl === true ? {} : ssl }),
  }
  return url === undefined ? given : { ...given, ...addressIn(url) }
}

/** @throws Error of one line that names the remedy */
export function addressIn(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^(?:mysql|mariadb):$/.test(url.protocol) || url.hostname === '') {
    throw storageWords.wrong('url', 'must be such as mysql://user@host:3306/database')
  }
  const database = decodeURIComponent(url.pathname.slice(1))
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(database === '' ? {} : { database }),
  }
}
