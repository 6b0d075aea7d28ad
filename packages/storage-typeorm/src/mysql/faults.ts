// What an error of MySQL means for a batch: which operation caused it, and whether to run the batch again.
import { StorageError } from '@rookery/core'
import { isFromServer, LinkLost } from './link.js'

/**
 * A deadlock, two transactions that made the same row, or a row that changed after it was read. The next try sees what
 * the other transaction did.
 */
const passing: ReadonlySet<number> = new Set([1213, 1062, 1020])

/** Whether the same batch may succeed when it runs again at once. */
export const isPassing = (error: unknown): boolean => isFromServer(error) && passing.has(error.errno)

/** Whether the wait for a row ended at the lock timeout. */
export const isLocked = (error: unknown): boolean => isFromServer(error) && error.errno === 1205

/** Classes of SQLSTATE for errors that the given values cause: data, integrity, an error that a trigger raised. */
const ofTheOperation = /^(?:22|23|44|45)/

/** Such errors without such a class: invalid text, a value that a column does not take, a failed check (3819, 4025). */
const ofTheOperationToo: ReadonlySet<number> = new Set([1366, 1364, 3819, 4025])

/**
 * Whether another transaction made the same user or conversation at the same time. No operation is wrong then, and the
 * next try finds the row.
 */
export const isMadeTwice = (error: unknown): boolean =>
  isFromServer(error) && error.errno === 1062 && error.message.includes('by_id')

/** Whether one operation causes the error, so that the batch would succeed without it. */
export const isOfTheOperation = (error: unknown): boolean =>
  isFromServer(error) &&
  !isMadeTwice(error) &&
  (ofTheOperation.test(error.sqlState) || ofTheOperationToo.has(error.errno))

/**
 * Errors of a server that takes no writes (any more): it is read-only, by its start, a setting, the session's default
 * or for InnoDB alone; or it is in offline mode; or it has left its cluster.
 */
const writesNothing: ReadonlySet<number> = new Set([1290, 1792, 1836, 1874, 3032, 1047, 3100])

/** Whether the connection's server is gone or takes no writes. */
export const isOfTheServer = (error: unknown): boolean =>
  error instanceof LinkLost || (isFromServer(error) && writesNothing.has(error.errno))

/** The error for a transaction that failed before its COMMIT was sent: none of it is stored. */
export function failureOf(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StorageError(isFromServer(error) ? `${message} (${error.errno})` : message, 'none', { cause: error })
}

/**
 * Errors of COMMIT after which it is unknown whether it was carried out: it was interrupted, or failed while it ran.
 */
const unclear: ReadonlySet<number> = new Set([1180, 1317, 1969, 3024])

/**
 * The error for a transaction whose statements included COMMIT. Only an error of a server that keeps running proves
 * that nothing is stored.
 */
export function failureOfCommit(error: unknown): unknown {
  const isLost = error instanceof LinkLost && error.isSent
  const isUnclear = isFromServer(error) && unclear.has(error.errno)
  if (!isLost && !isUnclear) return error
  return new StorageError((error as Error).message, 'unknown', { cause: error })
}
