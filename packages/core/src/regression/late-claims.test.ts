// How the simulation left a user with no session at all (RELIABILITY 21), three times. A device whose login presence did not
// take, or had forgotten, was kicked at the next renewal in favour of an earlier login that presence heard of first: of its
// own, whose connection was lost and not missed yet; of another device on a node that had died, whose client the new login
// had kicked already; of another device whose connection was lost. A client that is kicked stays away. So a renewal tells
// when each login was: it takes the slot from every login before it, and leaves it to one after it.
import { expect, it } from 'vitest'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { TestNode, VirtualClock } from '@rookery/testing'

class DeafPresence extends MemoryPresence {
  isDeaf = false
  /** How long a renewal is on its way. */
  renewalMs = 0

  constructor(private readonly virtual: VirtualClock) {
    super(virtual)
  }

  override async renew(...args: Parameters<MemoryPresence['renew']>) {
    if (this.renewalMs > 0) await new Promise<void>((resolve) => this.virtual.setTimeout(resolve, this.renewalMs))
    return super.renew(...args)
  }

  override async claim(...args: Parameters<MemoryPresence['claim']>) {
    if (this.isDeaf) throw new Error('presence does not answer')
    return super.claim(...args)
  }

  /** As after a restart of a service that keeps nothing. */
  async forget(): Promise<void> {
    for (const { nodeId, boot } of await this.nodes()) await this.leave(nodeId, boot)
  }
}

// Without a bus: no node hears what another one tells it.
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

// The simulation, again: a login was younger by as long as the renewal that told of it was on its way.
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
