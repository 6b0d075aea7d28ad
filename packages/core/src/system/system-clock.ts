// The real clock. With system-random the only file of core that touches the process's own time and timers.
import type { Clock, Timer } from '../ports/clock.js'

/** The longest delay that the process's timers know; a longer one would fire at once. */
const delayMsMax = 2 ** 31 - 1

/** A timer that is set again until its delay is over. */
class LongTimer {
  handle: NodeJS.Timeout | undefined
}

/** The process's own clocks and timers; the timers are unref'ed. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    if (!(delayMs > delayMsMax)) return setTimeout(run, delayMs).unref()
    const timer = new LongTimer()
    const wait = (leftMs: number): void => {
      timer.handle = setTimeout(
        () => (leftMs > delayMsMax ? wait(leftMs - delayMsMax) : run()),
        Math.min(leftMs, delayMsMax),
      ).unref()
    }
    wait(delayMs)
    return timer
  }

  clearTimeout(timer: Timer): void {
    clearTimeout(timer instanceof LongTimer ? timer.handle : (timer as NodeJS.Timeout))
  }

  endOfTurn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }
}
