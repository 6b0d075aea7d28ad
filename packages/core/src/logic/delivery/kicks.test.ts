// A kick reaches every node, whatever does not answer when it is given.
import { describe, expect, it } from 'vitest'
import { type Carrier, MemoryBusHub } from '../../memory/memory-bus.js'
import { MemoryDatabase } from '../../memory/memory-database.js'
import { MemoryPresence } from '../../memory/memory-presence.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { Limits } from '../../options/limits.js'
import type { Bus } from '../../ports/bus.js'
import { TestNode, VirtualClock } from '@rookery/testing'

class FailingPresence extends MemoryPresence {
  isAway = false
  locates = 0
  override async locate(...args: Parameters<MemoryPresence['locate']>) {
    this.locates += 1
    if (this.isAway) throw new Error('presence does not answer')
    return super.locate(...args)
  }
  /** As after a restart of a service that keeps nothing. */
  async forget(): Promise<void> {
    for (const { nodeId, boot } of await this.nodes()) await this.leave(nodeId, boot)
  }
}

async function twoNodes({ limits = {} as Partial<Limits> } = {}) {
  const clock = new VirtualClock()
  const presence = new FailingPresence(clock)
  const database = new MemoryDatabase()
  const net = { isLost: false, isBroken: false }
  const carry: Carrier = ({ frames }, deliver) => {
    if (!net.isLost) queueMicrotask(() => deliver(frames))
  }
  const hub = new MemoryBusHub({ carry })
  const breaking = (bus: Bus): Bus => ({
    start: (...args) => bus.start(...args),
    stop: () => bus.stop(),
    publish: (...args) => {
      if (net.isBroken) throw new Error('the bus is broken')
      bus.publish(...args)
    },
  })
  const node = (): Promise<TestNode> => {
    const storage = new MemoryStorage({ database })
    return TestNode.start({ clock, presence, storage, bus: breaking(hub.bus()), limits })
  }
  return { clock, presence, net, here: await node(), there: await node() }
}

describe('a kick of a session on another node', () => {
  it('closes it at once where presence does not know of it, if the bus works', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const ann = await there.connect('ann')
    presence.isAway = true
    await here.rookery.im.kick('ann')
    await clock.advance(10)
    expect(ann.of('kick')).toEqual([{ reason: 'admin' }])
  })

  it('that presence could not place is told as soon as presence answers', async () => {
    const { clock, presence, net, here, there } = await twoNodes()
    const ann = await there.connect('ann')
    presence.isAway = true
    net.isLost = true
    await here.rookery.im.kick('ann')
    net.isLost = false
    await clock.advance(60_000)
    expect(ann.isClosed).toBe(false)
    presence.isAway = false
    await clock.advance(2000)
    expect(ann.of('kick')).toEqual([{ reason: 'admin' }])
  })

  it('is told however often presence forgets, until its node has told presence of it', async () => {
    const { clock, presence, net, here, there } = await twoNodes()
    const ann = await there.connect('ann')
    net.isLost = true
    await presence.forget()
    await here.rookery.im.kick('ann')
    for (let n = 0; n < 20; n++) {
      await clock.advance(1000)
      await presence.forget()
    }
    net.isLost = false
    await clock.advance(6000)
    expect(ann.of('kick')).toEqual([{ reason: 'admin' }])
  })

  it('means nobody who logged in after it', async () => {
    const { clock, presence, here, there } = await twoNodes()
    await there.connect('ann', { deviceType: 'pc' })
    presence.isAway = true
    await here.rookery.im.kick('ann')
    const later = await there.connect('ann', { deviceType: 'phone' })
    presence.isAway = false
    await clock.advance(30_000)
    expect(later.isClosed).toBe(false)
    expect(await presence.locate(['ann'])).toMatchObject([{ deviceType: 'phone' }])
  })

  it('closes the sessions of a revoked token and no others', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const [one, other] = [await there.connect('ann'), await there.connect('ann', { deviceType: 'pc' })]
    presence.isAway = true
    await here.rookery.im.revokeToken('ann', 'another')
    presence.isAway = false
    await clock.advance(30_000)
    expect([one.isClosed, other.isClosed]).toEqual([false, false])
    presence.isAway = true
    await here.rookery.im.revokeToken('ann', 'ann')
    presence.isAway = false
    await clock.advance(2000)
    expect(one.of('kick')).toEqual([{ reason: 'token-revoked' }])
    expect(other.of('kick')).toEqual([{ reason: 'token-revoked' }])
  })

  it.each(['isLost', 'isBroken'] as const)('is told again while the bus loses frames (%s)', async (fault) => {
    const { clock, net, here, there } = await twoNodes()
    const ann = await there.connect('ann')
    net[fault] = true
    await here.rookery.im.kick('ann')
    await clock.advance(60_000)
    expect(ann.isClosed).toBe(false)
    net[fault] = false
    await clock.advance(2000)
    expect(ann.of('kick')).toEqual([{ reason: 'admin' }])
  })

  it('finds a session that presence had forgotten once its node has renewed it', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const ann = await there.connect('ann')
    await presence.forget()
    await here.rookery.im.kick('ann')
    await clock.advance(12_000)
    expect(ann.of('kick')).toEqual([{ reason: 'admin' }])
  })

  it('is asked of presence a few times, and is forgotten then', async () => {
    const { clock, presence, here, there } = await twoNodes({ limits: { kicks: 1 } })
    await there.connect('ann')
    await here.rookery.im.kick('ann')
    await expect(here.rookery.im.kick('bob')).rejects.toMatchObject({ code: 'OVERLOADED' })
    await clock.advance(20_000)
    const { locates } = presence
    await clock.advance(60_000)
    expect(presence.locates).toBe(locates)
    expect(locates).toBeLessThan(30)
    await here.rookery.im.kick('bob')
  })

  it('is told no more once its node has stopped', async () => {
    const { clock, presence, here, there } = await twoNodes()
    await there.connect('ann')
    presence.isAway = true
    await here.rookery.im.kick('ann')
    await Promise.all([here.stop(), clock.advance(10_000)])
    const { locates } = presence
    await clock.advance(60_000)
    expect(presence.locates).toBe(locates)
  })
})
