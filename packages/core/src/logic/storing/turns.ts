// One after the other, where they concern one and the same: what the first has stored, the second sees.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'
import { within } from '../host/deadline.js'

export class Turns {
  private readonly last = new Map<string, Promise<unknown>>()

  constructor(private readonly clock: Clock) {}

  /**
   * Runs once everything that was given before under this name has ended.
   * @throws RookeryError `UNAVAILABLE` at the deadline; what has not begun by then never begins
   */
  take<T>(name: string, deadlineMs: number, run: () => Promise<T>): Promise<T> {
    const endMs = this.clock.monotonic() + deadlineMs
    const before = this.last.get(name) ?? Promise.resolve()
    const own = before.then(() => {
      if (this.clock.monotonic() < endMs) return run()
      throw new RookeryError('UNAVAILABLE', 'its turn did not come in time', { retryAfterMs: 1000 })
    })
    const ended = own
      .catch(() => {})
      .finally(() => {
        if (this.last.get(name) === ended) this.last.delete(name)
      })
    this.last.set(name, ended)
    return within(this.clock, deadlineMs, 'storage', own)
  }
}
