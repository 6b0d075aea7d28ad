// One session that sent tens of thousands of small messages at once held up all others for seconds: each refusal looked
// through all that were refused before it, and what was refused was kept for good.
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
    // A client sends content as plain JSON; this one counts who reads it.
    ann.tell(
      'c2c',
      Object.defineProperty(message, 'content', { enumerable: true, get: () => (looks++, { text: 'x' }) }),
    )
  }
  for (let i = 0; i < 16; i++) send(i)
  const accepted = looks
  for (let i = 16; i < count; i++) send(i)
  // None is looked at more often than one that is accepted; beyond those that are remembered none at all.
  const perSend = accepted / 16
  expect(looks - accepted).toBeLessThanOrEqual(
    which === 'under one key' ? count * perSend : refused * perSend + perSend,
  )
  await clock.advance(60_000)
  // Its time is over: it sends like everybody, and so does everybody else meanwhile.
  const answer = ann.request('c2c', node.text('bob', 'hello', 'later'))
  await clock.advance(3_000)
  expect(await answer).toMatchObject({ ok: true })
})
