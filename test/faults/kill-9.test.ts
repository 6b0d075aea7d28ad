import { afterEach, expect, it } from 'vitest'
import { SampleApp } from '../support/sample-app.js'
import { killAgainAndAgain } from './kill-9.js'

let app: SampleApp
afterEach(() => app.dispose())

it('kill -9 in mid-flow: every acknowledged message is there once, without a gap, the same for both', async () => {
  app = await SampleApp.start({ IM_RATE: 'off' })
  const report = await killAgainAndAgain(app, 2, Math.random)
  expect(report.faults).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(100)
}, 120_000)
