import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { TestNode } from '@rookery/testing'
import { defineTypes } from '../messages/message-types.js'

let node: TestNode
afterEach(() => node.stop())

describe('the host sends', () => {
  it('on behalf of a user: marked, counted for the receiver only, and without moving a read position', async () => {
    node = await TestNode.start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    await bob.ask('c2c', node.text('ann', 'a question'))
    const sent = await node.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id: 7 } })
    for (const device of [ann, bob]) {
      await device.until(() => device.entries.length === 2)
      expect(device.entries[1].message).toMatchObject({
        msgId: sent.msgId,
        from: 'ann',
        to: 'bob',
        via: 'server',
        type: 'order',
        content: { id: 7 },
      })
    }
    expect((await bob.ask('conversation.get', { peerId: 'ann' })).unread).toBe(1)
    expect((await ann.ask('conversation.get', { peerId: 'bob' })).unread).toBe(1)
  })

  it('as the system, only in a conversation that exists', async () => {
    node = await TestNode.start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'hello'))
    const notice = { type: 'notice', content: { text: 'be nice' } }
    await node.rookery.im.sendSystem({ conversationId, ...notice })
    await bob.until(() => bob.entries.length === 2)
    expect(bob.entries[1].message).toMatchObject({ from: null, type: 'notice', via: 'server' })
    expect(bob.entries[1].message.to).toBeUndefined()
    const nowhere = node.rookery.im.sendSystem({ conversationId: 'p_none', ...notice })
    await expect(nowhere).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('once for each key, and never where the receiver is unknown or the message is malformed', async () => {
    node = await TestNode.start()
    const { im } = node.rookery
    const message = { from: 'ann', to: 'bob', type: 'order', content: { id: 7 }, clientMsgId: 'order-7' }
    const [first, second] = await Promise.all([im.sendC2C(message), im.sendC2C(message)])
    expect([first.seq, second.seq, first.duplicate, second.duplicate]).toEqual([1, 1, false, true])
    await expect(im.sendC2C({ ...message, content: { id: 8 } })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(im.sendC2C({ ...message, to: 'nobody', clientMsgId: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(im.sendC2C({ ...message, type: 'im.recall', clientMsgId: 'y' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    await expect(im.sendC2C({ ...message, content: { a: '\0' }, clientMsgId: 'z' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  it('past handlers and policy, unless it asks for them; and from within a handler without waiting for itself', async () => {
    const seen: string[] = []
    node = await TestNode.start({
      contacts: { mayWrite: (from) => from !== 'blocked' },
      handlers: {
        before: (_, type) =>
          type === 'relay'
            ? async (session, draft) => {
                seen.push(`${session.deviceType} ${draft.type}`)
                await node.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'copy', content: draft.content })
              }
            : undefined,
        after: () => undefined,
        topic: () => undefined,
      },
    })
    const { im } = node.rookery
    const relay = { to: 'bob', type: 'relay', content: { n: 1 } }
    await im.sendC2C({ from: 'ann', ...relay })
    await im.sendC2C({ from: 'blocked', ...relay })
    expect(seen).toEqual([])
    await expect(im.sendC2C({ from: 'blocked', ...relay, checked: true })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await im.sendC2C({ from: 'ann', ...relay, checked: true })
    const ann = await node.connect('ann')
    const { seq } = await ann.ask('c2c', { clientMsgId: 'r', ...relay })
    expect(seen).toEqual(['server relay', 'phone relay'])
    expect(seq).toBe(5)
  })
})

describe('declared types', () => {
  it('are checked at the border, and stored as their schema makes them', async () => {
    const types = defineTypes({ offer: { schema: z.object({ price: z.coerce.number().min(1) }) } })
    node = await TestNode.start({ types })
    const ann = await node.connect('ann')
    const offer = (price: unknown) => ({ clientMsgId: node.unique('o'), to: 'bob', type: 'offer', content: { price } })
    expect(await ann.request('c2c', offer(0))).toMatchObject({
      error: { code: 'BAD_REQUEST', details: [{ path: 'content.price' }] },
    })
    const repeated = offer('12')
    const { conversationId } = await ann.ask('c2c', repeated)
    expect((await ann.ask('c2c', repeated)).duplicate).toBe(true)
    expect((await ann.ask('history', { conversationId })).messages[0].content).toEqual({ price: 12 })
    await expect(node.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: {} })).rejects.toMatchObject(
      { code: 'BAD_REQUEST' },
    )
  })
})

describe('the contact policy', () => {
  it('closes what it closes, also in a conversation that exists, and shows presence as it says', async () => {
    const blocked = new Set<string>()
    node = await TestNode.start({
      contacts: {
        mayWrite: (from, to) => !blocked.has(`${from} ${to}`),
        maySeePresence: (watcher) => watcher === 'staff',
      },
    })
    const [ann, staff] = [await node.connect('ann'), await node.connect('staff')]
    const message = node.text('bob', 'hi')
    const first = await ann.ask('c2c', message)
    blocked.add('ann bob')
    expect(await ann.code('c2c', node.text('bob', 'again'))).toBe('FORBIDDEN')
    expect(await ann.ask('c2c', message)).toEqual({ ...first, duplicate: true })
    await node.connect('bob')
    const of = async (device: typeof ann) => (await device.ask('presence', { userIds: ['bob'] })).users[0].online
    expect([await of(ann), await of(staff)]).toEqual([true, true])
    expect((await staff.ask('presence', { userIds: ['carl'] })).users[0].online).toBe(false)
  })
})

describe('s2c', () => {
  it('reaches the sessions there are, and says whether one took it', async () => {
    node = await TestNode.start({ timing: { s2cAckMs: 30 } })
    const { im } = node.rookery
    const bob = await node.connect('bob', { since: 0 })
    expect(await im.s2c('bob', { topic: 'sale', payload: { n: 1 } })).toEqual({ delivered: true, seq: null })
    expect(bob.of('s2c')).toEqual([{ id: expect.any(String), topic: 'sale', payload: { n: 1 } }])
    bob.stall()
    expect(await im.s2c('bob', { topic: 'sale', payload: null })).toEqual({ delivered: false, seq: null })
    bob.resume()
    expect(await im.s2c('offline', { topic: 'sale', payload: 1 })).toEqual({ delivered: false, seq: null })
    await expect(im.s2c('bob', { topic: 'sale', payload: undefined })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('stored, is an entry that every device learns', async () => {
    node = await TestNode.start()
    const bob = await node.connect('bob')
    expect(await node.rookery.im.s2c('bob', { topic: 'contact.deleted', payload: ['x'] }, { persist: true })).toEqual({
      delivered: true,
      seq: 1,
    })
    const entry = { seq: 1, kind: 'custom', at: expect.any(Number), topic: 'contact.deleted', payload: ['x'] }
    expect(bob.entries).toEqual([entry])
    expect((await bob.ask('pull', { since: 0 })).entries).toEqual([entry])
  })
})

describe('kicks', () => {
  it('close the right sessions, and a login that began before is refused', async () => {
    let slow: (() => void) | undefined
    node = await TestNode.start({
      authenticate: async ({ token }) => {
        if (token === 'slow') await new Promise<void>((resolve) => (slow = resolve))
        return { userId: 'ann' }
      },
    })
    const [phone, pc] = [await node.connect('a'), await node.connect('b', { deviceType: 'pc' })]
    const late = node.connect('slow', { deviceType: 'web' })
    await node.rookery.im.kick('ann', { deviceType: 'phone' })
    expect([phone.isClosed, pc.isClosed]).toEqual([true, false])
    expect(phone.of('kick')).toEqual([{ reason: 'admin' }])
    slow!()
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await node.rookery.im.revokeToken('ann', 'another')
    expect(pc.isClosed).toBe(false)
    await node.rookery.im.revokeToken('ann', 'b')
    expect(pc.of('kick')).toEqual([{ reason: 'token-revoked' }])
  })
})

describe('within a transaction', () => {
  it('nothing is sent before the commit, everything after it, and nothing after a rollback', async () => {
    const outbox = new MemoryOutbox()
    node = await TestNode.start({ outbox })
    const bob = await node.connect('bob')
    const tx = outbox.begin()
    const { msgId } = await node.rookery.im
      .within(tx)
      .sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id: 1 } })
    await node.rookery.im.within(tx).s2c('bob', { topic: 'order', payload: 1 })
    const other = outbox.begin()
    await node.rookery.im.within(other).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id: 2 } })
    other.rollback()
    await node.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'meanwhile', content: {} })
    await bob.until(() => bob.entries.length === 1)
    expect(bob.entries[0].message.type).toBe('meanwhile')
    tx.commit()
    await bob.until(() => bob.entries.length === 3)
    expect(bob.entries.map((entry) => entry.message?.msgId ?? entry.topic).slice(1)).toEqual([msgId, 'order'])
    await expect.poll(() => outbox.read(10)).toEqual([])
  })

  it('rights are checked when it is written and again when it is moved; what cannot be moved is kept with its reason', async () => {
    const outbox = new MemoryOutbox()
    const gone = new Set<string>()
    node = await TestNode.start({ outbox, users: { takesTransaction: true, exists: (userId) => !gone.has(userId) } })
    const tx = outbox.begin()
    gone.add('never')
    await expect(
      node.rookery.im.within(tx).sendC2C({ from: 'ann', to: 'never', type: 'x', content: {} }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const { msgId } = await node.rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'x', content: {} })
    gone.add('bob')
    tx.commit()
    await expect.poll(() => outbox.reasons.get(msgId)).toMatch(/^NOT_FOUND/)
    expect(await outbox.read(10)).toEqual([])
  })

  it('something that is no running transaction throws', async () => {
    node = await TestNode.start({ outbox: new MemoryOutbox() })
    const { im } = node.rookery
    expect(() => im.within()).toThrow(TypeError)
    await expect(im.within({}).sendC2C({ from: 'a', to: 'b', type: 'x', content: {} })).rejects.toThrow(TypeError)
  })
})

describe('names', () => {
  it("come from the host: the peer's profile, or what the host calls a conversation", async () => {
    node = await TestNode.start({
      users: {
        exists: () => true,
        profiles: (ids) => ids.map((id) => ({ name: id.toUpperCase(), avatar: `/${id}.png` })),
      },
      names: {
        names: (_, conversations) =>
          conversations.map(({ subject }) => (subject === '' ? null : { name: `About ${subject}` })),
      },
    })
    const ann = await node.connect('ann')
    await ann.ask('c2c', node.text('bob', 'x'))
    await ann.ask('c2c', { ...node.text('carl', 'x'), subject: 'golf' })
    const { conversations } = await ann.ask('conversations')
    expect(new Set(conversations.map((one: { name: string }) => one.name))).toEqual(new Set(['BOB', 'About golf']))
    expect(await ann.ask('conversation.get', { peerId: 'bob' })).toMatchObject({ name: 'BOB', avatar: '/bob.png' })
    const {
      conversations: [first],
    } = await node.rookery.im.conversations('ann')
    expect(['BOB', 'About golf']).toContain(first!.name)
  })
})
