import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnPostgres } from '../../packages/storage-typeorm/testing/postgres.js'
import { SimulationsOnPostgres } from './on-postgres.js'
import { Tally } from './tally.js'

/** Other seeds than those of the ordinary tests. `SEEDS` sets their total number, `FROM` the first. */
const first = Number(process.env['FROM'] ?? 60_001)
const count = Number(process.env['SEEDS'] ?? 160)

describeOnPostgres('people on three nodes and PostgreSQL', () => {
  let simulations: SimulationsOnPostgres
  beforeAll(async () => (simulations = await SimulationsOnPostgres.open()))
  afterAll(() => simulations.close())

  it.each([
    ['groups', 0.7],
    ['twos', 0.2],
    ['logins', 0.1],
  ] as const)('keep every invariant in more seeds: %s', async (story, share) => {
    const tally = new Tally(story, (seed) => simulations.run(story, seed))
    const broken = await tally.runAll(first, first + Math.round(count * share) - 1)
    expect(broken.join('\n\n')).toBe('')
  })

  it('leave rows behind that every counter agrees with', async () => {
    expect(await simulations.unverified()).toEqual([])
  })
})
