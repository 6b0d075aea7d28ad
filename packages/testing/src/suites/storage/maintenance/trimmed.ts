// Runs of maintenance for the cases: to their end, in steps of a given size.
import { expect } from 'vitest'
import type { Storage, TrimLimits } from '@rookery/core'

export const nothing: TrimLimits = { inboxBefore: null, timelineBefore: null, timelineCount: null, keysBefore: null }

/** Far more steps than any case needs. */
const stepsMax = 5000

/** Trims to the end, and returns the total of what it removed. */
export async function trim(
  storage: Storage,
  limits: Partial<TrimLimits>,
  rows = 100,
): Promise<{ readonly entries: number; readonly messages: number; readonly keys: number }> {
  const taken = { entries: 0, messages: 0, keys: 0 }
  let after: string | null = null
  let progress = 0
  for (let step = 0; step < stepsMax; step += 1) {
    const done = await storage.maintenance.trim({ ...nothing, ...limits }, { after, rows })
    taken.entries += done.entries
    taken.messages += done.messages
    taken.keys += done.keys
    expect(done.entries + done.messages + done.keys).toBeLessThanOrEqual(rows)
    expect(done.progress).toBeGreaterThanOrEqual(progress)
    expect(done.progress).toBeLessThanOrEqual(1)
    progress = done.progress
    if (done.next === null) return taken
    after = done.next
  }
  throw new Error('trimming comes to no end')
}
