import { printHistory, simulate } from '@rookery/testing'
import { describe, expect, it } from 'vitest'
import { Tally } from './tally.js'

const only = process.env['SEED']
const batch = 50

describe.runIf(only !== undefined)('one seed', () => {
  it('prints its history, and breaks nothing', async () => {
    const { history, violations, plan } = await simulate(Number(only))
    console.log(`${printHistory(history)}\n${JSON.stringify(plan)}`)
    expect(violations).toEqual([])
  })
})

describe.skipIf(only !== undefined)('three nodes on one storage and a lossy bus', () => {
  const tally = new Tally()

  it.each([0, 1, 2, 3].map((n) => [1 + n * batch, (n + 1) * batch]))(
    'keep every invariant in seeds %i to %i',
    async (first, last) => {
      for (let seed = first!; seed <= last!; seed++) await tally.run(seed)
    },
    120_000,
  )

  it('have met every kind of fault meanwhile, and stored thousands of messages', () => {
    for (const line of tally.lines()) console.log(line)
    expect([...tally.struck].filter(([, times]) => times === 0)).toEqual([])
    expect(tally.acknowledged).toBeGreaterThan(5_000)
  })

  it('go through the same history again under the same seed, event for event', async () => {
    for (const seed of [7, 21, 77]) {
      const [once, again] = [await simulate(seed), await simulate(seed)]
      expect(once.history.length).toBeGreaterThan(100)
      expect(printHistory(again.history)).toBe(printHistory(once.history))
    }
    const [one, other] = [await simulate(7), await simulate(8)]
    expect(printHistory(one.history)).not.toBe(printHistory(other.history))
  })
})
