// The outbox's table in the host's SQLite file.
import type { DataSource } from 'typeorm'
import type { OutboxTable } from './dialect-table.js'

export async function sqliteTable(host: DataSource, tableName: string): Promise<OutboxTable> {
  const name = `"${tableName.replaceAll('"', '""')}"`
  return {
    name,
    async columns() {
      const rows: { name: string }[] = await host.query(`PRAGMA table_info(${name})`)
      return rows.length === 0 ? null : rows.map((row) => row.name)
    },
    create: ({ create }) => host.query(create),
    async check() {},
  }
}
