// Time and chance, as the client sees them: from outside, so that one seed replays a run.

/** A running timer; opaque. */
export type Timer = object | number

/** Two clocks and timers. `now` may jump; `monotonic` and timers do not. */
export interface Clock {
  /** Wall-clock time, Unix ms. */
  now(): number
  /** Milliseconds since some start, never going back. */
  monotonic(): number
  /** Fires once, never inside the call that sets it. */
  setTimeout(run: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A unique id of 1 to 64 printable characters. */
  id(): string
}
