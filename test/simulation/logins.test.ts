import { printHistory, simulate } from '@rookery/testing'
import { describe, expect, it } from 'vitest'
import { Tally } from './tally.js'

const only = process.env['SEED']

describe.runIf(only !== undefined)('one seed of logins', () => {
  it('prints its history, and breaks nothing', async () => {
    const { history, violations, plan } = await simulate(Number(only), 'logins')
    console.log(`${printHistory(history)}\n${JSON.stringify(plan)}`)
    expect(violations).toEqual([])
  })
})

describe.skipIf(only !== undefined)('people who log in again and again while sessions and presence fail', () => {
  const tally = new Tally('logins')

  it('keep every invariant in seeds 1 to 60', async () => {
    for (let seed = 1; seed <= 60; seed++) await tally.run(seed)
  }, 120_000)

  it('have kicked one another many times meanwhile', () => {
    for (const line of tally.lines()) console.log(line)
    expect(tally.live.get('kick') ?? 0).toBeGreaterThan(100)
  })
})
