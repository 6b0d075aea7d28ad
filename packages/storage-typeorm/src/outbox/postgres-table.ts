// The outbox's table on PostgreSQL, in the schema of the host's DataSource.
import type { DataSource } from 'typeorm'
import { quoted } from '../postgres/quoted.js'
import { moveLeftRows } from './left-rows.js'
import type { OutboxTable } from './dialect-table.js'

/** @throws Error of one line where the host's DataSource has no schema */
export async function postgresTable(host: DataSource, tableName: string): Promise<OutboxTable> {
  const given = (host.options as { schema?: string }).schema ?? null
  const [place]: { schema: string | null }[] = await host.query(
    'SELECT nspname AS schema FROM pg_namespace WHERE nspname = coalesce($1, current_schema())',
    [given],
  )
  const schema = place?.schema ?? null
  if (schema === null) {
    throw new Error(
      given === null
        ? "the app's DataSource has no schema: its search_path names none that exists; make one of them, or name one"
        : `the schema ${quoted(given)} of the app's DataSource does not exist; run CREATE SCHEMA ${quoted(given)}`,
    )
  }
  const name = `${quoted(schema)}.${quoted(tableName)}`
  return {
    name,
    async columns() {
      const rows = await columnsIn(host, schema, tableName)
      return rows.length === 0 ? null : rows
    },
    async create({ create }) {
      await host.transaction(async (tx) => {
        // PostgreSQL refuses two sessions that make the same table at once, also with IF NOT EXISTS. The lock makes
        // them take turns.
        await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [create])
        await moveLeftRows(tx, { schema, tableName }, () => tx.query(create))
      })
    },
    check: () => host.transaction((tx) => moveLeftRows(tx, { schema, tableName })),
  }
}

async function columnsIn(host: DataSource, schema: string, tableName: string): Promise<string[]> {
  const rows: { name: string }[] = await host.query(
    `SELECT a.attname AS name FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped`,
    [schema, tableName],
  )
  return rows.map((row) => row.name)
}
