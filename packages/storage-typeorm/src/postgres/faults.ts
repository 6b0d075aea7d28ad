// What an error of PostgreSQL means for a batch: whose fault it is, whether to run it again, and whether anything can have
// been stored.
import { StorageError } from '@rookery/core'
import { isFromServer, LinkLost } from './link.js'
import { notAsKnown, staleMemory } from './migrations/names.js'

/** Two that would wait for each other, or made the same row at once: the next try finds what the other did. */
const passing: ReadonlySet<string> = new Set(['40001', '40P01', '23505', staleMemory])

/** Whether the same batch may succeed when it runs again at once. */
export const isPassing = (error: unknown): boolean => isFromServer(error) && passing.has(error.code)

/** Whether the wait for a row ended at the lock timeout. */
export const isLocked = (error: unknown): boolean => isFromServer(error) && error.code === '55P03'

/** Whether a batch must be carried out by the function that takes nothing for known. */
export const isNotAsKnown = (error: unknown): boolean => isFromServer(error) && error.code === notAsKnown

/** Whether what is remembered of the database was wrong. */
export const isStale = (error: unknown): boolean => isFromServer(error) && error.code === staleMemory

/** Classes of SQLSTATE that blame what was given: data, integrity, limits of the program, a trigger that raised. */
const ofTheOperation = /^(?:22|23|54|P0001)/

/** Whether one operation causes the error, so that the batch would succeed without it. */
export const isOfTheOperation = (error: unknown): boolean => isFromServer(error) && ofTheOperation.test(error.code)

/** Whether a connection leads to a server that is gone, or takes no writes (any more). */
export const isOfTheServer = (error: unknown): boolean =>
  error instanceof LinkLost || (isFromServer(error) && error.code === '25006')

/** Errors with which a server takes its leave: they may come when the commit was done. */
const leaving = /^(?:08|57P|XX)/

/** How a failed transaction is reported: only an error of a server that stays tells that nothing is stored. */
export function failureOf(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof LinkLost) return new StorageError(message, error.isSent ? 'unknown' : 'none', { cause: error })
  if (isFromServer(error) && !leaving.test(error.code)) {
    return new StorageError(`${message} (${error.code})`, 'none', { cause: error })
  }
  return new StorageError(message, 'unknown', { cause: error })
}
