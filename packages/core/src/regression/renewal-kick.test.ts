// How the simulation left a user with no session at all (RELIABILITY 21): a device whose login presence did not take was
// kicked at the next renewal by its own older session, whose connection was lost and not missed yet; and a client that is
// kicked stays away.
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
}

const twoNodes = async () => {
  const clock = new VirtualClock()
  const presence = new DeafPresence(clock)
  const database = new MemoryDatabase()
  const node = () => TestNode.start({ clock, presence, storage: new MemoryStorage({ database }) })
  return { clock, presence, here: await node(), there: await node() }
}

it('a session whose slot an older one of the same client holds is closed without a kick, so that the client comes back', async () => {
  const { clock, presence, here, there } = await twoNodes()
  await here.connect('ann', { deviceId: 'phone' })
  presence.isDeaf = true
  const later = await there.connect('ann', { deviceId: 'phone' })
  await clock.advance(10_000)
  expect(later.isClosed).toBe(true)
  expect(later.of('kick')).toEqual([])
})

it('a session whose slot another device holds is told who that is', async () => {
  const { clock, presence, here, there } = await twoNodes()
  await here.connect('ann', { deviceId: 'phone' })
  presence.isDeaf = true
  const later = await there.connect('ann', { deviceId: 'tablet' })
  await clock.advance(10_000)
  expect(later.isClosed).toBe(true)
  expect(later.of('kick')).toMatchObject([{ reason: 'same-device-type', by: { deviceId: 'phone' } }])
})
