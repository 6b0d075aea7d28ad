// What a host may choose, its defaults, and one clear line for each mistake.
import { type Logger, option } from '@rookery/core'
import { Cluster, Redis, type RedisOptions as IoredisOptions } from 'ioredis'

/** A client of ioredis, whatever it is connected to. */
export type Client = Redis | Cluster

export interface Address {
  readonly host: string
  readonly port: number
}

/** Clients that the host made. We use them, and never close or reconfigure them. */
export interface HostClients {
  /** For scripts and reads. Presence uses it. */
  readonly commands: Client
  /** For PUBLISH alone, so that no long answer stands before it. The bus uses it. */
  readonly publish: Client
  /** For subscriptions: a client that subscribes can do nothing else. The bus uses it. */
  readonly subscribe: Client
}

/** What ioredis takes beside the address. */
export type ConnectionOptions = Pick<
  IoredisOptions,
  | 'username'
  | 'password'
  | 'db'
  | 'tls'
  | 'family'
  | 'keepAlive'
  | 'sentinelUsername'
  | 'sentinelPassword'
  | 'sentinelTLS'
  | 'enableTLSForSentinelMode'
>

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Give this, or `sentinels`, or `cluster`, or `clients`. */
  readonly url?: string
  /** The Sentinels, and under `name` the master that they watch. */
  readonly sentinels?: readonly Address[]
  /** The master's name at the Sentinels. Default: `mymaster`. */
  readonly name?: string
  /** Some nodes of the Cluster; the others are found. Redis 7 or newer, since it publishes by shards. */
  readonly cluster?: readonly Address[]
  /** Clients that the host made and keeps. */
  readonly clients?: HostClients
  /** More of ioredis' own options for our connections: `username`, `password`, `db`, `tls`, `sentinelPassword` … */
  readonly connection?: ConnectionOptions
  /** Before each key and channel. Nodes with one prefix are one system. Default: `rookery:`. */
  readonly prefix?: string
  /** How long any call may take, in ms, before it fails; it may have happened then. Default: 1000. */
  readonly timeoutMs?: number
  /** Bytes that were published and that Redis has not confirmed; more is dropped, and the receivers notice. Default: 16 MiB. */
  readonly unconfirmedBytesMax?: number
  /** Where a line goes when Redis is out, and when it is back. Default: nowhere. */
  readonly logger?: Logger
}

const silent: Logger = { info() {}, warn() {}, error() {} }

const isAddress = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Address>).host === 'string' &&
  Number.isInteger((value as Partial<Address>).port)

const addresses = option.optional(
  option.passing<readonly Address[]>(
    (value) => Array.isArray(value) && value.length > 0 && value.every(isAddress),
    "must be a list such as [{ host: '10.0.0.1', port: 6379 }]",
  ),
)

const connectionNames: readonly string[] = [
  'username',
  'password',
  'db',
  'tls',
  'family',
  'keepAlive',
  'sentinelUsername',
  'sentinelPassword',
  'sentinelTLS',
  'enableTLSForSentinelMode',
] satisfies readonly (keyof ConnectionOptions)[]

const declared = {
  url: option.optional(option.text(/^rediss?:\/\/./, 'must be such as redis://user:password@host:6379/0')),
  sentinels: addresses,
  name: option.standard('mymaster', option.text(/./, 'must be the name of a master, such as mymaster')),
  cluster: addresses,
  clients: option.optional(
    option.passing<HostClients>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        ['commands', 'publish', 'subscribe'].every((name) => isClient((value as Record<string, unknown>)[name])),
      'must be { commands, publish, subscribe }, each a client of ioredis',
    ),
  ),
  connection: option.optional(
    option.passing<ConnectionOptions>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        Object.keys(value).every((name) => connectionNames.includes(name)),
      `may hold ${connectionNames.join(', ')}; the rest is ours to choose, or give clients of your own`,
    ),
  ),
  prefix: option.standard(
    'rookery:',
    option.text(/^[^{}]{0,64}$/, "must be up to 64 characters without braces, such as 'rookery:'"),
  ),
  timeoutMs: option.standard(1000, option.whole(10, 60_000, 'must be whole milliseconds from 10 to 60000')),
  unconfirmedBytesMax: option.standard(
    16 * 1_048_576,
    option.whole(65_536, 1_073_741_824, 'must be whole bytes from 65536 to 1073741824'),
  ),
  logger: option.standard(silent, option.anything<Logger>()),
} satisfies option.Options<RedisOptions>

export const redisOptionNames: readonly string[] = Object.keys(declared)

/** Options with every default filled in. */
export type Settings = option.ValuesOf<typeof declared>

/** A copy of ioredis that the host brought is another class than ours: told by what it can do. */
function isClient(value: unknown): boolean {
  if (value instanceof Redis || value instanceof Cluster) return true
  return typeof value === 'object' && value !== null && 'evalsha' in value && 'publish' in value && 'options' in value
}

const mistake = (name: string, fault: string): Error => new Error(`presence-redis option ${name} ${fault}`)

const words: option.Words = {
  wrong: mistake,
  unknown: (name, known, meant) => mistake(name, `does not exist; there are ${known}${meant}`),
}

/** @throws Error of one line that names the option and the remedy. */
export function checkRedisOptions(options: RedisOptions): Settings {
  const settings = option.read(declared, options, words)
  const ways = ['url', 'sentinels', 'cluster', 'clients'] as const
  const given = ways.filter((name) => settings[name] !== undefined)
  if (given.length !== 1)
    throw new Error(
      given.length === 0
        ? "presence-redis does not know where Redis is: give url, such as 'redis://127.0.0.1:6379', or sentinels, cluster or clients"
        : `presence-redis is given ${given.join(' and ')}: give one of them`,
    )
  const { clients } = settings
  if (clients !== undefined && (clients.subscribe === clients.publish || clients.subscribe === clients.commands))
    throw mistake('clients.subscribe', 'must be a client of its own: one that subscribes can do nothing else')
  return settings
}
