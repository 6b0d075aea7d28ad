// The key spaces of clients, of the host on behalf of a user, and of the system; and the keys that earlier versions
// stored.
import { hash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryDatabase } from '../../memory/memory-database.js'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import { c2cId } from '../../model/digest.js'
import type { NewMessage } from '../../model/message.js'
import { TestNode } from '@rookery/testing'

let node: TestNode
afterEach(() => node.stop())

const shipped = { to: 'bob', type: 'order', content: { id: 7, state: 'shipped' }, clientMsgId: 'shipped-7' }

describe('a key', () => {
  it('that a client takes first does not suppress the message that the host sends under the same one', async () => {
    node = await TestNode.start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const own = await ann.ask('c2c', shipped)
    const host = await node.rookery.im.sendC2C({ from: 'ann', ...shipped })
    expect([own.duplicate, host.duplicate, host.seq]).toEqual([false, false, 2])
    expect(await node.rookery.im.sendC2C({ from: 'ann', ...shipped })).toEqual({ ...host, duplicate: true })
    expect(await ann.ask('c2c', shipped)).toEqual({ ...own, duplicate: true })
    await bob.until(() => bob.entries.length === 2)
    const told = bob.entries.map(({ message: { clientMsgId, via } }) => [clientMsgId, via])
    expect(told).toEqual([
      ['shipped-7', undefined],
      ['shipped-7', 'server'],
    ])
    const { messages } = await bob.ask('history', { conversationId: own.conversationId })
    expect(messages.map((message: { clientMsgId: string }) => message.clientMsgId)).toEqual(['shipped-7', 'shipped-7'])
    await expect(node.rookery.im.sendC2C({ from: 'ann', ...shipped, type: 'other' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  it('of the host answers nothing of a client, whichever comes first, at once or later', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    const [host, own] = await Promise.all([
      node.rookery.im.sendC2C({ from: 'ann', ...shipped }),
      ann.ask('c2c', shipped),
    ])
    expect([host.duplicate, own.duplicate]).toEqual([false, false])
    expect(own.msgId).not.toBe(host.msgId)
  })

  it('reaches handlers as the host gave it', async () => {
    const seen: string[] = []
    node = await TestNode.start({
      handlers: {
        before:
          () =>
          (_, { clientMsgId }) =>
            void seen.push(clientMsgId),
        after:
          () =>
          (_, { clientMsgId }) =>
            void seen.push(clientMsgId),
        topic: () => undefined,
      },
    })
    await node.rookery.im.sendC2C({ from: 'ann', ...shipped, checked: true })
    expect(seen).toEqual(['shipped-7', 'shipped-7'])
  })

  it('of the host is its own in groups, in the outbox, and beside those of changes and settings', async () => {
    const outbox = new MemoryOutbox()
    node = await TestNode.start({ outbox })
    const { im } = node.rookery
    const ann = await node.connect('ann')
    const { groupId } = await ann.ask('group.create', { name: 'g', members: ['bob'], clientMsgId: 'made' })
    const { conversationId, seq } = await ann.ask('c2c', node.text('bob', 'hello'))
    await ann.ask('c2g', { ...shipped, to: groupId })
    await ann.ask('conversation.update', { conversationId, pinned: true, clientMsgId: 'set' })
    await ann.ask('react', { conversationId, seq, reaction: '+', clientMsgId: 'reacted' })
    const own = ['shipped-7', 'set', 'reacted', 'made']
    for (const clientMsgId of own) {
      const sent = await im.sendC2G({ from: 'ann', ...shipped, to: groupId, clientMsgId })
      expect(sent.duplicate).toBe(false)
      const tx = outbox.begin()
      const { msgId } = await im.within(tx).sendC2C({ from: 'ann', ...shipped, clientMsgId: `${clientMsgId}-tx` })
      tx.commit()
      await ann.ask('c2c', { ...shipped, clientMsgId: `${clientMsgId}-tx` })
      await ann.until(() => ann.entries.some(({ message }) => message?.msgId === msgId))
    }
    expect((await im.sendSystem({ conversationId, ...{ ...shipped, to: undefined } })).duplicate).toBe(false)
    await im.recall({ conversationId, seq, clientMsgId: 'reacted' })
  })
})

describe('what an earlier version stored', () => {
  // The digest of the first version is of the text and has no mark; the host's key is among the user's own.
  const parts = ['bob', '', 'order', JSON.stringify(shipped.content), '']
  const digest = hash('sha256', parts.map((part) => `${part.length}:${part}`).join(''), 'base64url')
  const stored = async (
    change: Partial<NewMessage> = {},
    trim?: (storage: MemoryStorage) => Promise<unknown>,
  ): Promise<MemoryStorage> => {
    const database = new MemoryDatabase()
    const storage = new MemoryStorage({ database })
    await storage.start()
    const message: NewMessage = {
      msgId: 'earlier',
      clientMsgId: 'shipped-7',
      conversationId: c2cId('ann', 'bob', ''),
      kind: 'c2c',
      from: 'ann',
      to: 'bob',
      subject: '',
      type: 'order',
      content: JSON.stringify(shipped.content),
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: true,
      countable: true,
      clientTime: null,
      serverTime: 1,
      digest,
      ...change,
    }
    await storage.commit([{ op: 'append', message, members: ['ann', 'bob'], movesPosition: false }])
    await trim?.(storage)
    return new MemoryStorage({ database })
  }
  const earlier = { msgId: 'earlier', seq: 1, serverTime: 1, duplicate: true }

  it('for the host is found by the host, and answers nothing of a client', async () => {
    node = await TestNode.start({ storage: await stored() })
    const { im } = node.rookery
    expect(await im.sendC2C({ from: 'ann', ...shipped })).toMatchObject(earlier)
    await expect(im.sendC2C({ from: 'ann', ...shipped, content: { id: 8 } })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    const ann = await node.connect('ann')
    expect(await ann.code('c2c', shipped)).toBe('CONFLICT')
    expect((await ann.ask('pull', { since: 0 })).entries).toHaveLength(1)
  })

  it('for a client is found by the client as it was sent, and not by the host', async () => {
    node = await TestNode.start({ storage: await stored({ viaServer: false }) })
    const ann = await node.connect('ann')
    expect(await ann.ask('c2c', shipped)).toMatchObject(earlier)
    const turned = { ...shipped, content: { state: 'shipped', id: 7 } }
    expect(await ann.code('c2c', turned)).toBe('CONFLICT')
    expect(await node.rookery.im.sendC2C({ from: 'ann', ...shipped })).toMatchObject({ seq: 2, duplicate: false })
  })

  it('from the outbox is not stored again from the row that is still there', async () => {
    const outbox = new MemoryOutbox()
    const storage = await stored({ clientMsgId: 'made-up', msgId: 'row' })
    const tx = outbox.begin()
    const request = { ...shipped, clientMsgId: 'made-up' }
    await outbox.put(tx, [
      { id: 'row', request: JSON.stringify({ kind: 'c2c', from: 'ann', request, checked: false }) },
    ])
    tx.commit()
    node = await TestNode.start({ storage, outbox })
    const ann = await node.connect('ann')
    // Later sends to its conversation are stored once it is gone.
    const after = outbox.begin()
    await node.rookery.im.within(after).sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: 'after' } })
    after.commit()
    await ann.until(() => ann.entries.length > 0)
    expect((await ann.ask('pull', { since: 0 })).seq).toBe(2)
    expect([await outbox.read(10), outbox.reasons.size]).toEqual([[], 0])
  })

  it('under a key whose message is gone counts as a message of the user who sends the same', async () => {
    const limits = { inboxBefore: null, timelineBefore: 2, timelineCount: null, keysBefore: null }
    const storage = await stored({}, ({ maintenance }) => maintenance.trim(limits, { after: null, rows: 100 }))
    node = await TestNode.start({ storage })
    expect(await node.rookery.im.sendC2C({ from: 'ann', ...shipped })).toMatchObject(earlier)
  })
})

describe('the same send again', () => {
  it('is the same whatever the order of the keys in its JSON: a message, an edit, a group, a setting', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    const content = { text: 'hello', at: { x: 1, y: [{ b: 1, a: 2 }] } }
    const turned = { at: { y: [{ a: 2, b: 1 }], x: 1 }, text: 'hello' }
    const send = node.text('bob', '', 'k')
    const first = await ann.ask('c2c', { ...send, content })
    expect(await ann.ask('c2c', { ...send, content: turned })).toEqual({ ...first, duplicate: true })
    const [one, two] = await Promise.all([
      ann.ask('c2c', { ...send, content, clientMsgId: 'at-once' }),
      ann.ask('c2c', { ...send, content: turned, clientMsgId: 'at-once' }),
    ])
    expect([one.duplicate, two.duplicate, two.msgId]).toEqual([false, true, one.msgId])
    expect(await ann.code('c2c', { ...send, content: { ...content, text: 'other' } })).toBe('CONFLICT')
    const edit = { conversationId: first.conversationId, seq: first.seq, clientMsgId: 'e' }
    const edited = await ann.ask('edit', { ...edit, content: { ...content, text: 'edited' } })
    expect(await ann.ask('edit', { ...edit, content: { ...turned, text: 'edited' } })).toEqual(edited)
    const group = { name: 'g', members: ['bob'], clientMsgId: 'g' }
    const made = await ann.ask('group.create', { ...group, ext: content })
    expect((await ann.ask('group.create', { ...group, ext: turned })).groupId).toBe(made.groupId)
    const { groupId } = made
    const updated = { groupId, clientMsgId: 'u' }
    await ann.ask('group.update', { ...updated, ext: { n: 1, ...content } })
    await ann.ask('group.update', { groupId, ext: {} })
    expect((await ann.ask('group.update', { ...updated, ext: { ...turned, n: 1 } })).ext).toEqual({})
  })
})
