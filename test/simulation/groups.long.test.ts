import { expect, it } from 'vitest'
import { Tally } from './tally.js'

/** Other seeds than the ordinary tests run. `SEEDS` says how many, `FROM` from which on. */
const first = Number(process.env['FROM'] ?? 101)
const count = Number(process.env['SEEDS'] ?? 1_300)

it(`${count} more seeds of groups keep every invariant`, async () => {
  const broken = await new Tally('groups').runAll(first, first + count - 1)
  expect(broken.join('\n\n')).toBe('')
})
