// The one door after the commit: what is stored goes through it, once, whoever had it stored.
import { describe, expect, it, vi } from 'vitest'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { Draft, Handlers } from '../../ports/host.js'
import type { StorageOp, StorageResult } from '../../ports/storage.js'
import { FaultyStorage, TestNode } from '@rookery/testing'
import { SystemClock } from '../../system/system-clock.js'
import type { ReadableOp, StoredAs, Taker } from './committed.js'

const nameOf = (op: StorageOp): string => ('message' in op ? `${op.op} ${op.message.type}` : op.op)

/** What an operation stored that somebody reads. */
const isReadable = (op: StorageOp, result: StorageResult): boolean =>
  ('message' in op && result.status === 'stored') || ('inboxSeq' in result && result.inboxSeq !== null)

async function start(readAbove: number) {
  const stored: StorageOp[] = []
  const memory = new MemoryStorage()
  const commit = memory.commit.bind(memory)
  vi.spyOn(memory, 'commit').mockImplementation(async (ops) => {
    const results = await commit(ops)
    const all: readonly StorageResult[] = results as never
    stored.push(...ops.filter((op, i) => isReadable(op, all[i]!)))
    return results
  })
  const storage = new FaultyStorage(memory, new SystemClock())
  const outbox = new MemoryOutbox()
  const after: Draft[] = []
  const handlers: Handlers = {
    before: () => undefined,
    after: () => async (_, draft) => void after.push(draft),
    topic: () => undefined,
  }
  const node = await TestNode.start({ storage, outbox, handlers, fanout: { readAbove } })
  const { fanOut } = Reflect.get(node.rookery, 'parts') as { fanOut: Taker }
  const through: ReadableOp[] = []
  const statuses: StoredAs<ReadableOp>['status'][] = []
  const taken = fanOut.committed.bind(fanOut)
  fanOut.committed = (op, result, said) => {
    through.push(op)
    statuses.push(result.status)
    taken(op, result, said)
  }
  return { node, storage, outbox, stored, through, statuses, after, im: node.rookery.im }
}

const users = (count: number): string[] => Array.from({ length: count }, (_, i) => `member${i}`)

describe.each([
  { name: 'groups fanned out on write', readAbove: 100 },
  { name: 'groups fanned out on read', readAbove: 2 },
])('the door after the commit, with $name', ({ readAbove }) => {
  it('is passed once by each kind of what is stored: by sessions, the host, the outbox and changes', async () => {
    const { node, outbox, stored, through, after, im } = await start(readAbove)
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]

    // Sessions.
    const { conversationId, seq } = await ann.ask('c2c', node.text('bob', 'hello'))
    await bob.ask('c2c', { ...node.text('ann', 'silent'), silent: true })
    const place = { conversationId, seq, clientMsgId: node.unique('key') }
    await bob.ask('react', { ...place, reaction: 'ok' })
    await ann.ask('edit', { ...place, clientMsgId: node.unique('key'), content: { text: 'hello!' } })
    await ann.ask('recall', { ...place, clientMsgId: node.unique('key') })
    await ann.ask('read', { conversationId, seq: seq + 1 })
    await bob.ask('conversation.update', { conversationId, pinned: true })
    const group = { clientMsgId: node.unique('key'), name: 'readers', members: ['bob', 'cay'] }
    const { groupId } = await ann.ask('group.create', group)
    await ann.ask('c2g', node.text(groupId, 'to all'))
    await ann.ask('group.update', { clientMsgId: node.unique('key'), groupId, name: 'writers' })

    // The host.
    const said = await im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: 'by the host' } })
    await im.sendC2G({ from: 'ann', to: groupId, type: 'text', content: {}, checked: true })
    await im.sendSystem({ conversationId, type: 'notice', content: {} })
    await im.edit({ conversationId, seq: said.seq, content: { text: 'edited' } })
    await im.recall({ conversationId, seq: said.seq })
    await im.s2c('bob', { topic: 'fact', payload: 1 }, { persist: true })
    const made = await im.groups.create({ owner: 'ann', name: 'made', members: users(3) })
    await im.groups.add(made.groupId, ['bob'])
    await im.groups.remove(made.groupId, ['bob'])
    await im.groups.dissolve(made.groupId)

    // The outbox.
    const tx = outbox.begin()
    const within = im.within(tx)
    await within.sendC2C({ from: 'bob', to: 'ann', type: 'text', content: { text: 'checked' }, checked: true })
    await within.sendC2G({ from: 'ann', to: groupId, type: 'text', content: {} })
    const { groupId: later } = await within.groups.create({ owner: 'ann', name: 'later', members: ['bob'] })
    await within.groups.add(later, ['cay'])
    await within.s2c('ann', { topic: 'fact', payload: 2 })
    tx.commit()
    await expect.poll(() => outbox.read(1)).toEqual([])

    expect(through.map(nameOf)).toEqual(stored.map(nameOf))
    // Everything that is asked for above was stored, and each as one of its own.
    expect(new Set(through).size).toBe(through.length)
    const kinds = new Map<string, number>()
    for (const name of through.map(nameOf)) kinds.set(name, (kinds.get(name) ?? 0) + 1)
    expect(Object.fromEntries(kinds)).toEqual({
      'append text': 7,
      'append notice': 1,
      'control im.reaction': 1,
      'control im.edit': 2,
      'control im.recall': 2,
      'group im.group': 8,
      read: 1,
      settings: 1,
      custom: 2,
    })
    // After-handlers stand behind the same door: they take what was sent on a user's behalf.
    expect(after.map(({ type }) => type)).toEqual(Array(5).fill('text'))
    await node.stop()
  })

  it('is passed once by what was stored though the answer of its commit was lost', async () => {
    const { node, storage, through, statuses, after, im } = await start(readAbove)
    const ann = await node.connect('ann')
    const { conversationId, seq } = await ann.ask('c2c', node.text('bob', 'known'))
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'group', members: ['bob', 'cay'] })
    const requests = [
      () => ann.ask('c2c', node.text('bob', 'hello')),
      () => ann.ask('c2g', node.text(groupId, 'hello')),
      () => ann.ask('edit', { clientMsgId: node.unique('key'), conversationId, seq, content: { text: 'more' } }),
      () => ann.ask('group.update', { clientMsgId: node.unique('key'), groupId, name: 'other' }),
    ]
    for (const request of requests) {
      const before = through.length
      storage.failCommits('unknown-stored')
      await request()
      expect(through.length - before).toBe(1)
      expect(statuses.at(-1)).toBe('duplicate')
    }
    // A handler may have run in the run before, of which nothing is known: it runs at most once.
    expect(after.map(({ content }) => content)).toEqual([{ text: 'known' }])
    await node.stop()
  })
})
