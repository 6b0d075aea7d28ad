// Checks the tables that have our names in this database, and how they were made.
import { ownTables, refuseForeign, type Found } from '../rows/standing.js'
import type { Link } from './link.js'
import type { Sql } from './sql.js'
import type { MysqlTables } from './tables.js'

/** Every table that this dialect makes. */
export const ownMysqlTables = (t: MysqlTables): ReturnType<typeof ownTables> => ownTables(t, ['follow'])

/**
 * @returns the tables that are there
 * @throws Error of one line where one of them is not ours, or of an engine or a collation that breaks what is promised
 */
export async function lookAtTables(link: Link, sql: Sql, timeoutMs: number): Promise<Found> {
  const { t } = sql
  const own = ownMysqlTables(t)
  const names = Object.keys(own)
  const [rows = []] = await link.ask(
    [
      `SELECT c.TABLE_NAME, c.COLUMN_NAME, t.ENGINE, c.COLLATION_NAME
        FROM information_schema.TABLES t
        JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
        WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN (${names.map((name) => sql.text(name)).join(', ')})`,
    ],
    timeoutMs,
  )
  const found = new Map<string, Set<string>>()
  const [engines, collations] = [new Map<string, string>(), new Map<string, string>()]
  for (const [table, column, engine, collation] of rows as readonly (readonly (string | null)[])[]) {
    const name = table!.toLowerCase()
    found.set(name, (found.get(name) ?? new Set()).add(column!.toLowerCase()))
    if (engine?.toLowerCase() !== 'innodb') engines.set(name, engine ?? 'none')
    // TypeORM's own table only holds names of our migrations, and released versions made it with the database's default
    // collation.
    if (collation !== null && collation !== 'utf8mb4_bin' && name !== t.migrations) collations.set(name, collation!)
  }
  refuseForeign(own, found)
  for (const [name, engine] of engines) {
    throw new Error(
      `the table ${name} is of the engine ${engine}, which rolls nothing back; run ALTER TABLE ${name} ENGINE = InnoDB`,
    )
  }
  for (const [name, collation] of collations) {
    throw new Error(
      `the table ${name} has columns of ${collation}, which gives texts back changed; run ALTER TABLE ${name} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    )
  }
  return found
}
