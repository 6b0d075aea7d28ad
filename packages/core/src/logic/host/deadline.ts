// Bounds the time to wait for a promise.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'

/**
 * The result of a promise, or `UNAVAILABLE` if it takes longer than `ms`. A later result is dropped.
 * @throws RookeryError `UNAVAILABLE`; or what the promise rejects with
 */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new RookeryError('UNAVAILABLE', `${what} did not answer in time`, { retryAfterMs: 1000 })),
      ms,
    )
    promise.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}
