// Time, as core sees it. Nothing in core reads another clock or starts a bare timer.

/** A running timer; opaque. */
export type Timer = object | number

/**
 * Two clocks and timers. `now` may jump in either direction; `monotonic` and timers never do.
 * Timers fire at most once, never inside the call that set them, and do not keep the process alive.
 */
export interface Clock {
  /** Wall-clock time, whole Unix ms: for what people and databases read. */
  now(): number
  /** Milliseconds since some start, never going back: for durations, leases and deadlines. */
  monotonic(): number
  setTimeout(run: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
  /** Resolves at the end of this turn of the event loop, when everything that was there to be read has been read. */
  endOfTurn(): Promise<void>
}
