// A token bucket without a timer: it answers how long to wait.
import type { Rate } from '../options/limits.js'

/** The tokens of one session. Times are monotonic ms. */
export class Bucket {
  private tokens: number
  private filledAt: number
  constructor(
    private readonly rate: Rate,
    now: number,
  ) {
    this.tokens = rate.burst
    this.filledAt = now
  }

  /** Takes a token and answers 0. Without a token it answers how many ms to wait for one. */
  take(now: number): number {
    const { perSecond, burst } = this.rate
    this.tokens = Math.min(burst, this.tokens + ((now - this.filledAt) * perSecond) / 1000)
    this.filledAt = now
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) * 1000) / perSecond)
    this.tokens -= 1
    return 0
  }
}
