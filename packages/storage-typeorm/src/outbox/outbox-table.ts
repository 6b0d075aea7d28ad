// Finds the outbox's table when the outbox starts: where it is, whether it exists, and whether it is ours.
//
// It is in the schema or database of the host's DataSource. The host's own connection tells which one that is, however
// it was set. Every statement names it, so that a session with another search path still uses this table.
import { QueryFailedError, type DataSource } from 'typeorm'
import { mysqlTable } from './mysql-table.js'
import { outboxColumns, outboxSql, type OutboxDialect, type OutboxSql } from './outbox-sql.js'
import type { OutboxTable } from './dialect-table.js'
import { postgresTable } from './postgres-table.js'
import { sqliteTable } from './sqlite-table.js'

export type OutboxHost = DataSource & { readonly options: { readonly type: OutboxDialect } }

/**
 * Makes the table where it is missing, and answers the statements for it.
 * @param mayCreate whether the outbox may make the table
 * @throws Error of one line with its remedy
 */
export async function prepareTable(host: OutboxHost, tableName: string, mayCreate: boolean): Promise<OutboxSql> {
  const { type } = host.options
  const table = await tableOf(host, tableName)
  const sql = outboxSql(type, table.name)
  const isThere = (await table.columns()) !== null
  if (!isThere) {
    const remedy = `run rookery migrate with an account that may make tables, or make it yourself: ${sql.create}`
    if (!mayCreate) throw new Error(`the app's database lacks ${table.name}; ${remedy}`)
    await table.create(sql).catch((cause: unknown) => {
      if (!(cause instanceof QueryFailedError)) throw cause
      throw new Error(`the app's account cannot make ${table.name} (${cause.message}); ${remedy}`, { cause })
    })
  }
  const columns = new Set(await table.columns())
  const missing = outboxColumns.filter((column) => !columns.has(column))
  if (missing.length > 0) {
    throw new Error(
      `the table ${table.name} is not chat's outbox: it has no column ${missing.join(', ')}; give chat another tablePrefix, such as 'chat_'`,
    )
  }
  await table.check()
  return sql
}

function tableOf(host: OutboxHost, tableName: string): Promise<OutboxTable> {
  const { type } = host.options
  if (type === 'better-sqlite3') return sqliteTable(host, tableName)
  return type === 'postgres' ? postgresTable(host, tableName) : mysqlTable(host, tableName)
}
