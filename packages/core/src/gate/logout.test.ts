import { expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

const start = async () => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const node = await TestNode.start({ clock, storage })
  const device = { deviceId: 'phone' }
  const devices = async (): Promise<string[]> => {
    const listed = storage.devices.list(['ann'])
    await clock.advance(1_000)
    return (await listed).map(({ deviceId }) => deviceId)
  }
  return { clock, storage, node, device, devices }
}

it('a device that logged out stays forgotten, whatever it had acknowledged', async () => {
  const { clock, node, device, devices } = await start()
  const ann = await node.connect('ann', device)
  const bob = await node.connect('bob')
  const sent = bob.request('c2c', node.text('ann', 'hello'))
  await clock.advance(100)
  await sent
  await ann.ask('ack', { seq: 1 })
  await clock.advance(1_000)
  expect(await devices()).toEqual(['phone'])
  ann.tell('ack', { seq: 1 })
  ann.tell('logout', {})
  ann.tell('ack', { seq: 1 })
  await clock.advance(1_000)
  expect(ann.isClosed).toBe(true)
  expect(await devices()).toEqual([])
})

it('a page that the device was reading as it logged out does not make it known again', async () => {
  const { clock, storage, node, device, devices } = await start()
  const ann = await node.connect('ann', device)
  storage.readDelayMs = 20
  ann.tell('pull', { since: 0 })
  ann.tell('logout', {})
  await clock.advance(5_000)
  expect(ann.isClosed).toBe(true)
  expect(await devices()).toEqual([])
})

it('a device that logs in again after its logout is known again', async () => {
  const { clock, node, device, devices } = await start()
  const before = await node.connect('ann', device)
  before.tell('logout', {})
  await clock.advance(10)
  const after = await node.connect('ann', device)
  after.disconnect()
  await clock.advance(1_000)
  expect(await devices()).toEqual(['phone'])
})

it('a logout that cannot be stored leaves the session and what it says', async () => {
  const { clock, storage, node, device, devices } = await start()
  const ann = await node.connect('ann', device)
  storage.failCommits('none', 1_000)
  const refused = ann.code('logout', {})
  await clock.advance(11_000)
  expect(await refused).toBe('UNAVAILABLE')
  storage.heal()
  expect(ann.isClosed).toBe(false)
  await ann.ask('ack', { seq: 0 })
  await clock.advance(1_000)
  expect(await devices()).toEqual(['phone'])
})
