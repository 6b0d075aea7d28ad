// The simulation left a send without an answer beyond its deadline (RELIABILITY 30): each read of storage and each
// handler before the writer has its own time limit, and together they took longer.
import { expect, it } from 'vitest'
import { MemoryDatabase } from '../memory/memory-database.js'
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

// Found again: a message that reached the writer in the same turn had no time limit for the reads after its group had
// changed.
it('a send is answered by its deadline where its sender was removed while it was with the writer', async () => {
  const clock = new VirtualClock()
  const database = new MemoryDatabase()
  const storage = new FaultyStorage(new MemoryStorage({ database }), clock)
  const node = await TestNode.start({ storage, clock })
  const other = await TestNode.start({ storage: new MemoryStorage({ database }), clock })
  const { groupId } = await other.rookery.im.groups.create({ owner: 'cid', name: 'three', members: ['ann', 'bob'] })
  const ann = await node.connect('ann')
  expect(await ann.request('c2g', node.text(groupId, 'I am in'))).toMatchObject({ ok: true })
  await other.rookery.im.groups.remove(groupId, ['ann'])
  storage.readDelayMs = 6000
  const answer = ann.request('c2g', node.text(groupId, 'I was out'))
  await clock.advance(10_300)
  expect(await Promise.race([answer, Promise.resolve('none yet')])).toMatchObject({ error: { code: 'UNAVAILABLE' } })
})
