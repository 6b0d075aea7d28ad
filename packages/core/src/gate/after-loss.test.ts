// What was lost between nodes is found soon after, however it was lost, and without a storm of reads.
import { describe, expect, it, vi } from 'vitest'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { LossyBusHub, SeededRandom, TestNode, VirtualClock } from '@rookery/testing'
import { AfterLoss } from './after-loss.js'

class Flushable extends MemoryPresence {
  isAway = false
  #check(): void {
    if (this.isAway) throw new Error('presence does not answer')
  }
  override async locate(...args: Parameters<MemoryPresence['locate']>) {
    this.#check()
    return super.locate(...args)
  }
  override async renew(...args: Parameters<MemoryPresence['renew']>) {
    this.#check()
    return super.renew(...args)
  }
  override async claim(...args: Parameters<MemoryPresence['claim']>) {
    this.#check()
    return super.claim(...args)
  }
  async flush(): Promise<void> {
    for (const { nodeId, boot } of await this.nodes()) await this.leave(nodeId, boot)
  }
}

async function twoNodes() {
  const clock = new VirtualClock()
  const presence = new Flushable(clock)
  const database = new MemoryDatabase()
  const bus = new LossyBusHub({ clock, random: new SeededRandom(1) })
  const start = (nodeId: string): Promise<TestNode> =>
    TestNode.start({ nodeId, clock, presence, storage: new MemoryStorage({ database }), bus: bus.bus() })
  return { clock, presence, bus, here: await start('here'), there: await start('there') }
}

describe('a lost last frame', () => {
  it('is found within two seconds, without a further message and long before a heartbeat', async () => {
    const { clock, bus, here, there } = await twoNodes()
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')]
    await clock.advance(10_500)
    bus.dropNext((frame) => (frame as { t: string }).t === 'entries')
    await ann.ask('c2c', here.text('bob', 'last words'))
    await clock.advance(100)
    expect(bob.events.map(({ event }) => event)).toEqual(['ready'])
    expect(await clock.runUntil(() => bob.of('sync').length > 0, 2_000)).toBeLessThan(2_000)
  })

  it('is found where the node was disconnected, as soon as it is connected again', async () => {
    const { clock, bus, here, there } = await twoNodes()
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')]
    await clock.advance(10_500)
    bus.disconnect('there')
    await ann.ask('c2c', here.text('bob', 'last words'))
    await clock.advance(3_000)
    expect(bob.of('sync')).toEqual([])
    bus.reconnect('there')
    await clock.runUntil(() => bob.of('sync').length > 0, 2_000)
  })
})

describe('presence that was flushed', () => {
  it('is told of all sessions again within three seconds, and what was not routed meanwhile is found', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')]
    await clock.advance(10_500)
    await presence.flush()
    await ann.ask('c2c', here.text('bob', 'not routed'))
    await clock.runUntil(async () => (await presence.locate(['ann', 'bob'])).length === 2, 3_000)
    await clock.runUntil(() => bob.of('sync').length > 0, 1_000)
  })

  it('is told again who is watched', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const ann = await here.connect('ann')
    await ann.ask('c2c', here.text('bob', 'hello'))
    await ann.ask('presence', { userIds: ['bob'], subscribe: true })
    await clock.advance(10_500)
    await presence.flush()
    await clock.advance(3_000)
    await there.connect('bob')
    await clock.advance(100)
    expect(ann.of('presence')).toMatchObject([{ userId: 'bob', online: true }])
  })
})

describe('presence that was away', () => {
  it('is told of the sessions that began meanwhile, and what was sent meanwhile is found, within two seconds', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const ann = await here.connect('ann')
    await clock.advance(10_500)
    presence.isAway = true
    const bob = await there.connect('bob')
    await ann.ask('c2c', here.text('bob', 'meanwhile'))
    await clock.advance(40_000)
    presence.isAway = false
    await clock.runUntil(async () => (await presence.locate(['ann', 'bob'])).length === 2, 2_000)
    await clock.runUntil(() => bob.of('sync').length > 0, 2_000)
  })

  it('has a node look again for whom it could not place, though the other node never lost its way', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')]
    await clock.advance(11_000)
    presence.isAway = true
    await ann.ask('c2c', here.text('bob', 'meanwhile'))
    presence.isAway = false
    await clock.runUntil(() => bob.of('sync').length > 0, 2_500)
  })
})

describe('many losses', () => {
  it('lead to one comparison a second, after a moment of its own', async () => {
    const clock = new VirtualClock()
    const compareHeads = vi.fn(async () => {})
    const retell = vi.fn(async () => {})
    const random = { next: () => 0.5, id: () => 'id' }
    const logger = { info() {}, warn() {}, error() {} }
    const afterLoss = new AfterLoss({ retell, compareHeads, clock, random, logger })
    for (let n = 0; n < 100; n++) {
      afterLoss.missed()
      await clock.advance(50)
    }
    expect(compareHeads.mock.calls.length).toBeGreaterThan(3)
    expect(compareHeads.mock.calls.length).toBeLessThanOrEqual(6)
    expect(retell).not.toHaveBeenCalled()
    await clock.advance(2000)
    const before = compareHeads.mock.calls.length
    afterLoss.forgot(false)
    await clock.advance(249)
    expect(retell).not.toHaveBeenCalled()
    await clock.advance(1)
    expect([retell.mock.calls.length, compareHeads.mock.calls.length]).toEqual([1, before + 1])
  })
})
