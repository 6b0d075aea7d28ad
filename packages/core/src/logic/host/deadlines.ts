// Bounds the time to wait. Deadlines of one length are behind one timer: they end in the order in which they began.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'

/** A running deadline; opaque to callers. */
export interface Deadline {
  readonly atMs: number
  readonly late: () => void
  before: Deadline | null
  after: Deadline | null
}

/**
 * Each message needs a deadline, and nearly all of them are met. So beginning and ending one only links and unlinks an
 * item of a list, and one timer serves all of them.
 */
export class Deadlines {
  private first: Deadline | null = null
  private last: Deadline | null = null
  private isTimed = false

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {}

  /** @param late runs when the time is over, unless `end` is called before */
  begin(late: () => void): Deadline {
    const begun: Deadline = { atMs: this.clock.monotonic() + this.ms, late, before: this.last, after: null }
    if (this.last === null) this.first = begun
    else this.last.after = begun
    this.last = begun
    // If the list is empty by then, the timer does nothing. That costs less than setting and clearing a timer for each
    // deadline.
    if (!this.isTimed) this.wait(this.ms)
    return begun
  }

  /** Ends a deadline. A deadline that is over has ended already; ending it again does nothing. */
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
   * The result of a promise, or `UNAVAILABLE` if it takes too long. A later result is dropped.
   * @throws RookeryError `UNAVAILABLE`; or what the promise rejects with
   */
  within<T>(what: string, promise: PromiseLike<T>): Promise<T> {
    return bounded(what, promise, this)
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
    // `late` may have begun another deadline, which then set the timer.
    if (this.first !== null && !this.isTimed) this.wait(this.first.atMs - nowMs)
  }
}

/**
 * The result of a promise, or `UNAVAILABLE` if it takes longer than `ms`. A later result is dropped. It sets a timer of
 * its own: where many bounds have one length, `Deadlines` costs less.
 * @throws RookeryError `UNAVAILABLE`; or what the promise rejects with
 */
export const within = <T>(clock: Clock, ms: number, what: string, promise: PromiseLike<T>): Promise<T> =>
  bounded(what, promise, {
    begin: (late) => clock.setTimeout(late, ms),
    end: (timer) => clock.clearTimeout(timer),
  })

interface Bounds<Bound> {
  begin(late: () => void): Bound
  end(bound: Bound): void
}

const bounded = <T, Bound>(what: string, promise: PromiseLike<T>, bounds: Bounds<Bound>): Promise<T> =>
  new Promise((resolve, reject) => {
    const bound = bounds.begin(() =>
      reject(new RookeryError('UNAVAILABLE', `${what} did not answer in time`, { retryAfterMs: 1000 })),
    )
    promise.then(
      (value) => {
        bounds.end(bound)
        resolve(value)
      },
      (error: unknown) => {
        bounds.end(bound)
        reject(error)
      },
    )
  })
