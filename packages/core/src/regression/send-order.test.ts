// The simulation broke the order of one sender's messages (RELIABILITY 9), each time after an answer that may be tried
// again.
import { expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { RookeryOptions } from '../options/options.js'
import { type FakeDevice, FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

const start = async (options: Partial<RookeryOptions> = {}) => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  return { clock, storage, node: await TestNode.start({ storage, clock, ...options }) }
}

const textsOf = async (device: FakeDevice): Promise<string[]> => {
  const { entries } = await device.ask('pull', { since: 0 })
  return entries.map((entry: { message: { content: { text: string } } }) => entry.message.content.text)
}

it('a message that cannot be decided on does not hold back the one before it, which was with the writer already', async () => {
  const { clock, storage, node } = await start()
  const ann = await node.connect('ann')
  storage.commitDelayMs = 100
  storage.failCommits('none')
  const first = ann.request('c2c', node.text('bob', 'first'))
  await clock.advance(50)
  storage.failReads()
  // It is not known yet whether the conversation exists, and it cannot be read now.
  const second = node.text('bob', 'second')
  expect(await ann.code('c2c', second)).toBe('UNAVAILABLE')
  await clock.advance(1000)
  expect(await first).toMatchObject({ ok: true })
  const again = ann.request('c2c', second)
  await clock.advance(1000)
  expect(await again).toMatchObject({ ok: true })
  expect(await textsOf(ann)).toEqual(['first', 'second'])
})

it('a message sent again over another session holds back what follows it there, when its first attempt fails', async () => {
  const { clock, storage, node } = await start()
  const before = await node.connect('ann', { deviceId: 'phone' })
  await Promise.all([before.ask('c2c', node.text('bob', 'hello')), clock.advance(100)])
  storage.failCommits('none', 100)
  const first = node.text('bob', 'first')
  void before.request('c2c', first)
  await clock.advance(8000)
  // The connection is lost; the device comes back and sends again what has no answer.
  const after = await node.connect('ann', { deviceId: 'phone' })
  const answers = [after.request('c2c', first), after.request('c2c', node.text('bob', 'second', 'second'))]
  await clock.advance(3000)
  expect(await Promise.all(answers)).toMatchObject([
    { ok: false, error: { code: 'UNAVAILABLE' } },
    { ok: false, error: { code: 'UNAVAILABLE' } },
  ])
  storage.heal()
  const again = [after.request('c2c', first), after.request('c2c', node.text('bob', 'second', 'second'))]
  await clock.advance(2000)
  expect(await Promise.all(again)).toMatchObject([{ ok: true }, { ok: true }])
  expect(await textsOf(after)).toEqual(['hello', 'first', 'second'])
})

it('a message refused because too many are unanswered holds back the next one, when there is room again', async () => {
  const { clock, storage, node } = await start({ limits: { inflight: 1 } })
  const ann = await node.connect('ann')
  storage.commitDelayMs = 100
  const first = ann.request('c2c', node.text('bob', 'first'))
  const second = node.text('bob', 'second')
  expect(await ann.code('c2c', second)).toBe('RATE_LIMITED')
  await clock.advance(1000)
  expect(await first).toMatchObject({ ok: true })
  expect(await ann.code('c2c', node.text('bob', 'third', 'third'))).toBe('RATE_LIMITED')
  for (const message of [second, node.text('bob', 'third', 'third')]) {
    const answer = ann.request('c2c', message)
    await clock.advance(1000)
    expect(await answer).toMatchObject({ ok: true })
  }
  expect(await textsOf(ann)).toEqual(['first', 'second', 'third'])
})

it('a message that comes again goes before those that the client sent after it and that were refused before it', async () => {
  const { clock, storage, node } = await start()
  const ann = await node.connect('ann')
  storage.commitDelayMs = 100
  storage.failCommits('none', 100)
  const [first, second] = [node.text('bob', 'first'), node.text('bob', 'second')]
  const answer = ann.request('c2c', first)
  await clock.advance(50)
  storage.failReads()
  expect(await ann.code('c2c', second)).toBe('UNAVAILABLE')
  await clock.advance(12_000)
  expect(await answer).toMatchObject({ ok: false })
  storage.heal()
  const again = [ann.request('c2c', first), ann.request('c2c', second)]
  await clock.advance(1000)
  expect(await Promise.all(again)).toMatchObject([{ ok: true }, { ok: true }])
  expect(await textsOf(ann)).toEqual(['first', 'second'])
})

it('a message whose second attempt was turned away is not waited for once the first is stored', async () => {
  const { clock, storage, node } = await start({ limits: { inflight: 1 } })
  const ann = await node.connect('ann')
  storage.commitDelayMs = 100
  const first = node.text('bob', 'first')
  const answer = ann.request('c2c', first)
  expect(await ann.code('c2c', first)).toBe('RATE_LIMITED')
  await clock.advance(1000)
  expect(await answer).toMatchObject({ ok: true })
  const second = ann.request('c2c', node.text('bob', 'second'))
  await clock.advance(1000)
  expect(await second).toMatchObject({ ok: true })
})

it('a message is not waited for either where an attempt of it is turned away after it was stored', async () => {
  const { clock, storage, node } = await start({ limits: { inflight: 1 } })
  const ann = await node.connect('ann')
  storage.commitDelayMs = 100
  const first = node.text('bob', 'first')
  const stored = ann.request('c2c', first)
  expect(await ann.code('c2c', first)).toBe('RATE_LIMITED')
  await clock.advance(1000)
  expect(await stored).toMatchObject({ ok: true })
  void ann.request('pull', { since: 0 })
  expect(await ann.code('c2c', first)).toBe('RATE_LIMITED')
  await clock.advance(1000)
  const second = ann.request('c2c', node.text('bob', 'second'))
  await clock.advance(1000)
  expect(await second).toMatchObject({ ok: true })
})
