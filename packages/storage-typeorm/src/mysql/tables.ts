// The names of our tables here: those of every dialect, and what others keep in indexes of a part of a table's rows.
import { tablesOf, type Tables } from '../rows/tables.js'

export interface MysqlTables extends Tables {
  /** Countable messages that are not unread for everybody behind them: those whose flags say `exceptional`. */
  readonly exceptional: string
  /** Countable messages that mention somebody and were not recalled. */
  readonly mention: string
}

export const mysqlTablesOf = (prefix: string): MysqlTables => ({
  ...tablesOf(prefix),
  exceptional: `${prefix}exceptional`,
  mention: `${prefix}mention`,
})
