// What a seed stands for: who takes part, what they do, and what goes wrong. Everything is drawn from the seed.
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
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What sessions and slots depend on. */
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
] as const satisfies readonly FaultKind[]

/**
 * What a run is about: people who talk two by two; who meet in groups, and change what they said, too; or who log in again
 * and again, on one device and another, while everything that sessions depend on fails.
 */
export type StoryKind = 'twos' | 'groups' | 'logins'

export interface Plan {
  readonly seed: number
  readonly users: readonly string[]
  readonly durationMs: number
  readonly actions: number
  readonly faults: readonly FaultKind[]
  /** How often each kind of fault strikes. */
  readonly strikes: number
  /** Small limits, so that a few messages reach them. */
  readonly isNarrow: boolean
  readonly hasHandlers: boolean
  /** Null where people talk two by two alone. */
  readonly groups: GroupPlan | null
}

/** How groups are in a run. */
export interface GroupPlan {
  /** Groups above so many members are fanned out on read. */
  readonly readAbove: number
  readonly joinersRead: 'from-now' | 'everything'
  readonly membersMayAdd: boolean
}

/** Two of them differ in case alone. */
const people = ['ann', 'bob', 'cyd', 'Ann'] as const
/** More of them, where there are groups. */
const company = [...people, 'eve', 'dan'] as const

/** Each seed draws its own few kinds of fault, so that rare meetings of two kinds are not buried under all the others. */
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
    isNarrow: random.chance(0.2),
    hasHandlers: random.chance(0.25),
    groups: null,
  }
}
