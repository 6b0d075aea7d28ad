// The real clock. Besides system-random this is the only file of core that uses the time and the timers of the process.
import type { Clock, Timer } from '../ports/clock.js'

/** The longest delay of a Node timer. A longer one would fire at once. */
const delayMsMax = 2 ** 31 - 1

/** A timer that is set again until its delay is over. */
class LongTimer {
  handle: NodeJS.Timeout | undefined
}

/** The clocks and timers of the process. The timers are unref'ed. */
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
