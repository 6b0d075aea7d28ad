// How the simulation left a send without an answer beyond its deadline (RELIABILITY 30): each look at storage and each handler
// before the writer has a bound of its own, and together they took longer.
import { expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { RookeryError } from '@rookery/protocol'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

it('a send is answered by its deadline, however long each step before the writer takes', async () => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const node = await TestNode.start({
    storage,
    clock,
    handlers: {
      before: () => async () => {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 4900))
        throw new RookeryError('REJECTED', 'not here')
      },
      after: () => undefined,
      topic: () => undefined,
    },
  })
  const ann = await node.connect('ann')
  storage.readDelayMs = 4000
  const answer = ann.request('c2c', node.text('bob', 'hello'))
  await clock.advance(10_000)
  expect(await Promise.race([answer, Promise.resolve('none yet')])).toMatchObject({ error: { code: 'UNAVAILABLE' } })
})
