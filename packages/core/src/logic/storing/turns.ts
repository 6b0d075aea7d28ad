// Runs calls with the same name one after the other, so that the second sees what the first has stored.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'
import { within } from '../host/deadlines.js'

export class Turns {
  private readonly last = new Map<string, Promise<unknown>>()

  constructor(private readonly clock: Clock) {}

  /**
   * Runs once every earlier call under this name has ended.
   * @throws RookeryError `UNAVAILABLE` at the deadline; a call that has not begun by then never begins
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
