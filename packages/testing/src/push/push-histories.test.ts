import { expect, it } from 'vitest'
import { runPushHistories } from './push-histories.js'

it.each([
  { seed: 1, worlds: 120, stepsEach: 8, deaths: 0 },
  { seed: 2, worlds: 120, stepsEach: 8, deaths: 2 },
])('random histories tell whom the model says, when it says so: %o', async (histories) => {
  const { faults, told } = await runPushHistories(histories)
  expect(faults).toEqual([])
  expect(told).toBeGreaterThan(50)
})
