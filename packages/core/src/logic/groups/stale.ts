// What was decided on a group that has changed meanwhile is decided again: at once a few times, then with a rest between,
// so that a group that changes all the time keeps nobody busy.
import type { Clock } from '../../ports/clock.js'

/** After so many changes of a group in a row it is waited between them for so long. */
const atOnceMax = 3
const waitMs = 50

/** @param times how often in a row it was decided on what was stale */
export async function restWhereStale(clock: Clock, times: number): Promise<void> {
  if (times > atOnceMax) await new Promise<void>((resolve) => clock.setTimeout(resolve, waitMs))
}
