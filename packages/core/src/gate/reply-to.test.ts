import { describe, expect, it } from 'vitest'
import { MemoryOutbox } from '../memory/memory-outbox.js'
import { settle, TestNode, VirtualClock } from '@rookery/testing'

const refusal = { code: 'BAD_REQUEST', details: [{ path: 'replyTo' }] }

describe('replyTo of a c2c message', () => {
  it('names a message of the conversation; anything else is BAD_REQUEST, and stored under no key', async () => {
    const node = await TestNode.start()
    const ann = await node.connect('ann')
    await ann.ask('c2c', node.text('carl', 'elsewhere'))
    await ann.ask('c2c', node.text('carl', 'elsewhere'))
    const reply = { ...node.text('bob', 'a reply'), replyTo: 1 }
    expect(await ann.request('c2c', reply)).toMatchObject({ ok: false, error: refusal })
    await ann.ask('c2c', node.text('bob', 'hello'))
    for (const replyTo of [2, 3, 1_000_000, Number.MAX_SAFE_INTEGER])
      expect(await ann.request('c2c', { ...reply, replyTo })).toMatchObject({ ok: false, error: refusal })
    const { seq } = await ann.ask('c2c', reply)
    expect(seq).toBe(2)
    // A stored key is answered without another check.
    expect(await ann.ask('c2c', reply)).toMatchObject({ seq, duplicate: true })
    const { conversationId } = await ann.ask('c2c', { ...node.text('bob', 'of a reply'), replyTo: seq })
    const { messages } = await ann.ask('history', { conversationId })
    expect(messages.map(({ replyTo }: { replyTo?: number }) => replyTo)).toEqual([undefined, 1, 2])
  })

  it('may name a recalled message, and no recall; an edit of a reply is not asked again', async () => {
    const node = await TestNode.start()
    const ann = await node.connect('ann')
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'hello'))
    const { seq } = await ann.ask('c2c', { ...node.text('bob', 'a reply'), replyTo: 1 })
    const recall = await ann.ask('recall', { conversationId, seq: 1 })
    await ann.ask('c2c', { ...node.text('bob', 'a reply'), replyTo: 1 })
    expect(await ann.code('c2c', { ...node.text('bob', 'a reply'), replyTo: recall.seq })).toBe('BAD_REQUEST')
    await ann.ask('edit', { conversationId, seq, content: { text: 'edited' } })
  })
})

describe('replyTo of a group message', () => {
  it('names a message that its sender may read', async () => {
    const node = await TestNode.start()
    const ann = await node.connect('ann')
    const bob = await node.connect('bob')
    const { groupId } = await ann.ask('group.create', { name: 'g', members: [] })
    const { seq: before } = await ann.ask('c2g', node.text(groupId, 'before bob'))
    await ann.ask('group.add', { groupId, userIds: ['bob'] })
    const { seq } = await ann.ask('c2g', node.text(groupId, 'hello'))
    await bob.ask('c2g', { ...node.text(groupId, 'a reply'), replyTo: seq })
    await ann.ask('c2g', { ...node.text(groupId, 'a reply'), replyTo: before })
    for (const replyTo of [before, seq + 100])
      expect(await bob.request('c2g', { ...node.text(groupId, 'a reply'), replyTo })).toMatchObject({ error: refusal })
    const { im } = node.rookery
    const message = { to: groupId, type: 'text', content: {} }
    await expect(im.sendC2G({ ...message, from: 'bob', replyTo: before })).rejects.toMatchObject(refusal)
    await im.sendC2G({ ...message, from: 'ann', replyTo: before })
    await im.sendSystem({ conversationId: groupId, type: 'text', content: {}, replyTo: before })
    await expect(
      im.sendSystem({ conversationId: groupId, type: 'text', content: {}, replyTo: 1_000 }),
    ).rejects.toMatchObject(refusal)
  })
})

describe('replyTo of what the host sends', () => {
  it("is checked like a client's, also within a transaction before its row is written", async () => {
    const clock = new VirtualClock()
    const outbox = new MemoryOutbox()
    const node = await TestNode.start({ clock, outbox })
    const { im } = node.rookery
    const ann = await node.connect('ann')
    const message = { from: 'ann', to: 'bob', type: 'text', content: { text: 'a reply' } }
    await expect(im.sendC2C({ ...message, replyTo: 1 })).rejects.toMatchObject(refusal)
    const tx = outbox.begin()
    const within = im.within(tx)
    await expect(within.sendC2C({ ...message, replyTo: 1 })).rejects.toMatchObject(refusal)
    const { groupId } = await within.groups.create({ name: 'g', owner: 'ann' })
    await expect(within.sendC2G({ ...message, to: groupId, replyTo: 1 })).rejects.toMatchObject(refusal)
    tx.commit()
    await settle(clock)
    const { seq } = await im.sendC2C(message)
    const next = outbox.begin()
    await im.within(next).sendC2C({ ...message, replyTo: seq })
    next.commit()
    await settle(clock)
    expect(ann.entries.filter(({ kind }) => kind === 'message').map(({ message: { replyTo } }) => replyTo)).toEqual([
      undefined,
      undefined,
      seq,
    ])
  })
})
