// For this package's tests on MySQL and MariaDB: databases on the running server, which are removed afterwards.
//
// The server is that of MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER and MYSQL_PWD, on this machine unless they say
// otherwise. Where no server answers, the tests are skipped by name; where CI is set, they fail.
import { randomBytes } from 'node:crypto'
import mysql from 'mysql2/promise'
import { describe, it } from 'vitest'
import { checkMysqlOptions, type MysqlOptions, type MysqlSettings } from '../src/mysql/options.js'
import type { ServerDatabase } from './server-database.js'

export type Where = Pick<MysqlOptions, 'host' | 'port' | 'username' | 'password' | 'database'>

const { MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PWD } = process.env
const shared: Where & { readonly host: string; readonly port: number } = {
  host: MYSQL_HOST ?? '127.0.0.1',
  port: Number(MYSQL_TCP_PORT ?? 3306),
  username: MYSQL_USER ?? 'root',
  ...(MYSQL_PWD === undefined ? {} : { password: MYSQL_PWD }),
}

/** A connection of the driver itself, without our code. The caller must end it. */
export async function connect(where: Where): Promise<mysql.Connection> {
  const { username, ...address } = where
  const connection = await mysql.createConnection({ ...address, user: username ?? 'root', multipleStatements: true })
  // A test that stops a server also breaks its connections.
  connection.on('error', () => {})
  return connection
}

const unreachable = await connect(shared).then(
  async (connection) => (await connection.end(), null),
  (error: unknown) => error,
)
if (unreachable !== null && process.env['CI']) {
  throw new Error(`no MySQL or MariaDB at ${shared.host}:${shared.port}`, { cause: unreachable })
}

/** Like `describe`, where a server answers. */
export function describeOnMysql(name: string, cases: () => void): void {
  if (unreachable === null) describe(name, cases)
  else
    describe.skip(`${name} (no MySQL or MariaDB at ${shared.host}:${shared.port})`, () => it('is not shown', () => {}))
}

export const isMysqlThere = unreachable === null

/** Runs one statement without our code, and answers its rows. */
export async function ask<Row = Record<string, unknown>>(
  where: Where,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const connection = await connect(where)
  try {
    const [rows] = await connection.query(sql, values)
    return rows as Row[]
  } finally {
    await connection.end()
  }
}

/** A new database, with a function that removes it. */
export async function freshDatabase(
  on: Where = shared,
): Promise<ServerDatabase & { readonly where: Where & { readonly database: string } }> {
  const database = `rookery_test_${randomBytes(6).toString('hex')}`
  // A collation that takes many texts for equal: our tables must not depend on it.
  await ask(on, `CREATE DATABASE ${database} CHARACTER SET latin1 COLLATE latin1_swedish_ci`)
  const where = { ...on, database }
  return {
    where,
    options: { type: 'mysql', ...where },
    ask: (sql) => ask(where, sql),
    drop: async () => void (await ask(on, `DROP DATABASE IF EXISTS ${database}`)),
  }
}

export const settingsFor = (where: Where, options: Partial<MysqlOptions> = {}): MysqlSettings =>
  checkMysqlOptions({ type: 'mysql', ...where, ...options })
