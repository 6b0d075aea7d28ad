// What a column of text is on each database.
import type { QueryRunner, TableColumnOptions } from 'typeorm'

/**
 * Text of a length, compared letter by letter: MySQL would take `Bob` and `bob` for one user, which chat does not, and
 * would keep no emoji where its database is an old one.
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
