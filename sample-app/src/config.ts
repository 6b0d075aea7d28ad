// The app's environment variables. Only this file reads and checks them.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface Config {
  readonly port: number
  /** The host's own database. */
  readonly database: DatabaseConfig
  /** Where several processes of the app meet; undefined if this is the only one. */
  readonly redisUrl: string | undefined
  /** Signs tokens. */
  readonly jwtSecret: string
  /**
   * The URL under which clients reach this process; `GET /im/endpoints` returns it. By default this machine under its own
   * port; undefined if the system chooses the port.
   */
  readonly publicUrl: string | undefined
  /** True if sessions have a rate limit; false for load tests. */
  readonly isRateLimited: boolean
  /** How many proxies of the operator stand in front of the app. */
  readonly trustedProxyHops: number
  /** The key that callers of `/admin` send in the header `x-admin-key`. */
  readonly adminKey: string
  /** RabbitMQ, over which clients' orders go to the service for orders; undefined if there is none. */
  readonly amqpUrl: string | undefined
}

/** A file, or a server with the account to use there. */
export type DatabaseConfig =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'postgres' | 'mysql'; readonly url: string }

/** Injects the one `Config`. */
export const CONFIG = Symbol('Config')

/**
 * @throws Error in one line that names the variable and what it must be
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // npm runs a workspace's script in the workspace; a person means the folder in which they typed the command.
  const base = env.INIT_CWD ?? process.cwd()
  const database = databaseOf(env.DATABASE_URL ?? 'sqlite:./data/app.sqlite', base)
  const dataDir = database.type === 'sqlite' ? dirname(database.path) : resolve(base, 'data')
  if (database.type === 'sqlite') mkdirSync(dataDir, { recursive: true })
  const port = wholeOf('PORT', env.PORT ?? '3000', 65_535)
  return {
    port,
    database,
    redisUrl: redisUrlOf(env.REDIS_URL ?? ''),
    jwtSecret: env.JWT_SECRET ?? secretIn(dataDir),
    publicUrl: env.PUBLIC_URL ?? (port === 0 ? undefined : `http://localhost:${port}`),
    isRateLimited: env.IM_RATE !== 'off',
    trustedProxyHops: wholeOf('TRUSTED_PROXY_HOPS', env.TRUSTED_PROXY_HOPS ?? '0', 16),
    adminKey: adminKeyOf(env),
    amqpUrl: amqpUrlOf(env),
  }
}

function wholeOf(name: string, text: string, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`${name} must be a whole number from 0 to ${most}, not "${text}"`)
  return value
}

function databaseOf(url: string, base: string): DatabaseConfig {
  const [, scheme = '', rest = ''] = /^(\w+):(.*)$/s.exec(url) ?? []
  if (scheme === 'sqlite' && rest !== '') return { type: 'sqlite', path: resolve(base, rest) }
  if (/^postgres(?:ql)?$/.test(scheme) && rest.startsWith('//')) return { type: 'postgres', url }
  if (scheme === 'mysql' && rest.startsWith('//')) return { type: 'mysql', url }
  // The message repeats only the scheme: the rest of a database's address may hold a password.
  throw new Error(`DATABASE_URL must be sqlite:PATH, postgres://… or mysql://…, not "${url.split(':', 1)[0]}:"`)
}

function redisUrlOf(url: string): string | undefined {
  if (url === '' || /^rediss?:\/\/./.test(url)) return url || undefined
  // A password may stand in the rest.
  throw new Error(`REDIS_URL must be redis://… or rediss://…, not "${url.split(':', 1)[0]}:"`)
}

/** @throws Error in one line that does not repeat the value, which may hold a password */
export function amqpUrlOf({ AMQP_URL: url = '' }: NodeJS.ProcessEnv): string | undefined {
  if (url === '') return undefined
  if (/^amqps?:\/\/./.test(url)) return url
  throw new Error(`AMQP_URL must be amqp://… or amqps://…, not "${url.split(':', 1)[0]}:"`)
}

function adminKeyOf({ ADMIN_KEY: key = '', NODE_ENV }: NodeJS.ProcessEnv): string {
  if (key !== '') return key
  if (NODE_ENV === 'production')
    throw new Error('ADMIN_KEY must be set where NODE_ENV is production: callers of /admin show it in x-admin-key')
  return 'dev'
}

/** A secret of this installation: the first start makes it and keeps it in the data folder, for all processes there. */
function secretIn(dataDir: string): string {
  const path = join(dataDir, 'jwt-secret')
  mkdirSync(dataDir, { recursive: true })
  try {
    writeFileSync(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8')
}
