// The outbox's table on MySQL and MariaDB.
import type { DataSource } from 'typeorm'
import { mysqlEngine, mysqlTexts } from './outbox-sql.js'
import type { OutboxTable } from './dialect-table.js'

interface Column {
  readonly name: string
  readonly type: string
  readonly charset: string | null
  readonly collation: string | null
  readonly engine: string | null
}

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** @throws Error of one line where the host's DataSource has no database */
export async function mysqlTable(host: DataSource, tableName: string): Promise<OutboxTable> {
  const [place]: { database: string | null }[] = await host.query('SELECT DATABASE() AS `database`')
  const database = place?.database ?? null
  if (database === null)
    throw new Error("the app's DataSource has no database; set its option database, where im.within() writes")
  const name = `${quoted(database)}.${quoted(tableName)}`
  const look = (): Promise<Column[]> =>
    host.query(
      `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.CHARACTER_SET_NAME AS charset,
          c.COLLATION_NAME AS collation, t.ENGINE AS engine
        FROM information_schema.TABLES t
        JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
        WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?`,
      [database, tableName],
    )
  return {
    name,
    async columns() {
      const rows = await look()
      return rows.length === 0 ? null : rows.map((row) => row.name.toLowerCase())
    },
    create: ({ create }) => host.query(create),
    async check() {
      const faults = faultsOf(await look())
      if (faults.length > 0) {
        const columns = Object.entries(mysqlTexts).map(([column, text]) => `MODIFY ${column} ${text}`)
        throw new Error(
          `the table ${name} ${faults.join(', ')}; run ALTER TABLE ${name} ${columns.join(', ')}, ${mysqlEngine}`,
        )
      }
      const indexes: unknown[] = await host.query(
        `SELECT 1 FROM information_schema.STATISTICS
          WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'id' AND COLUMN_NAME = 'id'`,
        [database, tableName],
      )
      if (indexes.length === 0)
        throw new Error(`the table ${name} has no index named id; run ALTER TABLE ${name} ADD UNIQUE KEY id (id)`)
    },
  }
}

/** Finds settings that would lose or mix rows: the table must not depend on settings of the server or the database. */
function faultsOf(columns: readonly Column[]): string[] {
  const { engine = null } = columns[0] ?? {}
  const column = (name: string): Column | undefined => columns.find((one) => one.name.toLowerCase() === name)
  const [id, request, parked] = [column('id'), column('request'), column('parked')]
  const faults: string[] = []
  if (engine?.toLowerCase() !== 'innodb') faults.push(`is of the engine ${engine}, which rolls nothing back`)
  if (id?.collation != null && !id.collation.endsWith('_bin'))
    faults.push(`compares id by ${id.collation}, which takes different ids for equal`)
  if (!/^(?:medium|long)text$/.test(request?.type ?? ''))
    faults.push(`has request as ${request?.type}, which is too short`)
  if (parked?.charset !== 'utf8mb4') faults.push(`has parked in ${parked?.charset}, which lacks characters`)
  return faults
}
