import { expect, it } from 'vitest'
import { TestNode, VirtualClock } from '@rookery/testing'

/** A node whose topic `wait` is answered when the test says so. */
const start = async (inflight = 4) => {
  const clock = new VirtualClock()
  const waiting: (() => void)[] = []
  const node = await TestNode.start({
    clock,
    limits: { inflight },
    rate: 'off',
    timing: { handlerDeadlineMs: 300_000 },
    handlers: {
      before: () => undefined,
      after: () => undefined,
      topic: () => () => new Promise<void>((resolve) => waiting.push(resolve)),
    },
  })
  const ann = await node.connect('ann')
  const ask = () => ann.request('c2s', { topic: 'wait', payload: 1 })
  const answer = async (times: number): Promise<void> => {
    for (const resolve of waiting.splice(0, times)) resolve()
    await clock.advance(0)
  }
  return { clock, node, ann, ask, answer }
}

it('a session with as many unanswered requests as it may have is not read until half of them are answered', async () => {
  const { ann, ask, answer } = await start()
  const answers = [ask(), ask(), ask()]
  expect(ann.isUnread).toBe(false)
  answers.push(ask())
  expect(ann.isUnread).toBe(true)
  // Requests that were read already are refused.
  expect(await ann.code('time', { t0: 1 })).toBe('RATE_LIMITED')
  await answer(1)
  expect(ann.isUnread).toBe(true)
  await answer(1)
  expect(ann.isUnread).toBe(false)
  await answer(2)
  expect(await Promise.all(answers)).toMatchObject(answers.map(() => ({ ok: true })))
  expect(ann.isClosed).toBe(false)
})

it('it is read again after a second where there is room at all', async () => {
  const { clock, ann, ask, answer } = await start()
  for (let i = 0; i < 4; i++) void ask()
  await answer(1)
  expect(ann.isUnread).toBe(true)
  await clock.advance(1_000)
  expect(ann.isUnread).toBe(false)
  void ask()
  expect(ann.isUnread).toBe(true)
})

it('it is closed where there is no room for a minute, and others are not', async () => {
  const { clock, node, ann, ask } = await start()
  const bob = await node.connect('bob')
  await clock.advance(500)
  for (let i = 0; i < 4; i++) void ask()
  await clock.advance(59_999)
  expect(ann.isClosed).toBe(false)
  await clock.advance(1)
  expect(ann.isClosed).toBe(true)
  expect(ann.of('kick')).toEqual([])
  expect(bob.isClosed).toBe(false)
})

it('the minute counts from when it was full last', async () => {
  const { clock, ann, ask, answer } = await start(1)
  for (let second = 0; second < 200; second++) {
    void ask()
    expect(ann.isUnread).toBe(true)
    await clock.advance(1_000)
    await answer(1)
    expect(ann.isUnread).toBe(false)
  }
  expect(ann.isClosed).toBe(false)
})

it('requests without an acknowledgement count as well', async () => {
  const { ann, answer } = await start()
  for (let i = 0; i < 4; i++) ann.tell('c2s', { topic: 'wait', payload: 1 })
  expect(ann.isUnread).toBe(true)
  await answer(4)
  expect(ann.isUnread).toBe(false)
})
