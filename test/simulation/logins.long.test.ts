import { expect, it } from 'vitest'
import { Tally } from './tally.js'

/** Other seeds than those of the ordinary tests. `SEEDS` sets their number, `FROM` the first. */
const first = Number(process.env['FROM'] ?? 40_001)
const count = Number(process.env['SEEDS'] ?? 2_000)

it(`${count} more seeds of logins keep every invariant`, async () => {
  const broken = await new Tally('logins').runAll(first, first + count - 1)
  expect(broken.join('\n\n')).toBe('')
})
