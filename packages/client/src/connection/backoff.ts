// Growing delays with jitter, so that clients that lost one server do not come back all at once.
import type { Random } from '../ports/clock.js'

export interface BackoffOptions {
  /** The first delay at most, ms. Default 500. */
  readonly firstMs?: number
  /** No delay is longer, ms. Default 30 000. */
  readonly mostMs?: number
}

export class Backoff {
  #failures = 0

  constructor(
    private readonly random: Random,
    private readonly options: BackoffOptions = {},
  ) {}

  /**
   * The next delay: half of it is fixed, half is drawn, and it doubles with each failure.
   * @param atLeastMs what the server asked for
   */
  next(atLeastMs = 0): number {
    const { firstMs = 500, mostMs = 30_000 } = this.options
    const upTo = Math.min(mostMs, firstMs * 2 ** this.#failures)
    this.#failures += 1
    return atLeastMs + upTo / 2 + (this.random.next() * upTo) / 2
  }

  reset(): void {
    this.#failures = 0
  }
}
