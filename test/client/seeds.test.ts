import { describe, expect, it } from 'vitest'
import { simulateClients } from './simulate-clients.js'
import { runSeeds } from './tally.js'

const only = process.env['SEED']

describe.runIf(only !== undefined)('one seed', () => {
  it('breaks nothing', async () => {
    const size = process.env['SIZE'] === 'large' ? 'large' : 'small'
    expect((await simulateClients(Number(only), size)).broken).toEqual([])
  })
})

describe.skipIf(only !== undefined)('the client on a simulated cluster', () => {
  it('holds what the server has, once and in order, whatever fails', async () => {
    const { broken, counts } = await runSeeds(1, 100, 'small')
    expect(broken).toEqual([])
    expect(counts.sent).toBeGreaterThan(500)
    expect(counts.kills).toBeGreaterThan(50)
  }, 120_000)

  it('goes through the same run again under the same seed', async () => {
    const [once, again, other] = [
      await simulateClients(7, 'small'),
      await simulateClients(7, 'small'),
      await simulateClients(8, 'small'),
    ]
    expect(again).toEqual(once)
    expect(other).not.toEqual(once)
  })
})
