import { expect, it } from 'vitest'
import { Tally } from './tally.js'

/** Other seeds than the ordinary tests run. `SEEDS` says how many, `FROM` from which on. */
const first = Number(process.env['FROM'] ?? 10_001)
const count = Number(process.env['SEEDS'] ?? 4_000)

it(`${count} more seeds keep every invariant`, async () => {
  const tally = new Tally()
  const broken: string[] = []
  const startedMs = performance.now()
  for (let seed = first; seed < first + count; seed++) {
    await tally.run(seed).catch((error: unknown) => broken.push(String(error)))
    if (tally.seeds % 500 === 0) console.log(`${tally.seeds} of ${count} seeds`)
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log([`in ${seconds} s:`, ...tally.lines()].join('\n'))
  expect(broken.join('\n\n')).toBe('')
})
