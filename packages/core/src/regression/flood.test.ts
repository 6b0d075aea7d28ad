// One session sent tens of thousands of small messages at once, and all other sessions waited for seconds: each refusal
// looked through all earlier refused messages, and refused messages were kept for good.
import { expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

const floods = {
  'to one user': (i: number) => ({ to: 'bob', key: `m${i}` }),
  'to many users': (i: number) => ({ to: `bob${i}`, key: `m${i}` }),
  'under many subjects': (i: number) => ({ to: 'bob', subject: `s${i}`, key: `m${i}` }),
  'under one key': (i: number) => ({ to: `bob${i}`, key: 'm' }),
}
const refused = 64
const count = 20_000

it.each(Object.keys(floods) as (keyof typeof floods)[])('of a flood %s little is looked at', async (which) => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const limits = { inflight: 16, refused }
  const node = await TestNode.start({ clock, storage, limits, rate: 'off' })
  const ann = await node.connect('ann')
  storage.commitDelayMs = 1_000
  let looks = 0
  const send = (i: number): void => {
    const { key, ...rest } = floods[which](i)
    const message = { ...rest, clientMsgId: key, type: 'text' }
    // A client sends content as plain JSON; this content counts how often it is read.
    ann.tell(
      'c2c',
      Object.defineProperty(message, 'content', { enumerable: true, get: () => (looks++, { text: 'x' }) }),
    )
  }
  for (let i = 0; i < 16; i++) send(i)
  const accepted = looks
  for (let i = 16; i < count; i++) send(i)
  // A refused message is read no more often than an accepted one; messages beyond the remembered ones are not read at
  // all.
  const perSend = accepted / 16
  expect(looks - accepted).toBeLessThanOrEqual(
    which === 'under one key' ? count * perSend : refused * perSend + perSend,
  )
  await clock.advance(60_000)
  // Its time is over: it sends like everybody else, and others have been able to send all the time.
  const answer = ann.request('c2c', node.text('bob', 'hello', 'later'))
  await clock.advance(3_000)
  expect(await answer).toMatchObject({ ok: true })
})
