import { afterEach, expect, it } from 'vitest'
import { RookeryError } from '@rookery/protocol'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { Handlers } from '../../ports/host.js'
import type { ObservedCommit, ObservedHandler, ObservedSend, Observer } from '../../ports/observer.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

/** Records everything that it gets. */
class Notes implements Observer {
  readonly sends: ObservedSend[] = []
  readonly commits: ObservedCommit[] = []
  readonly handlers: string[] = []
  readonly others: string[] = []

  sent(send: ObservedSend): void {
    this.sends.push(send)
  }
  committed(commit: ObservedCommit): void {
    this.commits.push(commit)
  }
  async handler<T>({ on, name }: ObservedHandler, call: () => Promise<T>): Promise<T> {
    this.handlers.push(`${on} ${name}`)
    return call()
  }
  synced(): void {
    this.others.push('synced')
  }
  s2c(outcome: string): void {
    this.others.push(`s2c ${outcome}`)
  }
  outboxRow(outcome: string): void {
    this.others.push(`row ${outcome}`)
  }
}

const handlers: Handlers = {
  before: (_, type) =>
    type === 'bad'
      ? async () => {
          throw new RookeryError('REJECTED', 'no')
        }
      : type === 'slow'
        ? () => new Promise(() => {})
        : undefined,
  after: () => async () => {},
  topic: (topic) => (topic === 'echo' ? async (_, payload) => payload : undefined),
  connect: async () => {},
}

let node: TestNode
afterEach(() => node.stop())

it('sends are reported with outcome, sender and duration; handlers by name', async () => {
  const [observer, clock] = [new Notes(), new VirtualClock()]
  node = await TestNode.start({ observer, clock, handlers, timing: { drainMs: 1 } })
  const ann = await node.connect('ann')
  const message = node.text('bob', 'hi')
  await ann.ask('c2c', message)
  await ann.ask('c2c', message)
  await ann.code('c2c', { ...node.text('bob', 'x'), type: 'bad' })
  await ann.code('c2c', node.text('nobody', 'x'))
  await node.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: {} })
  const slow = ann.code('c2c', { ...node.text('bob', 'x'), type: 'slow' })
  await clock.advance(5000)
  await slow
  await ann.ask('c2s', { topic: 'echo', payload: 1 })
  expect(observer.sends.map(({ by, type, outcome, durationMs }) => [by, type, outcome, durationMs])).toEqual([
    ['session', 'text', 'stored', 0],
    ['session', 'text', 'duplicate', 0],
    ['session', 'bad', 'REJECTED', 0],
    ['session', 'text', 'NOT_FOUND', 0],
    ['host', 'order', 'stored', 0],
    ['session', 'slow', 'UNAVAILABLE', 5000],
  ])
  expect(observer.handlers).toEqual(['connect connect', 'after text', 'before bad', 'before slow', 'topic echo'])
  const stopping = node.stop()
  await clock.advance(1000)
  await stopping
})

it("changes of messages are reported like sends; those of nobody's conversation are not reported", async () => {
  const observer = new Notes()
  node = await TestNode.start({ observer, handlers })
  const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
  const { conversationId } = await ann.ask('c2c', node.text('bob', 'hi'))
  const message = { conversationId, seq: 1 }
  await ann.ask('edit', { ...message, content: { text: 'ho' } })
  await bob.ask('react', { ...message, reaction: 'x' })
  await bob.ask('react', { ...message, reaction: 'x' })
  await bob.code('recall', message)
  await node.rookery.im.recall(message)
  await ann.code('recall', { conversationId: 'p_none', seq: 1 })
  expect(observer.sends.slice(1).map(({ kind, by, type, outcome }) => [kind, by, type, outcome])).toEqual([
    ['c2c', 'session', 'im.edit', 'stored'],
    ['c2c', 'session', 'im.reaction', 'stored'],
    ['c2c', 'session', 'im.reaction', 'duplicate'],
    ['c2c', 'session', 'im.recall', 'FORBIDDEN'],
    ['c2c', 'host', 'im.recall', 'stored'],
  ])
})

it('commits are reported with their size and failures; an answer at the deadline is reported once', async () => {
  const [observer, clock] = [new Notes(), new VirtualClock()]
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  node = await TestNode.start({ observer, clock, storage, timing: { drainMs: 1 } })
  const ann = await node.connect('ann')
  await Promise.all([1, 2, 3].map((i) => ann.ask('c2c', node.text('bob', `${i}`))))
  expect(observer.commits.reduce((sum, { operations }) => sum + operations, 0)).toBe(3)
  expect(observer.commits.every(({ failed }) => !failed)).toBe(true)
  storage.failCommits('none')
  const [again] = await Promise.all([ann.ask('c2c', node.text('bob', '4')), clock.advance(1000)])
  expect(again.seq).toBe(4)
  expect(observer.commits.filter(({ failed }) => failed)).toEqual([{ operations: 1, durationMs: 0, failed: true }])
  storage.hold()
  const late = ann.code('c2c', node.text('bob', '5'))
  await clock.advance(11_000)
  expect(await late).toBe('UNAVAILABLE')
  storage.release()
  await clock.advance(1000)
  expect(observer.sends.slice(4).map(({ outcome }) => outcome)).toEqual(['UNAVAILABLE'])
  const stopping = node.stop()
  await clock.advance(1000)
  await stopping
})

it('events for users, rows of the outbox and sessions that fall behind are reported', async () => {
  const [observer, outbox] = [new Notes(), new MemoryOutbox()]
  const gone = new Set<string>()
  node = await TestNode.start({ observer, outbox, users: { exists: (userId) => !gone.has(userId) } })
  const bob = await node.connect('bob')
  const { im } = node.rookery
  await im.s2c('bob', { topic: 't', payload: 1 })
  await im.s2c('carl', { topic: 't', payload: 1 })
  await im.s2c('bob', { topic: 't', payload: 1 }, { persist: true })
  const tx = outbox.begin()
  await im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'x', content: {} })
  await im.within(tx).sendC2C({ from: 'ann', to: 'dave', type: 'x', content: {} })
  gone.add('dave')
  tx.commit()
  await expect.poll(() => outbox.reasons.size).toBe(1)
  bob.stall()
  for (let i = 0; i < 10; i++)
    await im.sendC2C({ from: 'ann', to: 'bob', type: 'x', content: { text: 'x'.repeat(60_000) } })
  bob.resume()
  expect(new Set(observer.others)).toEqual(
    new Set(['s2c delivered', 's2c undelivered', 's2c stored', 'row moved', 'row parked', 'synced']),
  )
  expect(node.rookery.stats()).toEqual({
    sessions: { phone: 1, pad: 0, pc: 0, web: 0 },
    writerQueue: 0,
    commitsFailingMs: 0,
    presenceAwayMs: 0,
    outbox: { waiting: 0, parked: 1 },
  })
})
