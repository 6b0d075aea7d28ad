// Pauses before a decision on a changed group is made again: the first few repeats follow at once, later ones after a
// pause. So a group that changes all the time does not keep a node busy.
import type { Clock } from '../../ports/clock.js'

/** How many repeats in a row follow at once, and the pause before each later one. */
const atOnceMax = 3
const waitMs = 50

/** @param times how many decisions in a row were stale */
export async function restWhereStale(clock: Clock, times: number): Promise<void> {
  if (times > atOnceMax) await new Promise<void>((resolve) => clock.setTimeout(resolve, waitMs))
}
