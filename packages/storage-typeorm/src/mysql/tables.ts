// The names of our tables on MySQL: those of every dialect, and tables that replace the partial indexes of the other
// dialects.
import { tablesOf, type Tables } from '../rows/tables.js'

export interface MysqlTables extends Tables {
  /**
   * Countable messages that are not unread for every member whose position is before them: their flags contain
   * `exceptional`.
   */
  readonly exceptional: string
  /** Countable messages that mention somebody and were not recalled. */
  readonly mention: string
}

export const mysqlTablesOf = (prefix: string): MysqlTables => ({
  ...tablesOf(prefix),
  exceptional: `${prefix}exceptional`,
  mention: `${prefix}mention`,
})
