// What each dialect does about the outbox's table.
import type { OutboxSql } from './outbox-sql.js'

/** A table of one dialect, as the host's connection sees it. */
export interface OutboxTable {
  /** Its name for a statement. */
  readonly name: string
  /** @returns its columns; null where it is missing */
  columns(): Promise<readonly string[] | null>
  /** Makes the table. Any number of nodes may do it at once. */
  create(sql: OutboxSql): Promise<void>
  /**
   * Checks what else matters, once the table exists.
   * @throws Error of one line with its remedy
   */
  check(): Promise<void>
}
