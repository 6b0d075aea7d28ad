// What a node does by its lease: it stays on the list, notices another era, and delivers nothing that may be another's.
import { describe, expect, it } from 'vitest'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { Claimed, Located, Login, NodeInfo, Presence, Renewed, SlotHolder } from '../ports/presence.js'
import { type FakeDevice, LossyBusHub, type NodeClock, SeededRandom, TestNode, VirtualClock } from '@rookery/testing'

/** Presence at one server after the other; it may be away. */
class Replaced implements Presence {
  now: MemoryPresence
  isAway = false
  renewals: (readonly Login[])[] = []
  /** How long the next renewal is on its way. */
  delayMs = 0

  constructor(private readonly clock: VirtualClock) {
    this.now = new MemoryPresence(clock)
  }

  /** A replica takes over that knows what was told up to `since`. */
  failOver(since: MemoryPresence): void {
    this.now = since
  }

  replica(): MemoryPresence {
    return this.now.replica({ era: `era of ${this.clock.monotonic()}`, aheadMs: -5e6 })
  }

  #there(): MemoryPresence {
    if (this.isAway) throw new Error('presence does not answer')
    return this.now
  }

  async start(): Promise<void> {}
  async claim(login: Login): Promise<Claimed> {
    return this.#there().claim(login)
  }
  async release(holders: readonly SlotHolder[]) {
    return this.#there().release(holders)
  }
  async renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]): Promise<Renewed> {
    this.renewals.push(logins)
    const { delayMs } = this
    this.delayMs = 0
    if (delayMs > 0) await new Promise<void>((resolve) => this.clock.setTimeout(resolve, delayMs))
    return this.#there().renew(node, leaseMs, logins)
  }
  async locate(userIds: readonly string[]): Promise<readonly Located[]> {
    return this.#there().locate(userIds)
  }
  async watch(...args: Parameters<Presence['watch']>): Promise<void> {
    return this.#there().watch(...args)
  }
  async nodes() {
    return this.#there().nodes()
  }
  async leave(nodeId: string, boot: string): Promise<void> {
    return this.#there().leave(nodeId, boot)
  }
  async stop(): Promise<void> {}
}

async function twoNodes() {
  const clock = new VirtualClock()
  const presence = new Replaced(clock)
  const database = new MemoryDatabase()
  const bus = new LossyBusHub({ clock, random: new SeededRandom(1) })
  const start = (nodeId: string, own: NodeClock | VirtualClock): Promise<TestNode> =>
    TestNode.start({ nodeId, clock: own, presence, storage: new MemoryStorage({ database }), bus: bus.bus() })
  const ownClock = clock.node()
  return { clock, presence, bus, ownClock, here: await start('here', ownClock), there: await start('there', clock) }
}

const eventsOf = (device: FakeDevice): string[] => device.events.map(({ event }) => event)

describe('a lease', () => {
  it('is extended between heartbeats without a word of the sessions', async () => {
    const { clock, presence, here } = await twoNodes()
    for (let n = 0; n < 20; n++) await here.connect(`user${n}`)
    await clock.advance(1000)
    presence.renewals = []
    await clock.advance(8_000)
    expect(presence.renewals.length).toBeGreaterThanOrEqual(6)
    expect(presence.renewals.flat()).toEqual([])
  })

  it('says that a node takes clients from its start until it begins to drain', async () => {
    const { clock, here, there } = await twoNodes()
    const listed = async (): Promise<string[]> => (await there.rookery.endpoints()).map(({ nodeId }) => nodeId)
    expect(await listed()).toEqual(['here', 'there'])
    const ann = await here.connect('ann')
    const drained = here.rookery.drain()
    await clock.runUntil(() => ann.of('reconnect').length > 0, 1000)
    expect(await listed()).toEqual(['there'])
    await clock.advance(10_000)
    await drained
  })
})

describe('a renewal that is long on its way', () => {
  it('does not put a node that drains back into the list', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const ann = await here.connect('ann')
    await clock.advance(1_000)
    presence.delayMs = 500
    // The next tick.
    await clock.runUntil(() => presence.delayMs === 0, 3_000)
    const drained = here.rookery.drain()
    await clock.runUntil(() => ann.of('reconnect').length > 0, 2_000)
    expect((await there.rookery.endpoints()).map(({ nodeId }) => nodeId)).not.toContain('here')
    await clock.advance(10_000)
    await drained
  })
})

describe('the host', () => {
  it('is told on every node when a client was last heard of, as of the last heartbeat, while it is there', async () => {
    const { clock, here, there } = await twoNodes()
    const began = clock.now()
    const [ann, pc] = [await here.connect('ann'), await here.connect('ann', { deviceType: 'pc' })]
    const heard = async (): Promise<number | undefined> => (await there.rookery.im.presence(['ann']))[0]!.heardAt
    expect(await heard()).toBe(began)
    await clock.advance(5_000)
    await ann.ask('time', { t0: 1 })
    await clock.advance(6_000)
    expect(await heard()).toBe(began + 5_000)
    for (const device of [ann, pc]) device.disconnect()
    await clock.advance(10)
    expect(await heard()).toBeUndefined()
  })
})

describe('another server of presence', () => {
  it('is told of every session within three seconds, in its own era, though their claims were lost', async () => {
    const { clock, presence, here, there } = await twoNodes()
    await here.connect('ann')
    const replica = presence.replica()
    await there.connect('bob')
    presence.failOver(replica)
    expect(await presence.locate(['ann', 'bob'])).toHaveLength(1)
    await clock.runUntil(async () => (await presence.locate(['ann', 'bob'])).length === 2, 3_000)
  })

  it('gives a slot to the later of two logins, whichever of them it knew', async () => {
    for (const isLost of [true, false]) {
      const { clock, presence, bus, here, there } = await twoNodes()
      const earlier = await here.connect('ann', { deviceId: 'earlier' })
      await clock.advance(500)
      bus.lossRate = 1
      const before = presence.replica()
      const later = await there.connect('ann', { deviceId: 'later' })
      presence.failOver(isLost ? before : presence.replica())
      await clock.advance(15_000)
      expect([eventsOf(later), later.isClosed]).toEqual([['ready'], false])
      expect(earlier.of('kick')).toMatchObject([{ by: { deviceId: 'later' } }])
      expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'later' }])
    }
  })

  it('takes a login at once, and the one that it does not know is closed when its node tells it', async () => {
    const { clock, presence, here, there } = await twoNodes()
    const replica = presence.replica()
    const earlier = await here.connect('ann', { deviceId: 'earlier' })
    presence.failOver(replica)
    await clock.advance(100)
    const later = await there.connect('ann', { deviceId: 'later' })
    expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'later' }])
    await clock.advance(3_000)
    expect([earlier.of('kick').length, later.isClosed]).toEqual([1, false])
  })
})

describe('a node that stood still for longer than its lease', () => {
  /** Ann's phone is on a node that stands still; she logs in elsewhere, and the frame that says so is lost. */
  async function moved() {
    const all = await twoNodes()
    const { clock, bus, ownClock, here, there } = all
    const [old, other] = [await here.connect('ann', { deviceId: 'old' }), await here.connect('eve')]
    await clock.advance(5_000)
    ownClock.pause()
    bus.pause('here')
    await clock.advance(60_000)
    bus.dropNext((frame) => (frame as { t: string }).t === 'close')
    const next = await there.connect('ann', { deviceId: 'next' })
    const bob = await there.connect('bob')
    return { ...all, old, other, next, bob }
  }

  it('delivers nothing to a session that has moved, and closes it', async () => {
    const { clock, bus, ownClock, here, there, old, next, bob } = await moved()
    await bob.ask('c2c', there.text('ann', 'for the next'))
    // Its own host speaks before presence has answered.
    void here.rookery.im.s2c('ann', { topic: 'news', payload: 1 })
    bus.resume('here')
    await Promise.resolve()
    ownClock.resume()
    await clock.advance(1_000)
    expect(eventsOf(old)).toEqual(['ready', 'kick'])
    expect(next.entries).toHaveLength(1)
  })

  it('closes a session whose kick it has not heard of, and no other, though the kick is told no more', async () => {
    const { clock, presence, bus, ownClock, here, there } = await twoNodes()
    const [ann, eve] = [await here.connect('ann'), await here.connect('eve')]
    // A kick that it does hear of, which does not mean this session.
    await there.rookery.im.kick('eve', { deviceType: 'pad' })
    await clock.advance(20_000)
    ownClock.pause()
    bus.disconnect('here')
    await there.rookery.im.revokeToken('ann')
    await clock.advance(90_000)
    bus.reconnect('here')
    ownClock.resume()
    await clock.advance(2_000)
    expect([ann.isClosed, eve.isClosed]).toEqual([true, false])
    expect(await presence.locate(['ann'])).toEqual([])
  })

  it('delivers to the sessions that stayed as soon as presence has answered', async () => {
    const { clock, bus, ownClock, there, other, bob } = await moved()
    bus.resume('here')
    ownClock.resume()
    await bob.ask('c2c', there.text('eve', 'one'))
    await clock.advance(3_000)
    // What it dropped is pulled, or it came afterwards.
    const position = other.entries.at(-1)?.seq ?? other.ready.seq
    const { entries } = await other.ask('pull', { since: position })
    expect(other.entries.length + entries.length).toBe(1)
    await bob.ask('c2c', there.text('eve', 'two'))
    await clock.advance(100)
    expect(other.entries.at(-1)).toMatchObject({ message: { content: { text: 'two' } } })
  })

  it('serves its own sessions on where presence does not answer, for as long as that lasts', async () => {
    const { clock, presence, here } = await twoNodes()
    const [ann, bob] = [await here.connect('ann'), await here.connect('bob')]
    presence.isAway = true
    await clock.advance(120_000)
    await ann.ask('c2c', here.text('bob', 'hello'))
    expect(bob.entries).toHaveLength(1)
  })
})
