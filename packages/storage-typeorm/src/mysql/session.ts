// Settings of our own sessions, so that nothing depends on how the server or the account is set up.
import type { MysqlSettings } from './options.js'

/** Seconds are all that these settings know. */
const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/** How long a connection may rest between two transactions, in seconds. */
const restSeconds = 28_800

// Comments with an exclamation mark are for MariaDB alone, and for MySQL alone. A list stays a list, however long.
const common = (limits: string): readonly string[] => [
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', autocommit = 1,
    completion_type = 0, sql_safe_updates = 0, sql_select_limit = DEFAULT, wait_timeout = ${restSeconds},
    /*M!100300 in_predicate_conversion_threshold = 0, */ ${limits}`,
]

/**
 * Reading sessions see one snapshot in each transaction; writing ones see in each statement what is committed by then, so
 * that what is read under a lock is not older than the lock.
 */
export function sessionOf(settings: MysqlSettings, role: 'write' | 'read'): readonly string[] {
  const { lockTimeoutMs, callTimeoutMs } = settings
  const isolation = role === 'write' ? 'READ COMMITTED' : 'REPEATABLE READ'
  return [
    ...common(`/*M!100300 max_statement_time = ${seconds(callTimeoutMs)}, */
      /*!80000 max_execution_time = ${callTimeoutMs}, */
      lock_wait_timeout = ${seconds(lockTimeoutMs)}, innodb_lock_wait_timeout = ${seconds(lockTimeoutMs)}`),
    `SET SESSION TRANSACTION ISOLATION LEVEL ${isolation}`,
    // One that writes keeps the server's own: whoever makes that read-only, before another takes over, is obeyed.
    ...(role === 'read' ? ['SET SESSION TRANSACTION READ ONLY'] : []),
  ]
}

/**
 * That in which tables are made and changed: a change of millions of rows takes its time. Who asks for a table that a change
 * waits for waits behind it: so it waits for as short as the server can count.
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

/** What stands around a commit: a session that goes silent in the middle is ended by the server, and its locks with it. */
export function frameOf({ callTimeoutMs }: MysqlSettings): Frame {
  const rest = `SET wait_timeout = ${restSeconds}`
  return {
    begin: [`SET wait_timeout = ${seconds(callTimeoutMs)}`, 'START TRANSACTION'],
    commit: ['COMMIT', rest],
    rollback: ['ROLLBACK', rest],
  }
}
