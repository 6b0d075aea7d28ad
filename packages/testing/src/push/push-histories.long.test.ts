import { expect, it } from 'vitest'
import { runPushHistories } from './push-histories.js'

const worlds = 250
const runs = 32

it(`${worlds * runs} random histories tell whom the model says, when it says so`, async () => {
  const startedMs = performance.now()
  const broken: string[] = []
  let all = 0
  for (let seed = 1001; seed <= 1000 + runs; seed += 1) {
    const { faults, told } = await runPushHistories({ seed, worlds, stepsEach: 8, deaths: seed % 4 })
    all += told
    broken.push(...faults.map((fault) => `seed ${seed}: ${fault}`))
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(`${worlds * runs} histories with ${all} notifications in ${seconds} s`)
  expect(broken).toEqual([])
}, 300_000)
