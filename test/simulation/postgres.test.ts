// The same simulation with its nodes on PostgreSQL. `SEED=… STORY=…` prints the history of one run; for odd seeds calls
// overlap in the database, so the next run may differ.
import { printHistory, simulate } from '@rookery/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeOnPostgres } from '../../packages/storage-typeorm/testing/postgres.js'
import { SimulationsOnPostgres } from './on-postgres.js'
import { Tally, type Story } from './tally.js'

const only = process.env['SEED']
const story = (process.env['STORY'] ?? 'groups') as Story

describeOnPostgres('people on three nodes and PostgreSQL', () => {
  let simulations: SimulationsOnPostgres
  beforeAll(async () => (simulations = await SimulationsOnPostgres.open()))
  afterAll(() => simulations.close())

  describe.runIf(only !== undefined)('in one seed', () => {
    it('prints its history, and breaks nothing', async () => {
      const { history, violations, plan } = await simulate(Number(only), story, simulations.run(story, Number(only)))
      console.log(`${printHistory(history)}\n${JSON.stringify(plan)}`)
      expect(violations).toEqual([])
    })
  })

  describe.skipIf(only !== undefined)('in the first seeds of each story', () => {
    it.each([
      ['groups', 6],
      ['twos', 3],
      ['logins', 2],
    ] as const)(
      'keep every invariant: %s, seeds 1 to %i',
      async (name, count) => {
        const tally = new Tally(name, (seed) => simulations.run(name, seed))
        for (let seed = 1; seed <= count; seed++) await tally.run(seed)
        console.log([`${name} on PostgreSQL, seeds 1 to ${count}:`, ...tally.lines()].join('\n'))
        expect(tally.acknowledged).toBeGreaterThan(10)
      },
      120_000,
    )

    it('leave rows behind that every counter agrees with', async () => {
      expect(await simulations.unverified()).toEqual([])
    })
  })
})
