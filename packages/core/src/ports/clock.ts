// Time, as core sees it. Core reads no other clock and starts no other timer.

/** A running timer; opaque. */
export type Timer = object | number

/**
 * Two clocks, and timers. `now` may jump in either direction; `monotonic` and timers never do. A timer fires at most once,
 * never inside the call that set it, and does not keep the process alive.
 */
export interface Clock {
  /** Wall-clock time in whole Unix ms, for what people and databases read. */
  now(): number
  /** Milliseconds since some start, for durations, leases and deadlines. Never goes back. */
  monotonic(): number
  setTimeout(run: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
  /** Resolves at the end of this turn of the event loop, after the process has read everything that had arrived. */
  endOfTurn(): Promise<void>
}
