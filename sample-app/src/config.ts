// Everything that comes from the environment, read once, checked, and nowhere else.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface Config {
  readonly port: number
  /** The host's own database. */
  readonly database: DatabaseConfig
  /** Signs tokens. */
  readonly jwtSecret: string
  /** Where clients reach this process, told by `GET /im/endpoints`. */
  readonly publicUrl: string | undefined
  /** Whether sessions are slowed down at their rate limit; off for load tests. */
  readonly isRateLimited: boolean
  /** What callers of `/admin` show in the header `x-admin-key`. */
  readonly adminKey: string
}

/** A file, or where a server is and who we are there. */
export type DatabaseConfig =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'postgres' | 'mysql'; readonly url: string }

/** Injects the one `Config`. */
export const CONFIG = Symbol('Config')

/**
 * @throws Error in one line that names the variable and what it must be
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // npm runs a workspace's script in the workspace; a person means the folder that they typed the command in.
  const base = env.INIT_CWD ?? process.cwd()
  const database = databaseOf(env.DATABASE_URL ?? 'sqlite:./data/app.sqlite', base)
  const dataDir = database.type === 'sqlite' ? dirname(database.path) : resolve(base, 'data')
  if (database.type === 'sqlite') mkdirSync(dataDir, { recursive: true })
  return {
    port: portOf(env.PORT ?? '3000'),
    database,
    jwtSecret: env.JWT_SECRET ?? secretIn(dataDir),
    publicUrl: env.PUBLIC_URL,
    isRateLimited: env.IM_RATE !== 'off',
    adminKey: adminKeyOf(env),
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`PORT must be a port from 0 to 65535, not "${text}"`)
  return port
}

function databaseOf(url: string, base: string): DatabaseConfig {
  const [, scheme = '', rest = ''] = /^(\w+):(.*)$/s.exec(url) ?? []
  if (scheme === 'sqlite' && rest !== '') return { type: 'sqlite', path: resolve(base, rest) }
  if (/^postgres(?:ql)?$/.test(scheme) && rest.startsWith('//')) return { type: 'postgres', url }
  if (scheme === 'mysql' && rest.startsWith('//')) return { type: 'mysql', url }
  // Only the scheme is repeated: the rest of a database's address may hold a password.
  throw new Error(`DATABASE_URL must be sqlite:PATH, postgres://… or mysql://…, not "${url.split(':', 1)[0]}:"`)
}

function adminKeyOf({ ADMIN_KEY: key = '', NODE_ENV }: NodeJS.ProcessEnv): string {
  if (key !== '') return key
  if (NODE_ENV === 'production')
    throw new Error('ADMIN_KEY must be set where NODE_ENV is production: callers of /admin show it in x-admin-key')
  return 'dev'
}

/** A secret of this installation: made at its first start, kept in its folder, the same for all its processes there. */
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
