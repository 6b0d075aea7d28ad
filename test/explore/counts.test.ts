import { expect, it } from 'vitest'
import { Counts, told, type Outcome } from './counts.js'

const outcome = (invariants: readonly (number | null)[], over: Partial<Outcome> = {}): Outcome => ({
  kind: 'twos',
  seed: 7,
  world: '',
  faults: invariants.map((invariant) => ({ invariant, what: 'it is wrong' })),
  ...over,
})

it('a seed counts as broken if it broke more than the known invariants', () => {
  const counts = new Counts(new Set([21, 9]))
  const seeds = [[], [21], [21, 9], [21, 18], [null]].map((invariants) => counts.add(outcome(invariants)))
  expect(seeds).toEqual([false, false, false, true, true])
  expect(counts.broken).toBe(2)
  expect(counts.progress(2)).toBe('2 s: twos 5 (2.5/s, 2 BROKEN, 2 known)')
  expect(counts.summary(2)).toBe('twos: 5 seeds, 2.5/s, 2 broken, 2 with only 21, 9 broken\n2 broken in 2 s')
})

it('counts each kind separately', () => {
  const counts = new Counts(new Set())
  counts.add(outcome([]))
  counts.add(outcome([21], { kind: 'groups' }))
  expect(counts.summary(1)).toBe('twos: 1 seeds, 1.0/s, 0 broken\ngroups: 1 seeds, 1.0/s, 1 broken\n1 broken in 1 s')
})

it('reports the start before the first seed', () => {
  expect(new Counts(new Set()).progress(0)).toBe('0 s: starting')
})

it('reports a broken seed with its world and the command that replays it', () => {
  expect(told(outcome([9, null], { world: 'bus-loss, handlers' }))).toBe(
    `twos: seed 7 (bus-loss, handlers) broke
  invariant 9: it is wrong
  it is wrong
  replay: npm run explore -- --replay twos:7`,
  )
  expect(told(outcome(Array.from({ length: 20 }, () => 1)))).toContain('\n  and 8 more\n')
})
