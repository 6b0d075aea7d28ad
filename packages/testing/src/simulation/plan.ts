// What a seed decides: who takes part, what they do, and which faults occur. All of it is drawn from the seed.
import type { SeededRandom } from '../seeded-random.js'

export const faultKinds = [
  'bus-loss',
  'bus-delay',
  'bus-partition',
  'last-frame',
  'storage-slow',
  'storage-failing',
  'storage-stopped',
  'node-killed',
  'node-paused',
  'node-drained',
  'presence-failing',
  'presence-forgets',
  'connection-reset',
  'connection-half-open',
  'connection-black-hole',
  'answer-lost',
  'slow-reader',
  'clock-jump',
  'clock-skew',
  'racing-logins',
  'corrupted-device',
  'parcels-lost',
  'bus-link-cut',
  'presence-flushed',
  'presence-fails-over',
  'presence-late',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** The faults that affect sessions and slots. */
const sessionFaults = [
  'bus-loss',
  'node-killed',
  'node-paused',
  'presence-failing',
  'presence-forgets',
  'connection-half-open',
  'connection-black-hole',
  'clock-skew',
  'racing-logins',
  'bus-link-cut',
  'presence-flushed',
  'presence-fails-over',
  'presence-late',
] as const satisfies readonly FaultKind[]

/**
 * What the users of a run do: they talk in pairs (`twos`); they talk in groups and change messages too (`groups`); or
 * they log in again and again on several devices, while everything that sessions depend on fails (`logins`).
 */
export type StoryKind = 'twos' | 'groups' | 'logins'

export interface Plan {
  readonly seed: number
  readonly users: readonly string[]
  readonly durationMs: number
  readonly actions: number
  readonly faults: readonly FaultKind[]
  /** The number of faults of each kind. */
  readonly strikes: number
  /** How often the host revokes a user's tokens. */
  readonly revocations: number
  /** Small limits, so that a few messages reach them. */
  readonly isNarrow: boolean
  readonly hasHandlers: boolean
  /** Null if users talk only in pairs. */
  readonly groups: GroupPlan | null
}

/** The groups of a run. */
interface GroupPlan {
  /** Groups with more members than this are fanned out on read. */
  readonly readAbove: number
  readonly joinersRead: 'from-now' | 'everything'
  readonly membersMayAdd: boolean
}

/** Two names differ only in case. */
const people = ['ann', 'bob', 'cyd', 'Ann'] as const
/** More users, for runs with groups. */
const company = [...people, 'eve', 'dan'] as const

/**
 * Each seed draws a few kinds of fault of its own, so that a rare combination of two kinds is not hidden under all the
 * others.
 */
export function planOf(seed: number, random: SeededRandom, story: StoryKind): Plan {
  const plan = planOfTwos(seed, random)
  if (story === 'twos') return plan
  if (story === 'logins') return planOfLogins(plan, random)
  const groups: GroupPlan = {
    readAbove: random.pick([1, 2, 3, 3, 500]),
    joinersRead: random.pick(['from-now', 'from-now', 'everything']),
    membersMayAdd: random.chance(0.5),
  }
  return { ...plan, users: company.slice(0, 4 + random.int(3)), actions: 80 + random.int(120), groups }
}

function planOfLogins(plan: Plan, random: SeededRandom): Plan {
  const faults: FaultKind[] = ['racing-logins', ...random.shuffle(sessionFaults).slice(0, 2 + random.int(3))]
  return {
    ...plan,
    users: people.slice(0, 2),
    durationMs: 20_000 + random.int(20_000),
    actions: 15 + random.int(20),
    faults: [...new Set(faults)],
    strikes: 2 + random.int(4),
    revocations: random.int(3),
    isNarrow: false,
    hasHandlers: false,
  }
}

function planOfTwos(seed: number, random: SeededRandom): Plan {
  const isCalm = random.chance(0.05)
  const count = 1 + random.int(6)
  return {
    seed,
    users: people.slice(0, 2 + random.int(3)),
    durationMs: 20_000 + random.int(40_000),
    actions: 40 + random.int(80),
    faults: isCalm ? [] : random.shuffle(faultKinds).slice(0, count),
    strikes: 1 + random.int(4),
    revocations: 0,
    isNarrow: random.chance(0.2),
    hasHandlers: random.chance(0.25),
    groups: null,
  }
}
