import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Action, type Happening, type Standing } from './following.js'

// A run of happenings as storage and routing could produce them: what is routed or read as a head exists.
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .record({
      kind: fc.constant('routed' as const),
      from: fc.integer({ min: 1, max: 30 }),
      length: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ kind, from, length }) => ({ kind, from, to: from + length })),
  fc.record({ kind: fc.constant('head' as const), seq: fc.integer({ min: 0, max: 33 }) }),
  fc.constant({ kind: 'patience-over' as const }),
  fc.constant({ kind: 'congested' as const }),
  fc.record({ kind: fc.constant('page' as const), to: fc.integer({ min: 0, max: 33 }), last: fc.boolean() }),
)

interface Step {
  readonly before: Standing
  readonly happening: Happening
  readonly next: Standing
  readonly action: Action
}

const steps = (happenings: readonly Happening[], start: Standing): Step[] => {
  let before = start
  return happenings.map((one) => {
    const { next, action } = decide(before, one)
    const step = { before, happening: one, next, action }
    before = next
    return step
  })
}

const always = (holds: (step: Step) => boolean): void =>
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), fc.boolean(), (happenings, follows) => {
      const start: Standing = { mode: follows ? 'following' : 'catching-up', at: 0, known: 0 }
      return steps(happenings, start).every(holds)
    }),
    { numRuns: 2000 },
  )

describe('whether a session follows', () => {
  it('I1: it is given entries only while it follows, beginning right after the last it was given', () =>
    always(
      ({ before, happening: one, action }) =>
        action !== 'give' ||
        (before.mode === 'following' && one.kind === 'routed' && one.from <= before.at + 1 && one.to > before.at),
    ))

  it('I2: it becomes following only by a last page that ends at no less than what is known', () =>
    always(
      ({ before, happening: one, next, action }) =>
        before.mode === 'following' ||
        next.mode === 'catching-up' ||
        (action === 'follow' && one.kind === 'page' && one.last && one.to >= before.known && next.at === one.to),
    ))

  it('I3: what was routed is given, held, or known to be missing', () =>
    always(({ before, happening: one, next, action }) => {
      if (one.kind !== 'routed' || one.to <= before.at) return true
      return action === 'give' ? next.at === one.to : next.known >= one.to
    }))

  it('I4: it is told sync exactly when it stops following', () =>
    always(
      ({ before, next, action }) =>
        (action === 'sync') === (before.mode === 'following' && next.mode === 'catching-up'),
    ))

  it('I5: what is known never goes back, and its place only by a page that it asked for', () =>
    always(
      ({ before, happening: one, next }) =>
        (next.at >= before.at || one.kind === 'page') && (next.known >= before.known || one.kind === 'page'),
    ))

  it('a hole that stays open, or a head beyond it, ends in sync when the patience is over', () => {
    const behind = decide({ mode: 'following', at: 3, known: 3 }, { kind: 'routed', from: 5, to: 5 })
    expect(behind.action).toBe('hold')
    expect(decide(behind.next, { kind: 'patience-over' }).action).toBe('sync')
    const lost = decide({ mode: 'following', at: 3, known: 3 }, { kind: 'head', seq: 4 })
    expect(lost.action).toBe('wait')
    expect(decide(lost.next, { kind: 'patience-over' }).action).toBe('sync')
  })
})
