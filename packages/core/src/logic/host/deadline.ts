// A bound on how long somebody else's promise is waited for.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'

/**
 * What a promise gives, or UNAVAILABLE once it took too long; what it gives later is dropped.
 * @throws RookeryError `UNAVAILABLE`; or what the promise was rejected with
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
