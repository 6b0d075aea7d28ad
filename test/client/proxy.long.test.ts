import { expect, it } from 'vitest'
import { runReal } from './real-run.js'
import { unkindnesses } from './unkind-proxy.js'

const seeds = Number(process.env['SEEDS'] ?? 100)
const only = process.env['SEED']
/** Each run mostly waits. */
const atOnce = 12

it(`${seeds} runs on a real server behind an unkind proxy end with what the server has`, async () => {
  const startedMs = performance.now()
  const left = only === undefined ? Array.from({ length: seeds }, (_, index) => index + 1) : [Number(only)]
  const broken: string[] = []
  const done = new Map<string, number>()
  let [runs, sent, told] = [0, 0, 0]
  const work = async (): Promise<void> => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      const run = await runReal(seed)
      if (run.broken.length > 0) broken.push(`SEED=${seed}: ${run.broken.slice(0, 5).join('\n  ')}`)
      runs += 1
      sent += run.sent
      told += run.told
      for (const [how, times] of run.done) done.set(how, (done.get(how) ?? 0) + times)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const unkind = unkindnesses.map((how) => `${how} ${done.get(how) ?? 0}`).join(', ')
  console.log(`${runs} runs in ${seconds} s: ${sent} messages sent, ${told} told; ${unkind}`)
  expect(broken).toEqual([])
  if (only === undefined) for (const how of unkindnesses) expect(done.get(how), how).toBeGreaterThan(0)
})
