// Settings of our sessions, so that chat does not depend on settings of the server or the account.
import type { MysqlSettings } from './options.js'

/** These settings take whole seconds only. */
const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/** How long a connection may be idle between two transactions, in seconds. */
const restSeconds = 28_800

// MariaDB alone runs the comments with `M!`, MySQL alone those with `!`. `in_predicate_conversion_threshold` keeps
// MariaDB from turning a long list into a table.
const common = (limits: string): readonly string[] => [
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', autocommit = 1,
    completion_type = 0, sql_safe_updates = 0, sql_select_limit = DEFAULT, wait_timeout = ${restSeconds},
    /*M!100300 in_predicate_conversion_threshold = 0, */ ${limits}`,
]

/**
 * A reading session sees one snapshot in each transaction. A writing session sees in each statement what is committed
 * by then, so that a read under a lock is never older than the lock.
 */
export function sessionOf(settings: MysqlSettings, role: 'write' | 'read'): readonly string[] {
  const { lockTimeoutMs, callTimeoutMs } = settings
  const isolation = role === 'write' ? 'READ COMMITTED' : 'REPEATABLE READ'
  return [
    ...common(`/*M!100300 max_statement_time = ${seconds(callTimeoutMs)}, */
      /*!80000 max_execution_time = ${callTimeoutMs}, */
      lock_wait_timeout = ${seconds(lockTimeoutMs)}, innodb_lock_wait_timeout = ${seconds(lockTimeoutMs)}`),
    `SET SESSION TRANSACTION ISOLATION LEVEL ${isolation}`,
    // A writing session keeps the server's own default. So it obeys an operator who makes the server read-only before a
    // failover.
    ...(role === 'read' ? ['SET SESSION TRANSACTION READ ONLY'] : []),
  ]
}

/**
 * The session that makes and changes tables. A change of millions of rows may take long, so no limit ends it. Other
 * sessions that ask for a table wait behind a change that waits for it, so a change waits only for the shortest time
 * that the server can set.
 */
export const sessionOfMigrations: readonly string[] = [
  ...common(`/*M!100300 max_statement_time = 0, */ /*!80000 max_execution_time = 0, */
    lock_wait_timeout = 1, innodb_lock_wait_timeout = 1`),
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
]

export interface Frame {
  readonly begin: readonly string[]
  readonly commit: readonly string[]
  readonly rollback: readonly string[]
}

/**
 * The statements around a commit. The server ends a session that is idle within a transaction, and releases its locks.
 */
export function frameOf({ callTimeoutMs }: MysqlSettings): Frame {
  const rest = `SET wait_timeout = ${restSeconds}`
  return {
    begin: [`SET wait_timeout = ${seconds(callTimeoutMs)}`, 'START TRANSACTION'],
    commit: ['COMMIT', rest],
    rollback: ['ROLLBACK', rest],
  }
}
