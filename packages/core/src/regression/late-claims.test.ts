// How the simulation left a user with no session at all (RELIABILITY 21), twice. A device whose login presence did not take
// was kicked at the next renewal in favour of a session that presence still knew: once by its own older one, whose connection
// was lost and not missed yet; once by an earlier login of another device, on a node that had died, whose client the new
// login had kicked already. A client that is kicked stays away. So a login that presence did not take is told again, as old
// as it is: it takes the slot from every login before it, and leaves it to one after it.
import { expect, it } from 'vitest'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { TestNode } from '../testing/node.js'
import { VirtualClock } from '../testing/virtual-clock.js'

class DeafPresence extends MemoryPresence {
  isDeaf = false
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

it('a login that ended before presence took it takes no slot', async () => {
  const { clock, presence, here } = await twoNodes()
  presence.isDeaf = true
  const device = await here.connect('ann')
  presence.isDeaf = false
  device.disconnect()
  await clock.advance(20_000)
  expect(await presence.locate(['ann'])).toEqual([])
})

it('a session whose slot an older one of the same client took again is closed without a kick, so that the client comes back', async () => {
  const { clock, presence, here, there } = await twoNodes()
  // Nobody tells it that its client has logged in elsewhere, and presence forgets that it has.
  await here.connect('ann', { deviceId: 'phone' })
  const later = await there.connect('ann', { deviceId: 'phone' })
  await presence.forget()
  await clock.advance(10_000)
  expect(later.isClosed).toBe(true)
  expect(later.of('kick')).toEqual([])
})
