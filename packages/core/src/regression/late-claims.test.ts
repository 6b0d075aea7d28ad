// The simulation found a user with no session at all (RELIABILITY 21), three times. Presence had refused or forgotten a
// device's login. At the next renewal that device was kicked in favour of an earlier login that presence heard of
// first: an older session of the same device, whose lost connection was not noticed yet; a session of another device on
// a dead node, whose client the new login had kicked already; a session of another device whose connection was lost. A
// kicked client stays away, so nobody was left. Now a renewal tells the time of each login: it takes the slot from
// every earlier login, and leaves it to a later one.
import { expect, it } from 'vitest'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { TestNode, VirtualClock } from '@rookery/testing'

class DeafPresence extends MemoryPresence {
  isDeaf = false
  /** How long a renewal is under way. */
  renewalMs = 0
  /** How long a claim is on its way. */
  claimMs = 0
  /** How long after its caller gave up a claim is carried out; null: it is not late. */
  lateMs: number | null = null

  constructor(private readonly virtual: VirtualClock) {
    super(virtual)
  }

  override async renew(...args: Parameters<MemoryPresence['renew']>) {
    if (this.renewalMs > 0) await new Promise<void>((resolve) => this.virtual.setTimeout(resolve, this.renewalMs))
    return super.renew(...args)
  }

  override async claim(...args: Parameters<MemoryPresence['claim']>) {
    if (this.isDeaf) throw new Error('presence does not answer')
    if (this.lateMs !== null) {
      this.virtual.setTimeout(() => void super.claim(...args), this.lateMs)
      throw new Error('presence does not answer in time')
    }
    if (this.claimMs > 0) await new Promise<void>((resolve) => this.virtual.setTimeout(resolve, this.claimMs))
    return super.claim(...args)
  }

  /** Like a service without a disk after a restart. */
  async forget(): Promise<void> {
    for (const { nodeId, boot } of await this.nodes()) await this.leave(nodeId, boot)
  }
}

// There is no bus: no node hears from another.
const twoNodes = async () => {
  const clock = new VirtualClock()
  const presence = new DeafPresence(clock)
  const database = new MemoryDatabase()
  const node = () => TestNode.start({ clock, presence, storage: new MemoryStorage({ database }) })
  return { clock, presence, here: await node(), there: await node() }
}

it('a login that presence did not take displaces an earlier one once presence can be told', async () => {
  const { clock, presence, here, there } = await twoNodes()
  const earlier = await here.connect('ann', { deviceId: 'phone' })
  await clock.advance(1000)
  presence.isDeaf = true
  const later = await there.connect('ann', { deviceId: 'tablet' })
  await clock.advance(500)
  presence.isDeaf = false
  await clock.advance(20_000)
  expect(later.isClosed).toBe(false)
  expect(later.of('kick')).toEqual([])
  expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'tablet' }])
  expect(earlier.of('kick')).toMatchObject([{ reason: 'same-device-type', by: { deviceId: 'tablet' } }])
})

it('a login that presence did not take leaves the slot to a later one, and is told who that is', async () => {
  const { clock, presence, here, there } = await twoNodes()
  presence.isDeaf = true
  const earlier = await here.connect('ann', { deviceId: 'phone' })
  await clock.advance(1000)
  presence.isDeaf = false
  const later = await there.connect('ann', { deviceId: 'tablet' })
  await clock.advance(10_000)
  expect(earlier.isClosed).toBe(true)
  expect(earlier.of('kick')).toMatchObject([{ reason: 'same-device-type', by: { deviceId: 'tablet' } }])
  expect(later.isClosed).toBe(false)
})

// Found by the simulation, too: a login counted as later than it was, by as long as its renewal was on the way.
it('a login that presence did not take leaves the slot to a later one, however long its renewal is on its way', async () => {
  const { clock, presence, here, there } = await twoNodes()
  presence.isDeaf = true
  const earlier = await here.connect('ann', { deviceId: 'phone' })
  await clock.advance(200)
  presence.isDeaf = false
  const later = await there.connect('ann', { deviceId: 'tablet' })
  presence.renewalMs = 300
  await clock.advance(20_000)
  expect(earlier.of('kick')).toMatchObject([{ reason: 'same-device-type', by: { deviceId: 'tablet' } }])
  expect(later.of('kick')).toEqual([])
  expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'tablet' }])
})

it('a login that ended before presence took it takes no slot', async () => {
  const { clock, presence, here } = await twoNodes()
  presence.isDeaf = true
  const device = await here.connect('ann')
  presence.isDeaf = false
  device.disconnect()
  await clock.advance(20_000)
  expect(await presence.locate(['ann'])).toEqual([])
})

it('a login stays though presence forgets it, and hears first of an earlier one that nobody closed', async () => {
  const { clock, presence, here, there } = await twoNodes()
  const earlier = await here.connect('ann', { deviceId: 'phone' })
  await clock.advance(1000)
  const later = await there.connect('ann', { deviceId: 'tablet' })
  await presence.forget()
  await clock.advance(20_000)
  expect(earlier.isClosed).toBe(true)
  expect(later.isClosed).toBe(false)
  expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'tablet' }])
})

it('a session that its own client has replaced on another node is closed without a kick', async () => {
  const { clock, here, there } = await twoNodes()
  const earlier = await here.connect('ann', { deviceId: 'phone' })
  await clock.advance(1000)
  const later = await there.connect('ann', { deviceId: 'phone' })
  await clock.advance(10_000)
  expect(earlier.isClosed).toBe(true)
  expect(earlier.of('kick')).toEqual([])
  expect(later.isClosed).toBe(false)
})

it('a claim that presence carries out after that of a later login ends its own session, before it is ready', async () => {
  const { clock, presence, here, there } = await twoNodes()
  presence.claimMs = 300
  const connecting = here.connect('ann', { deviceId: 'phone' })
  await clock.advance(50)
  presence.claimMs = 0
  const later = await there.connect('ann', { deviceId: 'tablet' })
  await clock.advance(1000)
  const earlier = await connecting
  expect(earlier.events).toMatchObject([
    { event: 'kick', payload: { reason: 'same-device-type', by: { deviceId: 'tablet' } } },
  ])
  expect([earlier.isClosed, later.isClosed]).toEqual([true, false])
  expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'tablet' }])
})

it('a claim that presence carries out when its caller has given up kicks no later login', async () => {
  const { clock, presence, here, there } = await twoNodes()
  presence.lateMs = 5_000
  const earlier = await here.connect('ann', { deviceId: 'phone' })
  await clock.advance(100)
  presence.lateMs = null
  const later = await there.connect('ann', { deviceId: 'tablet' })
  await clock.advance(20_000)
  expect([earlier.of('kick').length, later.isClosed]).toEqual([1, false])
  expect(await presence.locate(['ann'])).toMatchObject([{ deviceId: 'tablet' }])
})

it('a claim that presence carries out when its session has gone holds the slot for nobody', async () => {
  const { clock, presence, here } = await twoNodes()
  presence.lateMs = 5_000
  const device = await here.connect('ann')
  presence.lateMs = null
  device.disconnect()
  await clock.advance(5_100)
  expect(await presence.locate(['ann'])).toHaveLength(1)
  await clock.advance(30_000)
  expect(await presence.locate(['ann'])).toEqual([])
})
