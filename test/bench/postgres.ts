// A database for one server under test, on the machine's PostgreSQL.
import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** The server: `BENCH_POSTGRES_URL`, or the standard port of this machine. */
const serverUrl = process.env['BENCH_POSTGRES_URL'] ?? 'postgres://root@127.0.0.1:5432/postgres'

async function onServer<Value>(use: (client: pg.Client) => Promise<Value>): Promise<Value> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 3000 })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** Why there is no PostgreSQL to measure on; null if there is one. */
export async function postgresIsMissing(): Promise<string | null> {
  try {
    await onServer((client) => client.query('SELECT 1'))
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Creates a database. @returns its address, and a function that drops it */
export async function makeDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const name = `rookery_bench_${randomBytes(6).toString('hex')}`
  await onServer((client) => client.query(`CREATE DATABASE ${name}`))
  const url = new URL(serverUrl)
  url.pathname = name
  return {
    url: url.href,
    drop: () => onServer(async (client) => void (await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  }
}

/** Runs a statement about durability on the connection that writes. */
export type Ask = (sql: string) => Promise<readonly Record<string, unknown>[]>

/** Reads what "committed" means on a connection. */
export async function judgePostgres(ask: Ask): Promise<{ settings: string; weaker: string[] }> {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes'] as const
  const settings: string[] = []
  const weaker: string[] = []
  for (const name of names) {
    const value = String((await ask(`SHOW ${name}`))[0]?.[name])
    settings.push(`${name}=${value}`)
    if (value === 'off' || value === 'local') weaker.push(`${name} is ${value}: a commit may be lost`)
  }
  return { settings: settings.join(' '), weaker }
}
