import { expect, it } from 'vitest'
import { runSeeds } from './tally.js'

/** Other seeds than those of the ordinary tests. `SEEDS` sets their number, `FROM` the first. */
const first = Number(process.env['FROM'] ?? 1_001)
const count = Number(process.env['SEEDS'] ?? 300)

it(`${count} more seeds, and a few long runs, leave every app with what the server has`, async () => {
  const small = await runSeeds(first, first + count - 1, 'small')
  const large = await runSeeds(first, first + Math.ceil(count / 15) - 1, 'large')
  expect([...small.broken, ...large.broken]).toEqual([])
})
