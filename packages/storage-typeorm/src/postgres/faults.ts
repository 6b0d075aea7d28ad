// What an error of PostgreSQL means for a batch: which operation caused it, whether to run the batch again, and whether
// PostgreSQL can have stored anything.
import { StorageError } from '@rookery/core'
import { isFromServer, LinkLost } from './link.js'
import { notAsKnown, staleMemory } from './migrations/names.js'

/** A deadlock, or two transactions that made the same row at once. The next try sees what the other transaction did. */
const passing: ReadonlySet<string> = new Set(['40001', '40P01', '23505', staleMemory])

/** Whether the same batch may succeed when it runs again at once. */
export const isPassing = (error: unknown): boolean => isFromServer(error) && passing.has(error.code)

/** Whether the wait for a row ended at the lock timeout. */
export const isLocked = (error: unknown): boolean => isFromServer(error) && error.code === '55P03'

/** Whether the batch must use the function that does not rely on known rows. */
export const isNotAsKnown = (error: unknown): boolean => isFromServer(error) && error.code === notAsKnown

/** Whether the storage's knowledge of the database was wrong. */
export const isStale = (error: unknown): boolean => isFromServer(error) && error.code === staleMemory

/**
 * Classes of SQLSTATE for errors that the given values cause: data, integrity, limits of the program, an error that a
 * trigger raised.
 */
const ofTheOperation = /^(?:22|23|54|P0001)/

/** Whether one operation causes the error, so that the batch would succeed without it. */
export const isOfTheOperation = (error: unknown): boolean => isFromServer(error) && ofTheOperation.test(error.code)

/** Whether the connection's server is gone or takes no writes (any more). */
export const isOfTheServer = (error: unknown): boolean =>
  error instanceof LinkLost || (isFromServer(error) && error.code === '25006')

/** Errors of a server that shuts down. They may come after the commit was done. */
const leaving = /^(?:08|57P|XX)/

/** The error for a failed transaction. Only an error of a server that keeps running proves that nothing is stored. */
export function failureOf(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof LinkLost) return new StorageError(message, error.isSent ? 'unknown' : 'none', { cause: error })
  if (isFromServer(error) && !leaving.test(error.code)) {
    return new StorageError(`${message} (${error.code})`, 'none', { cause: error })
  }
  return new StorageError(message, 'unknown', { cause: error })
}
