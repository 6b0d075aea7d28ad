// Notices that the machine slept: the wall clock has moved on further than a timer says.
import type { Clock } from '../ports/clock.js'

const tickMs = 10_000
const jumpMs = 5_000

/** Returns a function that ends it. */
export function watchWallClock(clock: Clock, jumped: () => void): () => void {
  let isOver = false
  let timer = tick()
  function tick(): ReturnType<Clock['setTimeout']> {
    const dueAt = clock.now() + tickMs
    return clock.setTimeout(() => {
      if (isOver) return
      const isLate = Math.abs(clock.now() - dueAt) > jumpMs
      timer = tick()
      if (isLate) jumped()
    }, tickMs)
  }
  return () => {
    isOver = true
    clock.clearTimeout(timer)
  }
}
