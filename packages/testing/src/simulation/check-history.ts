// Decides from what clients saw whether the invariants of RELIABILITY held. A pure function.
import type { History } from './history.js'
import { checkCatchingUp } from './invariants/catching-up.js'
import { checkChanges } from './invariants/changes.js'
import { checkGroups } from './invariants/groups.js'
import { checkNumbers } from './invariants/numbers.js'
import { checkOrder } from './invariants/order.js'
import { checkPositions } from './invariants/positions.js'
import { checkSessions } from './invariants/sessions.js'
import { checkStoredOnce } from './invariants/stored-once.js'
import type { Bounds, Invariants, Report } from './invariants/invariants.js'
import { observe } from './observed.js'

/** One observation that breaks an invariant. */
export interface Violation {
  /** The invariant's number in RELIABILITY; 0: every frame is of the form that the protocol has. */
  readonly invariant: number
  readonly what: string
}

const groups: readonly Invariants[] = [
  checkStoredOnce,
  checkOrder,
  checkNumbers,
  checkCatchingUp,
  checkPositions,
  checkSessions,
  checkGroups,
  checkChanges,
]

const defaultBounds: Bounds = { leaseMs: 30_000, sendDeadlineMs: 10_000, resendMs: 30_000, slackMs: 1_500 }

/** Returns all violations; equal texts only once. */
export function checkHistory(history: History, bounds: Bounds = defaultBounds): Violation[] {
  const found = new Map<string, Violation>()
  const report: Report = (invariant, what) => {
    const words = `${invariant} ${what}`
    if (!found.has(words)) found.set(words, { invariant, what })
  }
  for (const event of history) if (event.t === 'misshapen') report(0, event.fault)
  const observed = observe(history)
  for (const group of groups) group(observed, report, bounds)
  return [...found.values()].sort((a, b) => a.invariant - b.invariant)
}
