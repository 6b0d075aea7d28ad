import { afterEach, expect, it } from 'vitest'
import { SampleApp } from '../support/sample-app.js'
import { killAgainAndAgain } from './kill-9.js'

let app: SampleApp
afterEach(() => app.dispose())

const kills = 30

it(`kill -9 in mid-flow, ${kills} times`, async () => {
  app = await SampleApp.start({ IM_RATE: 'off' })
  const report = await killAgainAndAgain(app, kills, Math.random)
  console.log(
    `kill -9: ${report.kills} kills, ${report.acknowledged} acknowledged, ${report.unanswered} left unanswered by a kill`,
  )
  expect(report.faults).toEqual([])
  expect(report.unanswered).toBeGreaterThan(0)
}, 600_000)
