import { expect, it } from 'vitest'
import { Tally } from './tally.js'

/** Other seeds than the ordinary tests run. `SEEDS` says how many, `FROM` from which on. */
const first = Number(process.env['FROM'] ?? 40_001)
const count = Number(process.env['SEEDS'] ?? 3_000)

it(`${count} more seeds of logins keep every invariant`, async () => {
  const tally = new Tally('logins')
  const broken: string[] = []
  for (let seed = first; seed < first + count; seed++) {
    await tally.run(seed).catch((error: unknown) => broken.push(String(error)))
    if (tally.seeds % 500 === 0) console.log(`${tally.seeds} of ${count} seeds`)
  }
  console.log(tally.lines().join('\n'))
  expect(broken.join('\n\n')).toBe('')
})
