// Deadlines that all have the same length, behind one timer: they are due in the order in which they began.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'

/** One that runs; opaque. */
export interface Deadline {
  readonly atMs: number
  readonly late: () => void
  before: Deadline | null
  after: Deadline | null
}

/**
 * What is asked for each message needs a deadline for each, and nearly none is ever missed: beginning and ending one is a link
 * in a list, and the timer is set once for all that begin while it runs.
 */
export class Deadlines {
  private first: Deadline | null = null
  private last: Deadline | null = null
  private isTimed = false

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {}

  /** @param late runs once the time is over, unless `end` is called before */
  begin(late: () => void): Deadline {
    const begun: Deadline = { atMs: this.clock.monotonic() + this.ms, late, before: this.last, after: null }
    if (this.last === null) this.first = begun
    else this.last.after = begun
    this.last = begun
    // With nobody left the timer runs out by itself: one that is set and cleared for each would be dearer.
    if (!this.isTimed) this.wait(this.ms)
    return begun
  }

  /** Each is ended once: what was late has ended itself. */
  end(deadline: Deadline): void {
    const { before, after } = deadline
    if (before !== null) before.after = after
    else if (this.first === deadline) this.first = after
    else return
    if (after !== null) after.before = before
    else this.last = before
    deadline.before = null
    deadline.after = null
  }

  /**
   * What a promise gives, or UNAVAILABLE once it took too long; what it gives later is dropped.
   * @throws RookeryError `UNAVAILABLE`; or what the promise was rejected with
   */
  within<T>(what: string, promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = this.begin(() =>
        reject(new RookeryError('UNAVAILABLE', `${what} did not answer in time`, { retryAfterMs: 1000 })),
      )
      promise.then(
        (value) => {
          this.end(deadline)
          resolve(value)
        },
        (error: unknown) => {
          this.end(deadline)
          reject(error)
        },
      )
    })
  }

  private wait(ms: number): void {
    this.isTimed = true
    this.clock.setTimeout(() => this.look(), ms)
  }

  private look(): void {
    this.isTimed = false
    const nowMs = this.clock.monotonic()
    for (let due = this.first; due !== null && due.atMs <= nowMs; due = this.first) {
      this.end(due)
      due.late()
    }
    // What is late may have begun another, which set the timer.
    if (this.first !== null && !this.isTimed) this.wait(this.first.atMs - nowMs)
  }
}
