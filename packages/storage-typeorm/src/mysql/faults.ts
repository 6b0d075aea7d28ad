// What an error of MySQL means for a batch: whose fault it is, and whether to run it again.
import { StorageError } from '@rookery/core'
import { isFromServer, LinkLost } from './link.js'

/** A deadlock, the same row made twice at once, a row that changed since it was read: the next try finds what the other did. */
const passing: ReadonlySet<number> = new Set([1213, 1062, 1020])

/** Whether the same batch may go through when it is run again at once. */
export const isPassing = (error: unknown): boolean => isFromServer(error) && passing.has(error.errno)

/** Whether a row was waited for in vain. */
export const isLocked = (error: unknown): boolean => isFromServer(error) && error.errno === 1205

/** Classes of SQLSTATE that blame what was given: data, integrity, a trigger that raised. */
const ofTheOperation = /^(?:22|23|44|45)/

/** Said without such a class: a text that is none, a value that a column does not take, a check that failed (3819, 4025). */
const ofTheOperationToo: ReadonlySet<number> = new Set([1366, 1364, 3819, 4025])

/** Whether somebody else made the same user or conversation at once, which is nobody's fault: the next try finds it. */
export const isMadeTwice = (error: unknown): boolean =>
  isFromServer(error) && error.errno === 1062 && error.message.includes('by_id')

/** Whether an operation would be refused again, and its batch go through without it. */
export const isOfTheOperation = (error: unknown): boolean =>
  isFromServer(error) &&
  !isMadeTwice(error) &&
  (ofTheOperation.test(error.sqlState) || ofTheOperationToo.has(error.errno))

/**
 * Of a server that takes no writes (any more): started or set read-only, also by the session's default or for InnoDB alone,
 * in offline mode, out of its cluster.
 */
const writesNothing: ReadonlySet<number> = new Set([1290, 1792, 1836, 1874, 3032, 1047, 3100])

/** Whether a connection leads to a server that is gone, or takes no writes. */
export const isOfTheServer = (error: unknown): boolean =>
  error instanceof LinkLost || (isFromServer(error) && writesNothing.has(error.errno))

/** How a transaction is reported that failed before its COMMIT was sent: nothing of it is stored. */
export function failureOf(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StorageError(isFromServer(error) ? `${message} (${error.errno})` : message, 'none', { cause: error })
}

/** Errors of COMMIT itself that do not tell what became of it: interrupted, failed on the way. */
const unclear: ReadonlySet<number> = new Set([1180, 1317, 1969, 3024])

/** How it is reported where COMMIT was among the statements: only an error of a server that stays tells that nothing is stored. */
export function failureOfCommit(error: unknown): unknown {
  const isLost = error instanceof LinkLost && error.isSent
  const isUnclear = isFromServer(error) && unclear.has(error.errno)
  if (!isLost && !isUnclear) return error
  return new StorageError((error as Error).message, 'unknown', { cause: error })
}
