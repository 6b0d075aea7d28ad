import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decide,
  decidePull,
  goalOf,
  isBehind,
  type Action,
  type Happening,
  type Mode,
  type Read,
  type FeedState,
} from './following.js'

// A session with three timelines, and a run of events that storage, routing and its client could cause.
const timelines = [0, 1, 2] as const

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .record({
      kind: fc.constant('routed' as const),
      from: fc.integer({ min: 1, max: 30 }),
      length: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ kind, from, length }) => ({ kind, from, to: from + length })),
  fc.record({ kind: fc.constant('head' as const), seq: fc.integer({ min: 0, max: 33 }) }),
  fc.record({ kind: fc.constant('ended' as const), to: fc.integer({ min: 1, max: 33 }) }),
  fc.constant({ kind: 'patience-over' as const }),
  fc.constant({ kind: 'congested' as const }),
)
const read: fc.Arbitrary<Read | null> = fc.option(
  fc.record({ to: fc.integer({ min: 0, max: 33 }), last: fc.boolean() }),
  { freq: 6 },
)

type Event =
  | { readonly kind: 'in'; readonly timeline: number; readonly happening: Happening }
  | { readonly kind: 'pull'; readonly reads: readonly (Read | null)[]; readonly isWhole: boolean }

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('in' as const), timeline: fc.constantFrom(...timelines), happening }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pull' as const),
      reads: fc.tuple(read, read, read),
      isWhole: fc.boolean(),
    }),
  },
)

interface State {
  readonly mode: Mode
  readonly states: readonly FeedState[]
}

interface Step {
  readonly before: State
  readonly event: Event
  readonly next: State
  /** The timeline in which something happened; null after a pull. */
  readonly action: Action | null
}

function step(before: State, one: Event): Step {
  const { mode, states } = before
  if (one.kind === 'pull') {
    const pulled = states.map((state, i) => ({ state, read: one.reads[i]! }))
    return { before, event: one, next: decidePull(mode, pulled, one.isWhole), action: null }
  }
  const { next, action } = decide(mode, states[one.timeline]!, one.happening)
  return {
    before,
    event: one,
    next: { mode: action === 'sync' ? 'catching-up' : mode, states: states.with(one.timeline, next) },
    action,
  }
}

function steps(events: readonly Event[], start: State): Step[] {
  let before = start
  return events.map((one) => {
    const made = step(before, one)
    before = made.next
    return made
  })
}

const always = (holds: (step: Step) => boolean): void =>
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), fc.boolean(), (events, follows) => {
      const states = timelines.map(() => ({ at: 0, known: 0, end: null }))
      return steps(events, { mode: follows ? 'following' : 'catching-up', states }).every(holds)
    }),
    { numRuns: 3000 },
  )

/** Checks steps in one timeline, with its state before and after. */
const inOne = (
  holds: (of: { mode: Mode; before: FeedState; happening: Happening; next: FeedState; action: Action }) => boolean,
): void =>
  always(({ before, event: one, next, action }) => {
    if (one.kind === 'pull' || action === null) return true
    const { timeline, happening: what } = one
    const others = timelines.filter((other) => other !== timeline)
    if (others.some((other) => before.states[other] !== next.states[other])) return false
    const [was, is] = [before.states[timeline]!, next.states[timeline]!]
    return holds({ mode: before.mode, before: was, happening: what, next: is, action })
  })

const following = (state: Partial<FeedState>): readonly [Mode, FeedState] => [
  'following',
  { at: 3, known: 3, end: null, ...state },
]

describe('whether a session follows', () => {
  it('I1: it gets items live only while it follows, right after the last one that it got, and nothing beyond an end', () =>
    inOne(
      ({ mode, before, happening: one, next, action }) =>
        action !== 'give' ||
        (mode === 'following' &&
          one.kind === 'routed' &&
          one.from <= before.at + 1 &&
          next.at > before.at &&
          next.at === Math.min(one.to, before.end ?? Infinity)),
    ))

  it('I2: it begins to follow only by a pull that lacks nothing and ends at the known head of each timeline that it read', () =>
    always(({ before, event: one, next }) => {
      if (before.mode === 'following' || next.mode === 'catching-up') return true
      if (one.kind !== 'pull' || !one.isWhole) return false
      return one.reads.every((of, i) => {
        const [was, is] = [before.states[i]!, next.states[i]!]
        return of === null ? is === was : of.last && of.to >= goalOf(was) && is.at === of.to && !isBehind(is)
      })
    }))

  it('I3: routed items for its user are given, held, or known to be missing', () =>
    inOne(({ before, happening: one, next, action }) => {
      if (one.kind !== 'routed') return true
      const to = Math.min(one.to, before.end ?? Infinity)
      if (to <= before.at) return true
      return action === 'give' ? next.at === to : next.known >= to && isBehind(next)
    }))

  it('I3: while it follows, a missing item causes sync when the patience ends', () =>
    inOne(({ mode, before, next, action }) => {
      if (mode === 'catching-up' || !isBehind(next) || action === 'give' || action === 'sync') return true
      const isWatched = action === 'hold' || action === 'wait' || isBehind(before)
      return isWatched && decide('following', next, { kind: 'patience-over' }).action === 'sync'
    }))

  it('I4: it gets sync exactly when it stops following', () =>
    always(
      ({ before, next, action }) =>
        (action === 'sync') === (before.mode === 'following' && next.mode === 'catching-up'),
    ))

  it('I5: the known head never goes back, nor does its position, except by a pull that it asked for', () =>
    always(({ before, event: one, next }) =>
      timelines.every((i) => {
        const [was, is] = [before.states[i]!, next.states[i]!]
        return (one.kind === 'pull' && one.reads[i] !== null) || (is.at >= was.at && is.known >= was.known)
      }),
    ))

  it('a pull of one that follows changes nothing', () =>
    always(
      ({ before, event: one, next }) =>
        one.kind !== 'pull' ||
        before.mode === 'catching-up' ||
        (next.mode === 'following' && next.states.every((is, i) => is === before.states[i])),
    ))

  it('a hole that stays open, or a head beyond it, ends in sync when the patience is over', () => {
    const behind = decide(...following({}), { kind: 'routed', from: 5, to: 5 })
    expect(behind.action).toBe('hold')
    expect(decide('following', behind.next, { kind: 'patience-over' }).action).toBe('sync')
    const lost = decide(...following({}), { kind: 'head', seq: 4 })
    expect(lost.action).toBe('wait')
    expect(decide('following', lost.next, { kind: 'patience-over' }).action).toBe('sync')
  })

  it('a timeline that ended is waited for up to its end, and no further', () => {
    const ended = decide(...following({}), { kind: 'ended', to: 4 })
    expect(ended.action).toBe('wait')
    expect(decide('following', ended.next, { kind: 'routed', from: 5, to: 9 }).next).toMatchObject({ at: 3, known: 4 })
    const given = decide('following', ended.next, { kind: 'routed', from: 4, to: 9 })
    expect([given.action, given.next.at]).toEqual(['give', 4])
    expect(decide('following', given.next, { kind: 'routed', from: 5, to: 5 }).action).toBe('nothing')
    expect(decide('following', given.next, { kind: 'patience-over' }).action).toBe('nothing')
    const beyond = decide(...following({ at: 4, known: 9 }), { kind: 'ended', to: 4 })
    expect([beyond.action, decide('following', beyond.next, { kind: 'head', seq: 9 }).action]).toEqual([
      'nothing',
      'nothing',
    ])
  })
})
