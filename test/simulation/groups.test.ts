import { printHistory, simulate } from '@rookery/testing'
import { describe, expect, it } from 'vitest'
import { Tally } from './tally.js'

const only = process.env['SEED']
const batch = 50

/** The requests that the stories must contain, each granted now and then. */
const requests = [
  ...['c2c', 'c2g', 'read', 'history', 'typing', 'recall', 'edit', 'react'],
  ...['group.create', 'group.add', 'group.remove', 'group.leave', 'group.role', 'group.mute', 'group.update'],
  ...['group.get', 'group.members', 'group.dissolve'],
]

describe.runIf(only !== undefined)('one seed of groups', () => {
  it('prints its history, and breaks nothing', async () => {
    const { history, violations, plan } = await simulate(Number(only), 'groups')
    console.log(`${printHistory(history)}\n${JSON.stringify(plan)}`)
    expect(violations).toEqual([])
  })
})

describe.skipIf(only !== undefined)('groups on three nodes, one storage and a lossy bus', () => {
  const tally = new Tally('groups')

  it.each([0, 1].map((n) => [1 + n * batch, (n + 1) * batch]))(
    'keep every invariant in seeds %i to %i',
    async (first, last) => {
      for (let seed = first!; seed <= last!; seed++) await tally.run(seed)
    },
    240_000,
  )

  it('have met every kind of fault and every action in groups, below and above the fan-out line', () => {
    for (const line of tally.lines()) console.log(line)
    expect([...tally.struck].filter(([, times]) => times === 0)).toEqual([])
    expect(requests.filter((event) => (tally.granted.get(event) ?? 0) === 0)).toEqual([])
    expect(tally.live.get('entries') ?? 0).toBeGreaterThan(1_000)
    expect(tally.live.get('timeline') ?? 0).toBeGreaterThan(1_000)
  })

  it('go through the same history again under the same seed, event for event', async () => {
    for (const seed of [7, 21]) {
      const [once, again] = [await simulate(seed, 'groups'), await simulate(seed, 'groups')]
      expect(once.history.length).toBeGreaterThan(100)
      expect(printHistory(again.history)).toBe(printHistory(once.history))
    }
  })
})
