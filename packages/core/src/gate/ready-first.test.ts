import { expect, it } from 'vitest'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

const start = async () => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const presence = new MemoryPresence(clock)
  const node = await TestNode.start({ clock, storage, presence })
  const ben = await node.connect('ben')
  // Between its slot and `ready` a login waits for this.
  storage.readDelayMs = 100
  const connecting = node.connect('ann')
  await clock.advance(150)
  expect(await presence.locate(['ann'])).toHaveLength(1)
  return { clock, storage, node, ben, connecting }
}

it('what the host s2c to a session that is connecting comes behind ready, and its acknowledgement counts', async () => {
  const { clock, node, connecting } = await start()
  const pushed = node.rookery.im.s2c('ann', { topic: 'hello', payload: 1 })
  await clock.advance(1_000)
  const ann = await connecting
  expect(ann.events.map(({ event }) => event)).toEqual(['ready', 's2c'])
  expect(await pushed).toMatchObject({ delivered: true })
})

it('a node that begins to drain tells a session that is connecting so behind ready', async () => {
  const { clock, storage, node, ben, connecting } = await start()
  // The node waits for this before it closes its sessions.
  storage.commitDelayMs = 2_000
  ben.tell('c2c', node.text('bob', 'hello'))
  const drained = node.rookery.drain()
  await clock.advance(10_000)
  const ann = await connecting
  expect(ann.events.map(({ event }) => event)).toEqual(['ready', 'reconnect'])
  await drained
})

it('a session that does not get as far as ready is not told more than it may keep', async () => {
  const { clock, node, connecting } = await start()
  for (let i = 0; i < 1_000; i++) void node.rookery.im.s2c('ann', { topic: 'hello', payload: i })
  await clock.advance(1_000)
  const ann = await connecting
  expect(ann.events[0]!.event).toBe('ready')
  expect(ann.of('s2c').map(({ payload }) => payload)).toEqual(Array.from({ length: 64 }, (_, i) => i))
})
