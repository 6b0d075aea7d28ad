import fc from 'fast-check'
import { expect, it } from 'vitest'
import { holds, runAt, withRun, type Run } from './runs.js'

const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 6 })), { maxLength: 12 })

it('a run is the union of what was added, ascending, and never touches the next one', () => {
  fc.assert(
    fc.property(runs, (added) => {
      const places = new Set<number>()
      let held: readonly Run[] = []
      for (const [from, length] of added) {
        held = withRun(held, { from, to: from + length - 1 })
        for (let seq = from; seq < from + length; seq++) places.add(seq)
      }
      const inRuns = held.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index))
      expect(inRuns).toEqual([...places].sort((a, b) => a - b))
      for (const [index, run] of held.entries())
        if (index > 0) expect(run.from).toBeGreaterThan(held[index - 1]!.to + 1)
    }),
  )
})

it('holds tells whether nothing is missing between two places', () => {
  const held = withRun(withRun([], { from: 3, to: 5 }), { from: 8, to: 9 })
  expect([holds(held, 2, 5), holds(held, 1, 5), holds(held, 4, 8), holds(held, 7, 9), holds(held, 9, 9)]).toEqual([
    true,
    false,
    false,
    true,
    true,
  ])
  expect(runAt(held, 6)).toBeUndefined()
})
