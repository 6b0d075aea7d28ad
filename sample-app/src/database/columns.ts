// Text columns on each database.
import type { QueryRunner, TableColumnOptions } from 'typeorm'

/**
 * Text of a length, compared byte by byte: by default MySQL would take `Bob` and `bob` for one user, which chat does
 * not, and an old MySQL database would keep no emoji.
 */
export function text({ dataSource }: QueryRunner, name: string, length: number): TableColumnOptions {
  const isMysql = dataSource.options.type === 'mysql'
  return {
    name,
    type: 'varchar',
    length: String(length),
    ...(isMysql ? { charset: 'utf8mb4', collation: 'utf8mb4_bin' } : {}),
  }
}
