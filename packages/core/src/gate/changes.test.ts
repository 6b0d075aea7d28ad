// Recalls, edits and reactions, as the protocol has them.
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RookeryError } from '@rookery/protocol'
import { defineTypes } from '../logic/messages/message-types.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { type FakeDevice, FaultyStorage, SeededRandom, TestNode, VirtualClock, type Wire } from '@rookery/testing'
import { HeldMessages } from '../../testing/held-messages.js'

let node: TestNode
afterEach(() => node.stop())

const marker = 'never-to-be-seen-again'
const at = (conversationId: string, seq: number) => ({ conversationId, seq })

/** Two users with a conversation: a message of Ann's, and one of Bob's. */
async function talk(options: Parameters<typeof TestNode.start>[0] = {}) {
  node = await TestNode.start(options)
  const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
  const { conversationId } = await ann.ask('c2c', node.text('bob', 'one'))
  await bob.ask('c2c', node.text('ann', 'two'))
  return { ann, bob, conversationId, first: at(conversationId, 1), second: at(conversationId, 2) }
}

/** How history shows a message. */
async function shown(device: FakeDevice, { conversationId, seq }: { conversationId: string; seq: number }) {
  const { messages, mine } = await device.ask('history', { conversationId, after: seq - 1, limit: 1 })
  return { message: messages[0], mine: mine[messages[0].msgId] }
}

/** Everything in memory storage as text, with all keys. */
const dump = (storage: MemoryStorage): string =>
  JSON.stringify(storage.database.tables, (_, value) =>
    value instanceof Map ? [...value] : value instanceof Set ? [...value] : value,
  )

describe('recall', () => {
  it('answers its place, tells every device of both with the control message, and leaves ids only', async () => {
    const { ann, bob, conversationId, first } = await talk()
    const pc = await node.connect('ann', { deviceType: 'pc' })
    const before = (await shown(bob, first)).message
    expect(await ann.ask('recall', { ...first, clientMsgId: 'r1' })).toEqual({ seq: 3 })
    for (const device of [ann, bob, pc]) {
      await device.until(() => device.entries.at(-1)?.message.seq === 3)
      const { at: when, ...entry } = device.entries.at(-1)
      expect(entry).toEqual({
        seq: 3,
        kind: 'message',
        message: {
          msgId: expect.any(String),
          clientMsgId: 'r1',
          conversationId,
          seq: 3,
          from: 'ann',
          to: 'bob',
          type: 'im.recall',
          content: { seq: 1 },
          serverTime: when,
        },
      })
      const { content: _, ...rest } = before
      expect((await shown(device, first)).message).toEqual({ ...rest, recalled: true, asOf: 3 })
    }
    expect((await bob.ask('history', { conversationId })).messages.map(({ seq }: Wire) => seq)).toEqual([1, 2])
  })

  it('removes the content from storage, from edits and from pulled messages', async () => {
    const storage = new MemoryStorage()
    const { ann, bob, conversationId } = await talk({ storage })
    const { seq } = await ann.ask('c2c', { ...node.text('bob', marker), ext: { [marker]: 1 } })
    await ann.ask('edit', { ...at(conversationId, seq), content: { text: `${marker} again` } })
    expect(dump(storage)).toContain(marker)
    await ann.ask('recall', at(conversationId, seq))
    expect(dump(storage)).not.toContain(marker)
    const pulled = await bob.ask('pull', { since: 0 })
    expect(JSON.stringify(pulled)).not.toContain(marker)
    expect(
      pulled.entries.filter(({ message }: Wire) => message.recalled).map(({ message }: Wire) => message.seq),
    ).toEqual([seq, seq + 1])
  })

  it('removes the message from the unread count, and does not count itself', async () => {
    const { ann, bob, conversationId, first } = await talk()
    await ann.ask('c2c', node.text('bob', 'three'))
    await ann.ask('c2c', node.text('bob', 'four'))
    const unread = async (): Promise<number> => (await bob.ask('conversation.get', { conversationId })).unread
    expect(await unread()).toBe(2)
    await ann.ask('recall', at(conversationId, 3))
    expect(await unread()).toBe(1)
    await ann.ask('recall', first)
    expect(await unread()).toBe(1)
    const { lastMessage } = await bob.ask('conversation.get', { conversationId })
    expect(lastMessage).toMatchObject({ seq: 4, content: { text: 'four' } })
    await ann.ask('recall', at(conversationId, 4))
    const view = await bob.ask('conversation.get', { conversationId })
    expect(view).toMatchObject({ unread: 0, lastMessage: { seq: 4, recalled: true, asOf: 7 } })
    expect(view.lastMessage.content).toBeUndefined()
  })

  it('of a recalled message answers the sequence of the first recall and writes nothing', async () => {
    const { ann, conversationId, first } = await talk()
    expect(await ann.ask('recall', first)).toEqual({ seq: 3 })
    expect(await ann.ask('recall', { ...first, clientMsgId: 'again' })).toEqual({ seq: 3 })
    expect((await ann.ask('conversation.get', { conversationId })).seq).toBe(3)
  })

  it("is the sender's own, and not for ever; for the host it is", async () => {
    const clock = new VirtualClock()
    const { ann, bob, first, second } = await talk({ clock, timing: { recallMs: 60_000, editMs: 30_000, drainMs: 1 } })
    expect(await bob.code('recall', first)).toBe('FORBIDDEN')
    await clock.advance(30_001)
    expect(await ann.code('edit', { ...first, content: { text: 'late' } })).toBe('FORBIDDEN')
    await clock.advance(30_000)
    expect(await ann.code('recall', first)).toBe('FORBIDDEN')
    expect(await node.rookery.im.edit({ ...second, content: { text: 'by the host' } })).toEqual({ seq: 3 })
    expect(await node.rookery.im.recall(first)).toEqual({ seq: 4 })
    expect(await ann.ask('recall', first)).toEqual({ seq: 4 })
    await bob.until(() => bob.entries.at(-1).message.seq === 4)
    expect(bob.entries.at(-1).message).toMatchObject({ from: null, type: 'im.recall', via: 'server' })
    expect((await shown(bob, second)).message).toMatchObject({ from: 'bob', content: { text: 'by the host' }, asOf: 3 })
    const stopping = node.stop()
    await clock.advance(1000)
    await stopping
  })

  it('has no limit where it is off', async () => {
    const clock = new VirtualClock()
    const { ann, first } = await talk({ clock, timing: { recallMs: 'off', editMs: 'off', drainMs: 1 } })
    await clock.advance(20 * 60_000)
    expect(await ann.ask('edit', { ...first, content: { text: 'late' } })).toEqual({ seq: 3 })
    expect(await ann.ask('recall', first)).toEqual({ seq: 4 })
    const stopping = node.stop()
    await clock.advance(1000)
    await stopping
  })
})

describe('edit', () => {
  it('puts the new content in its place, live and read later', async () => {
    const { ann, bob, first } = await talk()
    expect(await ann.ask('edit', { ...first, content: { text: 'uno' } })).toEqual({ seq: 3 })
    for (const device of [ann, bob]) {
      await device.until(() => device.entries.at(-1)?.message.seq === 3)
      const { message } = device.entries.at(-1)
      expect(message).toMatchObject({ type: 'im.edit', from: 'ann', content: { seq: 1, content: { text: 'uno' } } })
      expect((await shown(device, first)).message).toMatchObject({
        content: { text: 'uno' },
        editedAt: message.serverTime,
        asOf: 3,
      })
    }
    expect(await ann.ask('edit', { ...first, content: { text: 'uno' } })).toEqual({ seq: 3 })
  })

  it('is for own messages that are still there, and for messages only', async () => {
    const { ann, bob, conversationId, first, second } = await talk()
    const content = { text: 'x' }
    expect(await ann.code('edit', { ...second, content })).toBe('FORBIDDEN')
    await ann.ask('edit', { ...first, content })
    const none = new Set<string>()
    for (const seq of [3, 4, 99]) {
      none.add(JSON.stringify(await ann.request('edit', { ...at(conversationId, seq), content })))
      none.add(JSON.stringify(await ann.request('recall', at(conversationId, seq))))
      none.add(JSON.stringify(await ann.request('react', { ...at(conversationId, seq), reaction: 'x' })))
    }
    await ann.ask('recall', first)
    for (const device of [ann, bob]) {
      none.add(JSON.stringify(await device.request('edit', { ...first, content })))
      none.add(JSON.stringify(await device.request('react', { ...first, reaction: 'x' })))
    }
    expect([...none].map((answer) => JSON.parse(answer).error.code)).toEqual(['NOT_FOUND'])
  })

  it('is bounded, checked by a declared type, and asked of the handlers of that type, as a send is', async () => {
    const types = defineTypes({ offer: { schema: z.object({ price: z.coerce.number().min(1) }) } })
    const drafts: unknown[] = []
    const { ann, conversationId } = await talk({
      types,
      handlers: {
        before: (kind, type) =>
          kind === 'c2c' && type === 'text'
            ? async (session, { clientMsgId: _, ...draft }) => {
                if (draft.edits !== undefined) drafts.push([session.userId, draft])
                const { text } = draft.content
                if (text === 'bad word') throw new RookeryError('REJECTED', 'no', { details: { word: 'bad' } })
                return { ...draft.content, text: String(text).toUpperCase() }
              }
            : undefined,
        after: () => undefined,
        topic: () => undefined,
      },
    })
    const { seq } = await ann.ask('c2c', { clientMsgId: 'o', to: 'bob', type: 'offer', content: { price: 3 } })
    const offer = (price: unknown) => ({ ...at(conversationId, seq), content: { price } })
    expect(await ann.request('edit', offer(0))).toMatchObject({
      error: { code: 'BAD_REQUEST', details: [{ path: 'content.price' }] },
    })
    await ann.ask('edit', offer('7'))
    expect((await shown(ann, at(conversationId, seq))).message.content).toEqual({ price: 7 })
    const text = (words: string) => ({ ...at(conversationId, 1), content: { text: words } })
    expect(await ann.code('edit', text('x'.repeat(65_536)))).toBe('TOO_LARGE')
    expect(await ann.request('edit', text('bad word'))).toMatchObject({
      error: { code: 'REJECTED', details: { word: 'bad' } },
    })
    await ann.ask('edit', text('good word'))
    expect((await shown(ann, at(conversationId, 1))).message.content).toEqual({ text: 'GOOD WORD' })
    expect(drafts.at(-1)).toEqual([
      'ann',
      { from: 'ann', to: 'bob', subject: '', type: 'text', content: { text: 'good word' }, edits: 1 },
    ])
    await node.rookery.im.edit(text('bad word'))
    expect((await shown(ann, at(conversationId, 1))).message.content).toEqual({ text: 'bad word' })
    await expect(node.rookery.im.edit(offer('none'))).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('is refused where the contact policy refuses, and so is a reaction; a recall is not', async () => {
    let isBlocked = false
    const { ann, first, second } = await talk({ contacts: { mayWrite: () => !isBlocked } })
    await ann.ask('react', { ...second, reaction: '+1' })
    isBlocked = true
    expect(await ann.code('edit', { ...first, content: { text: 'x' } })).toBe('FORBIDDEN')
    expect(await ann.code('react', { ...second, reaction: '-1' })).toBe('FORBIDDEN')
    await ann.ask('react', { ...second, reaction: '+1', remove: true })
    await ann.ask('recall', first)
  })

  it('of two at once leaves one order, and both sides with the later one', async () => {
    const { ann, bob, first } = await talk()
    const pc = await node.connect('ann', { deviceType: 'pc' })
    const [x, y] = await Promise.all([
      ann.ask('edit', { ...first, content: { text: 'x' } }),
      pc.ask('edit', { ...first, content: { text: 'y' } }),
    ])
    expect(new Set([x.seq, y.seq])).toEqual(new Set([3, 4]))
    const last = x.seq > y.seq ? 'x' : 'y'
    for (const device of [ann, bob, pc]) {
      await device.until(() => device.entries.at(-1)?.message.seq === 4)
      const held = new HeldMessages('-')
      held.takeEntries((await device.ask('pull', { since: 0 })).entries)
      expect(held.messages[0]).toMatchObject({ content: { text: last }, asOf: 4 })
      expect((await shown(device, first)).message).toMatchObject({ content: { text: last }, asOf: 4 })
    }
  })

  it('that meets a recall is either before it, and gone with it, or finds nothing', async () => {
    const storage = new MemoryStorage()
    const { ann, bob, conversationId } = await talk({ storage })
    const pc = await node.connect('ann', { deviceType: 'pc' })
    const outcomes = new Set<string>()
    for (const [one, other] of [
      [ann, pc],
      [pc, ann],
    ] as const) {
      const { seq } = await ann.ask('c2c', node.text('bob', 'to be recalled'))
      const target = at(conversationId, seq)
      const ask = [
        () => one.request('recall', target),
        () => other.request('edit', { ...target, content: { text: marker } }),
      ]
      const answers = await Promise.all(one === ann ? ask.map((run) => run()) : ask.reverse().map((run) => run()))
      for (const answer of answers) outcomes.add(answer.ok ? 'ok' : answer.error.code)
      expect((await shown(bob, target)).message).toMatchObject({ recalled: true })
      expect(dump(storage)).not.toContain(marker)
    }
    expect(outcomes).toEqual(new Set(['ok', 'NOT_FOUND']))
  })
})

describe('react', () => {
  it('counts for everybody, and is in mine of the user who reacted, in history and in pull', async () => {
    const { ann, bob, conversationId, first } = await talk()
    expect(await ann.ask('react', { ...first, reaction: '👍' })).toEqual({ seq: 3 })
    expect(await bob.ask('react', { ...first, reaction: '👍' })).toEqual({ seq: 4 })
    expect(await bob.ask('react', { ...first, reaction: '🏳️‍🌈' })).toEqual({ seq: 5 })
    const own = { ann: ['👍'], bob: ['👍', '🏳️‍🌈'] }
    for (const [device, user] of [
      [ann, 'ann'],
      [bob, 'bob'],
    ] as const) {
      const { message, mine } = await shown(device, first)
      expect([message.reactions, message.asOf, mine]).toEqual([{ '👍': 2, '🏳️‍🌈': 1 }, 5, own[user]])
      const pulled = await device.ask('pull', { since: 0 })
      expect(pulled.mine).toEqual({ [message.msgId]: own[user] })
      expect(pulled.entries[0].message).toEqual(message)
      expect((await device.ask('history', { conversationId })).mine).toEqual(pulled.mine)
    }
    await ann.until(() => ann.entries.length === 5)
    expect(ann.entries[2].message).toMatchObject({
      type: 'im.reaction',
      content: { seq: 1, reaction: '👍', remove: false },
    })
    expect(await bob.ask('react', { ...first, reaction: '👍', remove: true })).toEqual({ seq: 6 })
    expect(await shown(bob, first)).toMatchObject({ message: { reactions: { '👍': 1 } }, mine: ['🏳️‍🌈'] })
    await bob.ask('react', { ...first, reaction: '🏳️‍🌈', remove: true })
    expect((await bob.ask('history', { conversationId })).mine).toEqual({})
  })

  it('that changes nothing answers the earlier place and writes nothing', async () => {
    const { ann, bob, conversationId, first } = await talk()
    await ann.ask('react', { ...first, reaction: '+1' })
    await bob.ask('react', { ...first, reaction: 'x' })
    expect(await ann.ask('react', { ...first, reaction: '+1' })).toEqual({ seq: 3 })
    expect(await ann.ask('react', { ...first, reaction: 'x', remove: true })).toEqual({ seq: 4 })
    expect((await ann.ask('conversation.get', { conversationId })).seq).toBe(4)
  })

  it('takes any short text, and refuses other values, and one reaction too many', async () => {
    const { ann, bob, first } = await talk({ limits: { reactions: 4 } })
    for (const reaction of [
      '👩‍👩‍👧‍👦',
      '__proto__',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      'x'.repeat(64),
    ])
      await ann.ask('react', { ...first, reaction })
    expect(Object.keys((await shown(bob, first)).message.reactions)).toHaveLength(4)
    for (const reaction of ['', 'x'.repeat(65), 'a\nb', '\u0000', '\u0085', '\ud83d', 5, null])
      expect([reaction, await ann.code('react', { ...first, reaction })]).toEqual([reaction, 'BAD_REQUEST'])
    expect(await ann.code('react', { ...first, reaction: 'one more' })).toBe('TOO_LARGE')
    await bob.ask('react', { ...first, reaction: '__proto__' })
    expect((await shown(bob, first)).mine).toEqual(['__proto__'])
  })
})

describe('a change with a key', () => {
  it('is made once, is a conflict for another, and keeps its answer when it would be refused', async () => {
    const clock = new VirtualClock()
    const { ann, bob, conversationId, first, second } = await talk({ clock, timing: { editMs: 60_000, drainMs: 1 } })
    const edit = { ...first, content: { text: 'new' }, clientMsgId: 'k' }
    expect(await ann.ask('edit', edit)).toEqual({ seq: 3 })
    await ann.ask('edit', { ...first, content: { text: 'newer' } })
    expect(await ann.ask('edit', edit)).toEqual({ seq: 3 })
    expect((await shown(ann, first)).message.content).toEqual({ text: 'newer' })
    await clock.advance(70_000)
    expect(await ann.ask('edit', edit)).toEqual({ seq: 3 })
    await ann.ask('recall', first)
    expect(await ann.ask('edit', edit)).toEqual({ seq: 3 })
    expect(await ann.code('edit', { ...edit, content: { text: 'other' } })).toBe('CONFLICT')
    expect(await ann.code('react', { ...second, reaction: 'x', clientMsgId: 'k' })).toBe('CONFLICT')
    expect(await ann.code('c2c', node.text('bob', 'x', 'k'))).toBe('CONFLICT')
    const twenty = Array.from({ length: 20 }, () => bob.ask('react', { ...second, reaction: 'x', clientMsgId: 'r' }))
    expect(new Set((await Promise.all(twenty)).map(({ seq }) => seq)).size).toBe(1)
    expect((await ann.ask('conversation.get', { conversationId })).seq).toBe(6)
    expect(await bob.code('react', { ...second, reaction: 'x', remove: true, clientMsgId: 'r' })).toBe('CONFLICT')
    await node.rookery.im.edit({ ...second, content: { text: 'h' }, clientMsgId: 'k' })
    await expect(node.rookery.im.recall({ ...second, clientMsgId: 'k' })).rejects.toMatchObject({ code: 'CONFLICT' })
    const stopping = node.stop()
    await clock.advance(1000)
    await stopping
  })

  it('is stored once, and told, where the outcome of its commit was not known', async () => {
    const clock = new VirtualClock()
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const { ann, bob, first } = await talk({ clock, storage, timing: { drainMs: 1 } })
    storage.failCommits('unknown-stored')
    const answer = ann.ask('recall', { ...first, clientMsgId: 'k' })
    await clock.advance(1000)
    expect(await answer).toEqual({ seq: 3 })
    await clock.advance(1000)
    // Neither of them can get the entry live; both are told that they are behind.
    expect(bob.of('sync')).toHaveLength(1)
    expect((await bob.ask('pull', { since: 2 })).entries).toHaveLength(1)
    const stopping = node.stop()
    await clock.advance(1000)
    await stopping
  })

  it('settles by the deadline, and is not made after it', async () => {
    const clock = new VirtualClock()
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const { ann, first } = await talk({ clock, storage, timing: { drainMs: 1 } })
    storage.failCommits('none', 1000)
    const answer = ann.code('recall', first)
    await clock.advance(10_000)
    expect(await answer).toBe('UNAVAILABLE')
    storage.heal()
    await clock.advance(5000)
    expect((await shown(ann, first)).message.recalled).toBeUndefined()
    const stopping = node.stop()
    await clock.advance(1000)
    await stopping
  })
})

it('an edit whose turn comes after its deadline is answered by it, and not made', async () => {
  const clock = new VirtualClock()
  const { ann, first } = await talk({
    clock,
    timing: { drainMs: 1 },
    handlers: {
      before:
        () =>
        async (_, { edits }) => {
          if (edits !== undefined) await new Promise<void>((resolve) => clock.setTimeout(resolve, 4000))
        },
      after: () => undefined,
      topic: () => undefined,
    },
  })
  const answers = [1, 2, 3].map((i) => ann.request('edit', { ...first, content: { text: `${i}` } }))
  await clock.advance(10_000)
  expect(await Promise.all(answers)).toMatchObject([
    { data: { seq: 3 } },
    { data: { seq: 4 } },
    { error: { code: 'UNAVAILABLE' } },
  ])
  await clock.advance(10_000)
  expect((await shown(ann, first)).message.content).toEqual({ text: '2' })
  const stopping = node.stop()
  await clock.advance(1000)
  await stopping
})

describe('order', () => {
  it('is that in which a session asked: a change waits for sends before it, and sends behind it for the change', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    const { ann, bob, conversationId, first } = await talk({
      handlers: {
        before: (_, type) => (type === 'slow' ? () => gate : undefined),
        after: () => undefined,
        topic: () => undefined,
      },
    })
    const slow = ann.ask('c2c', { ...node.text('bob', 'slow'), type: 'slow' })
    const edit = ann.ask('edit', { ...first, content: { text: 'edited' } })
    const behind = ann.ask('c2c', node.text('bob', 'behind'))
    // Other conversations wait for nothing.
    expect(await bob.ask('react', { ...first, reaction: 'x' })).toEqual({ seq: 3 })
    release()
    expect((await Promise.all([slow, edit, behind])).map(({ seq }) => seq)).toEqual([4, 5, 6])
    expect((await bob.ask('conversation.get', { conversationId })).seq).toBe(6)
  })

  it('holds over a send that is refused and may be tried again: the change behind it is refused, too', async () => {
    const clock = new VirtualClock()
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const { ann, first } = await talk({ clock, storage, timing: { drainMs: 1 } })
    storage.failCommits('none', 1000)
    const message = node.text('bob', 'three')
    const answers = [ann.code('c2c', message), ann.code('recall', first)]
    await clock.advance(11_000)
    expect(await Promise.all(answers)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
    storage.heal()
    expect(await ann.code('recall', first)).toBe('UNAVAILABLE')
    const again = Promise.all([ann.ask('c2c', message), ann.ask('recall', first)])
    await clock.advance(1000)
    expect((await again).map(({ seq }) => seq)).toEqual([3, 4])
    const stopping = node.stop()
    await clock.advance(1000)
    await stopping
  })
})

it('a change does not stay behind alone where the send before it failed while both waited for the same commit', async () => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const { ann, first } = await talk({ clock, storage, timing: { drainMs: 1 } })
  storage.failCommits('none', 1000)
  const sent = ann.code('c2c', node.text('bob', 'three'))
  await clock.advance(5000)
  const recalled = ann.code('recall', first)
  await clock.advance(5300)
  expect(await sent).toBe('UNAVAILABLE')
  storage.heal()
  await clock.advance(3000)
  expect(await recalled).toBe('UNAVAILABLE')
  const stopping = node.stop()
  await clock.advance(1000)
  await stopping
})

describe('readers', () => {
  it('are those whose read position is at the message or beyond', async () => {
    const { ann, bob, conversationId, first, second } = await talk()
    expect(await ann.ask('readers', second)).toEqual({ read: 1, total: 2, userIds: ['bob'] })
    await ann.ask('read', { conversationId, seq: 2 })
    const page = await bob.ask('readers', { ...first, limit: 1 })
    expect(page).toEqual({ read: 2, total: 2, userIds: ['ann'], cursor: expect.any(String) })
    expect(await bob.ask('readers', { ...first, limit: 1, cursor: page.cursor })).toEqual({
      read: 2,
      total: 2,
      userIds: ['bob'],
    })
    expect(await bob.code('readers', { ...first, cursor: '!' })).toBe('BAD_REQUEST')
    expect(await bob.code('readers', at(conversationId, 3))).toBe('NOT_FOUND')
  })
})

it('what names a conversation of others is NOT_FOUND in every request, like one that does not exist', async () => {
  const { first } = await talk()
  const eve = await node.connect('eve')
  const answers = new Set<string>()
  for (const conversationId of [first.conversationId, 'p_none'])
    for (const [event, request] of [
      ['recall', {}],
      ['edit', { content: {} }],
      ['react', { reaction: 'x' }],
      ['readers', {}],
    ] as const)
      answers.add(JSON.stringify(await eve.request(event, { ...at(conversationId, 1), ...request })))
  expect([...answers].map((answer) => JSON.parse(answer).error.code)).toEqual(['NOT_FOUND'])
})

describe('a client that applies what it gets', () => {
  it('ends with what it would pull, on every device, whatever was changed in whatever order', async () => {
    const chance = new SeededRandom(20_260_101)
    node = await TestNode.start()
    const devices = await Promise.all([
      node.connect('ann'),
      node.connect('ann', { deviceType: 'pc' }),
      node.connect('bob'),
      node.connect('bob', { deviceType: 'web' }),
    ])
    const users = ['ann', 'ann', 'bob', 'bob']
    const conversationId = node.rookery.im.conversationId('ann', 'bob')
    await devices[0]!.ask('c2c', node.text('bob', 'first'))
    for (let round = 0; round < 60; round++) {
      const seq = 1 + chance.int(Math.min(40, round * 3 + 1))
      const asks = devices.map((device, i) => {
        const which = { ...at(conversationId, seq), clientMsgId: node.unique('c') }
        switch (chance.int(6)) {
          case 0:
          case 1:
            return device.request('c2c', node.text(users[i] === 'ann' ? 'bob' : 'ann', `message ${round}`))
          case 2:
            return device.request('edit', { ...which, content: { text: `edited ${round} ${i}` } })
          case 3:
            return chance.chance(0.3) ? device.request('recall', which) : device.request('time', { t0: 1 })
          default:
            return device.request('react', {
              ...which,
              reaction: chance.pick(['a', 'b', 'c']),
              remove: chance.chance(0.4),
            })
        }
      })
      await Promise.all(asks)
    }
    for (const [i, device] of devices.entries()) {
      const late = await node.connect(users[i]!, { deviceType: 'pad', since: 0 })
      const pulled = new HeldMessages(users[i]!)
      let page: Wire = { seq: 0, more: true }
      while (page.more) {
        page = await late.ask('pull', { since: page.seq, limit: 50 })
        pulled.takeEntries(page.entries)
        pulled.takeMine(
          page.mine,
          page.entries.map(({ message }: Wire) => message),
        )
      }
      await device.until(() => device.entries.at(-1).seq === page.seq)
      const live = new HeldMessages(users[i]!)
      live.takeEntries(device.entries)
      expect(live.messages.length).toBeGreaterThan(20)
      expect(live.messages).toEqual(pulled.messages)
      // Everything once more, old and new in any order, changes nothing.
      live.takeEntries(chance.shuffle(device.entries))
      expect(live.messages).toEqual(pulled.messages)
      late.disconnect()
    }
  })
})
