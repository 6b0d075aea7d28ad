import type { Message } from '@rookery/protocol'
import { describe, expect, it } from 'vitest'
import { entry, message, ScriptedServer } from '../../testing/scripted-server.js'
import type { Platform } from '../ports/platform.js'

/** A conversation of so many messages, which the server gives by history. */
async function scene(
  count: number,
  { isFocused = () => true, readSeq = count }: { isFocused?: () => boolean; readSeq?: number } = {},
) {
  const server = new ScriptedServer()
  const all = Array.from({ length: count }, (_, index) => message(index + 1))
  const c1 = {
    conversationId: 'c1',
    kind: 'c2c',
    peerId: 'bob',
    seq: count,
    readSeq,
    unread: count - readSeq,
    mentioned: 0,
  }
  const flags = { pinned: false, muted: false, hidden: false, updatedAt: 1, lastMessage: all.at(-1) }
  server.on('conversations', () => ({ conversations: [{ ...c1, ...flags }], unreadTotal: c1.unread }))
  server.on(
    'history',
    ({ before = Infinity, after = 0, limit = 50 }: { before?: number; after?: number; limit?: number }) => {
      const within = all.filter(({ seq }) => (seq as number) > after && (seq as number) < before)
      const page = after > 0 ? within.slice(0, limit) : within.slice(-limit)
      return { messages: page, more: page.length < within.length, mine: {} }
    },
  )
  server.on('read', ({ seq }: { seq: number }) => ({ readSeq: seq, unread: Math.max(0, count - seq), atSeq: count }))
  let focus = (): void => {}
  const platform: Platform = {
    onWake: () => () => {},
    onHide: () => () => {},
    isFocused,
    onFocus: (changed) => ((focus = changed), () => {}),
  }
  const client = server.client({}, { platform })
  await client.connect()
  await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  await server.clock.advance(200)
  return { server, client, conversation: client.conversation({ peerId: 'bob' }), focus: () => focus() }
}
const seqs = (view: { getSnapshot(): { items: readonly { seq?: number }[] } }): (number | undefined)[] =>
  view.getSnapshot().items.map(({ seq }) => seq)

describe('a window of messages', () => {
  it('opens at the latest, and grows in both directions without a hole', async () => {
    const { server, conversation } = await scene(100)
    const view = conversation.open({ size: 10 })
    await server.clock.advance(200)
    expect(seqs(view)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100])
    void view.loadOlder()
    await server.clock.advance(200)
    expect(seqs(view)).toEqual(Array.from({ length: 20 }, (_, index) => index + 81))
    void view.jumpTo(40)
    await server.clock.advance(200)
    expect(seqs(view)).toEqual([36, 37, 38, 39, 40, 41, 42, 43, 44, 45])
    expect(view.getSnapshot()).toMatchObject({ hasOlder: true, hasNewer: true })
    server.emit('entries', { entries: [entry(1, message(101))] })
    await server.clock.advance(200)
    expect(seqs(view).at(-1)).toBe(45)
    void view.loadNewer()
    await server.clock.advance(200)
    expect(seqs(view)).toEqual(Array.from({ length: 20 }, (_, index) => index + 36))
  })

  it('keeps its divider where it was when it was opened', async () => {
    const { server, conversation } = await scene(30, { readSeq: 20 })
    const view = conversation.open({ at: 'firstUnread', size: 10 })
    await server.clock.advance(200)
    expect(view.getSnapshot().firstUnreadSeq).toBe(21)
    expect(seqs(view)).toContain(21)
    view.seen(25)
    await server.clock.advance(500)
    expect(view.getSnapshot().firstUnreadSeq).toBe(21)
    expect(conversation.getSnapshot().unread).toBe(5)
  })

  it('tells what was read only while somebody looks, and the highest place only', async () => {
    let isFocused = false
    const { server, conversation, focus } = await scene(30, { isFocused: () => isFocused, readSeq: 20 })
    const view = conversation.open()
    await server.clock.advance(200)
    view.seen(23)
    view.seen(22)
    await server.clock.advance(1_000)
    expect(server.requests('read')).toEqual([])
    isFocused = true
    focus()
    await server.clock.advance(1_000)
    expect(server.requests('read')).toEqual([{ conversationId: 'c1', seq: 23 }])
  })

  it('changes only what changed: other items and the list stay the same objects', async () => {
    const { server, client, conversation } = await scene(5)
    const view = conversation.open()
    await server.clock.advance(200)
    const before = view.getSnapshot()
    const [first, second] = before.items
    server.emit('typing', { conversationId: 'c1', userId: 'bob' })
    await server.clock.advance(100)
    expect(view.getSnapshot()).toBe(before)
    expect(conversation.typing.getSnapshot()).toEqual(['bob'])
    const edit = message(6, { type: 'im.edit', content: { seq: 2, content: { text: 'other words' } } })
    server.emit('entries', { entries: [entry(1, edit)] })
    await server.clock.advance(100)
    const after = view.getSnapshot()
    expect(after.items[0]).toBe(first)
    expect(after.items[1]).not.toBe(second)
    expect(after.items[1]).toMatchObject({ key: second!.key, content: { text: 'other words' } })
    expect(client.conversations.getSnapshot().items[0]).toBe(conversation.getSnapshot())
  })

  it('counts what came below what was seen', async () => {
    const { server, conversation } = await scene(5)
    const view = conversation.open()
    await server.clock.advance(200)
    server.emit('entries', { entries: [entry(1, message(6)), entry(2, message(7, { from: 'ann', to: 'bob' }))] })
    await server.clock.advance(100)
    expect(view.getSnapshot().newBelow).toBe(1)
    view.seen(7)
    await server.clock.advance(100)
    expect(view.getSnapshot().newBelow).toBe(0)
  })

  it('one’s own messages tell how far they came', async () => {
    const { server, conversation } = await scene(1)
    const view = conversation.open()
    const mine = [2, 3, 4].map((seq) =>
      entry(seq - 1, message(seq, { from: 'ann', to: 'bob' }) as unknown as Record<string, unknown>),
    )
    server.emit('entries', { entries: mine })
    server.emit('receipt', { conversationId: 'c1', userId: 'bob', readSeq: 2, deliveredSeq: 3 })
    server.emit('receipt', { conversationId: 'c1', userId: 'bob', readSeq: 1, deliveredSeq: 1 })
    await server.clock.advance(300)
    expect(view.getSnapshot().items.map(({ state }) => state)).toEqual([undefined, 'read', 'delivered', 'sent'])
  })

  it('keeps drafts apart from drafts of edits', async () => {
    const { conversation } = await scene(1)
    await conversation.draft.set({ text: 'half a sentence' })
    await conversation.draft.ofEdit(1).set({ text: 'better words' })
    expect(conversation.draft.getSnapshot()).toEqual({ text: 'half a sentence' })
    await conversation.draft.set(null)
    expect(conversation.draft.getSnapshot()).toBeUndefined()
    expect(conversation.draft.ofEdit(1).getSnapshot()).toEqual({ text: 'better words' })
  })

  it('hears every message once', async () => {
    const { server, client } = await scene(3)
    const heard: Message[] = []
    client.onMessage((one) => heard.push(one))
    server.emit('entries', { entries: [entry(1, message(4))] })
    server.emit('entries', { entries: [entry(1, message(4)), entry(2, message(5))] })
    await server.clock.advance(100)
    expect(heard.map(({ seq }) => seq)).toEqual([4, 5])
  })
})
