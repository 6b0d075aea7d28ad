// For this package's tests on PostgreSQL: databases on the running server, which are removed afterwards, and separate
// servers for tests that stop them.
//
// The server is that of the usual environment variables (PGHOST, PGPORT, PGUSER …), on this machine unless they say
// otherwise. Where no server answers, the tests are skipped by name; where CI is set, they fail.
import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import pg from 'pg'
import { describe, it, onTestFinished, vi } from 'vitest'
import { checkPostgresOptions, type PostgresOptions, type PostgresSettings } from '../src/postgres/options.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'
import type { ServerDatabase } from './server-database.js'

export type Where = Pick<PostgresOptions, 'host' | 'port' | 'username' | 'password' | 'database'>

const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = process.env
const shared: Where & { readonly host: string; readonly port: number } = {
  host: PGHOST ?? '127.0.0.1',
  port: Number(PGPORT ?? 5432),
  username: PGUSER ?? userInfo().username,
  database: PGDATABASE ?? 'postgres',
  ...(PGPASSWORD === undefined ? {} : { password: PGPASSWORD }),
}

/** A client of pg itself, without our code. The caller must end it. */
export async function connect(where: Where): Promise<pg.Client> {
  const { username, ...address } = where
  const client = new pg.Client({ ...address, user: username } as pg.ClientConfig)
  // A test that stops a server also breaks its clients' connections.
  client.on('error', () => {})
  await client.connect()
  return client
}

const unreachable = await connect(shared).then(
  async (client) => (await client.end(), null),
  (error: unknown) => error,
)
if (unreachable !== null && process.env['CI']) {
  throw new Error(`no PostgreSQL at ${shared.host}:${shared.port}`, { cause: unreachable })
}

/** Like `describe`, where a PostgreSQL answers. */
export function describeOnPostgres(name: string, cases: () => void): void {
  if (unreachable === null) describe(name, cases)
  else describe.skip(`${name} (no PostgreSQL at ${shared.host}:${shared.port})`, () => it('is not shown', () => {}))
}

export const isPostgresThere = unreachable === null

/** Runs one statement without our code, and answers its rows. */
export async function ask<Row = Record<string, unknown>>(
  where: Where,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = await connect(where)
  try {
    return (await client.query(sql, values)).rows as Row[]
  } finally {
    await client.end()
  }
}

/** A new database, with a function that removes it. */
export async function freshDatabase(
  on: Where = shared,
): Promise<ServerDatabase & { readonly where: Where & { readonly database: string } }> {
  const database = `rookery_test_${randomBytes(6).toString('hex')}`
  await ask(on, `CREATE DATABASE ${database}`)
  const where = { ...on, database }
  return {
    where,
    options: { type: 'postgres', ...where },
    ask: (sql) => ask(where, sql),
    drop: async () => void (await ask(on, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)),
  }
}

export const settingsFor = (where: Where, options: Partial<PostgresOptions> = {}): PostgresSettings =>
  checkPostgresOptions({ type: 'postgres', ...where, ...options })

/** A storage that runs on its own database until the end of the test. */
export async function freshStorage(): Promise<{ readonly storage: TypeOrmStorage; readonly where: Where }> {
  const database = await freshDatabase()
  const { where } = database
  const storage = new TypeOrmStorage({ type: 'postgres', ...where })
  await storage.start()
  onTestFinished(async () => {
    await storage.stop()
    await database.drop()
  })
  return { storage, where }
}

/** Resolves once nobody is connected: a pool may end before the server has closed its connections. */
export const everybodyGone = (where: Where): Promise<void> =>
  vi.waitFor(async () => {
    const others = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
    if ((await ask(where, others)).length > 0) throw new Error('somebody is connected')
  }, 10_000)

/** The address as a URL. */
export function urlOf({ host, port, username, password, database }: Where): string {
  const url = new URL(`postgres://localhost/${database ?? ''}`)
  if (host !== undefined) url.hostname = host
  if (port !== undefined) url.port = String(port)
  url.username = username ?? ''
  if (typeof password === 'string') url.password = password
  return url.href
}
