// The protocol to the letter, on one node.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { StorageError } from '../ports/storage.js'
import { RookeryError } from '@rookery/protocol'
import { TestNode } from '@rookery/testing'

let node: TestNode
afterEach(() => node.stop())

describe('ready', () => {
  it('comes first and has every field of the protocol', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    expect(ann.events[0]!.event).toBe('ready')
    expect(ann.ready).toEqual({
      userId: 'ann',
      sessionId: expect.stringMatching(/^[!-~]{1,64}$/),
      nodeId: expect.stringMatching(/^[!-~]{1,64}$/),
      epoch: expect.stringMatching(/^[!-~]{1,64}$/),
      reset: false,
      seq: 0,
      serverTime: expect.any(Number),
      heartbeatMs: 10_000,
      timelines: [],
      features: expect.arrayContaining(['c2c', 'receipts']),
      limits: { contentBytes: 65_536, pull: 200, history: 200, list: 200, groupMembers: 500, inflight: 256 },
    })
  })

  it('says reset for another epoch, a position beyond the head, and an entry that is not the one stored there', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    await ann.ask('c2c', node.text('bob', 'x'))
    const { entries } = await ann.ask('pull', { since: 0 })
    const epoch = ann.ready.epoch as string
    const reset = async (auth: Record<string, unknown>): Promise<boolean> =>
      (await node.connect('ann', auth)).ready.reset
    expect(await reset({ since: 1, epoch, sinceAt: entries[0].at })).toBe(false)
    expect(await reset({ since: 1, epoch: 'another' })).toBe(true)
    expect(await reset({ since: 2, epoch })).toBe(true)
    expect(await reset({ since: 1, epoch, sinceAt: entries[0].at - 1 })).toBe(true)
    expect(await reset({ since: 0, epoch })).toBe(false)
  })

  it('after a reset the session gets everything from 0', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    await ann.ask('c2c', node.text('bob', 'x'))
    const again = await node.connect('ann', { since: 1, epoch: 'another' })
    expect(await again.ask('pull', { since: 0 })).toMatchObject({ more: false, seq: 1, reset: false })
    await again.ask('c2c', node.text('bob', 'y'))
    await again.until(() => again.entries.length === 1)
    expect(again.entries[0].seq).toBe(2)
  })
})

describe('messages', () => {
  it('are the same for everybody and have the content that was sent', async () => {
    node = await TestNode.start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const content = { text: 'hello', nested: [1, { a: null }] }
    const sent = await ann.ask('c2c', {
      clientMsgId: 'k1',
      to: 'bob',
      subject: 'car-1',
      type: 'text',
      content,
      ext: { trace: 1 },
      silent: true,
      clientTime: 5,
    })
    for (const device of [ann, bob]) {
      await device.until(() => device.entries.length === 1)
      expect(device.entries[0]).toEqual({
        seq: 1,
        kind: 'message',
        at: sent.serverTime,
        message: {
          msgId: sent.msgId,
          clientMsgId: 'k1',
          conversationId: sent.conversationId,
          seq: 1,
          from: 'ann',
          to: 'bob',
          subject: 'car-1',
          type: 'text',
          content,
          ext: { trace: 1 },
          silent: true,
          clientTime: 5,
          serverTime: sent.serverTime,
        },
      })
      expect((await device.ask('pull', { since: 0 })).entries).toEqual(device.entries)
      expect((await device.ask('history', { conversationId: sent.conversationId })).messages).toEqual([
        device.entries[0].message,
      ])
    }
  })

  it('to oneself make one entry', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    const { conversationId } = await ann.ask('c2c', node.text('ann', 'note'))
    await ann.until(() => ann.entries.length > 0)
    expect((await ann.ask('pull', { since: 0 })).entries).toHaveLength(1)
    expect(await ann.ask('conversation.get', { peerId: 'ann' })).toMatchObject({
      conversationId,
      peerId: 'ann',
      unread: 0,
    })
  })

  it('go to a separate conversation for each subject', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    const ids = new Set<string>()
    for (const subject of [undefined, '', 'a', 'A']) {
      const { conversationId } = await ann.ask('c2c', {
        ...node.text('bob', 'x'),
        ...(subject === undefined ? {} : { subject }),
      })
      ids.add(conversationId)
    }
    expect(ids.size).toBe(3)
  })

  it('to an unknown user are NOT_FOUND, and of types that begin with im. BAD_REQUEST', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    expect(await ann.code('c2c', node.text('nobody', 'x'))).toBe('NOT_FOUND')
    expect(await ann.code('c2c', { ...node.text('bob', 'x'), type: 'im.recall' })).toBe('BAD_REQUEST')
  })

  it('under keys that differ in case, accent or normalisation are different messages', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    for (const key of ['key', 'KEY', 'key.', 'kéy'.normalize('NFC')]) {
      const answer = await ann.request('c2c', node.text('bob', 'x', key))
      // Ids are printable ASCII: another one is refused, not normalised.
      if (/^[!-~]+$/.test(key)) expect(answer).toMatchObject({ ok: true, data: { duplicate: false } })
      else expect(answer).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
    }
  })

  it('keep their answer when a handler would refuse the repeat', async () => {
    let refuses = false
    const before = async (): Promise<void> => {
      if (refuses) throw new RookeryError('REJECTED', 'no more', { details: { why: 'closed' } })
    }
    node = await TestNode.start({ handlers: { before: () => before, after: () => undefined, topic: () => undefined } })
    const ann = await node.connect('ann')
    const message = node.text('bob', 'x')
    const first = await ann.ask('c2c', message)
    refuses = true
    expect(await ann.ask('c2c', message)).toEqual({ ...first, duplicate: true })
    expect(await ann.request('c2c', node.text('bob', 'new'))).toMatchObject({
      error: { code: 'REJECTED', details: { why: 'closed' } },
    })
    expect((await ann.ask('pull', { since: 0 })).entries).toHaveLength(1)
  })
})

describe('conversations', () => {
  it('tell unread, read positions and the last message, latest activity first, in pages', async () => {
    node = await TestNode.start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    for (let i = 0; i < 5; i++)
      await node.connect(`peer${i}`).then((peer) => peer.ask('c2c', node.text('bob', `from ${i}`)))
    await ann.ask('c2c', node.text('bob', 'one'))
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'two'))
    const all = await bob.ask('conversations')
    expect(all.unreadTotal).toBe(7)
    expect(all.conversations).toHaveLength(6)
    expect(all.cursor).toBeUndefined()
    const updated = all.conversations.map((one: { updatedAt: number }) => one.updatedAt)
    expect(updated).toEqual([...updated].sort((x, y) => y - x))
    const paged = []
    for (let cursor: string | undefined, turns = 0; turns < 10; turns++) {
      const page = await bob.ask('conversations', { limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      paged.push(...page.conversations)
      cursor = page.cursor
      if (cursor === undefined) break
    }
    expect(paged).toEqual(all.conversations)
    const mine = await bob.ask('conversation.get', { peerId: 'ann' })
    expect(mine).toMatchObject({
      conversationId,
      kind: 'c2c',
      peerId: 'ann',
      seq: 2,
      readSeq: 0,
      unread: 2,
      mentioned: 0,
      pinned: false,
      muted: false,
      hidden: false,
    })
    expect(mine.lastMessage.content.text).toBe('two')
    expect(await bob.ask('conversation.get', { conversationId })).toEqual(mine)
  })

  it('read moves forward only, reaches own devices, and the other user gets a receipt', async () => {
    node = await TestNode.start()
    const [ann, bob, pc] = [
      await node.connect('ann'),
      await node.connect('bob'),
      await node.connect('bob', { deviceType: 'pc' }),
    ]
    await ann.ask('c2c', node.text('bob', 'one'))
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'two'))
    expect(await bob.ask('read', { conversationId, seq: 2 })).toEqual({ readSeq: 2, unread: 0, atSeq: 2 })
    expect(await bob.ask('read', { conversationId, seq: 1 })).toEqual({ readSeq: 2, unread: 0, atSeq: 2 })
    await pc.until(() => pc.entries.length === 3)
    expect(pc.entries[2]).toEqual({
      seq: 3,
      kind: 'read',
      at: expect.any(Number),
      conversationId,
      readSeq: 2,
      unread: 0,
      atSeq: 2,
    })
    expect(ann.of('receipt')).toEqual([{ conversationId, userId: 'bob', readSeq: 2 }])
    expect(await ann.ask('conversation.get', { conversationId })).toMatchObject({ peerReadSeq: 2 })
  })

  it('update changes the given fields, reaches own devices once, and keeps its key', async () => {
    node = await TestNode.start()
    const [ann, pc] = [await node.connect('ann'), await node.connect('ann', { deviceType: 'pc' })]
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    const change = { conversationId, pinned: true, clientMsgId: 'u1' }
    expect(await ann.ask('conversation.update', change)).toMatchObject({
      conversationId,
      pinned: true,
      muted: false,
      hidden: false,
    })
    expect(await ann.ask('conversation.update', change)).toMatchObject({ pinned: true })
    expect(await ann.code('conversation.update', { ...change, pinned: false })).toBe('CONFLICT')
    expect(await ann.code('c2c', node.text('bob', 'x', 'u1'))).toBe('CONFLICT')
    await ann.ask('conversation.update', { conversationId, pinned: true })
    await ann.ask('c2c', node.text('bob', 'y'))
    await pc.until(() => pc.entries.length === 3)
    expect(pc.entries[1]).toEqual({
      seq: 2,
      kind: 'conversation',
      at: expect.any(Number),
      conversationId,
      pinned: true,
      muted: false,
      hidden: false,
    })
  })

  it('of others are NOT_FOUND in every request that names one, like those that do not exist', async () => {
    node = await TestNode.start()
    const [ann, eve] = [await node.connect('ann'), await node.connect('eve')]
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    const answers = new Set<string>()
    for (const id of [conversationId, 'p_none', 'x'])
      for (const [event, request] of [
        ['history', {}],
        ['read', { seq: 1 }],
        ['typing', {}],
        ['conversation.get', {}],
        ['conversation.update', { pinned: true }],
      ] as const)
        answers.add(JSON.stringify(await eve.request(event, { conversationId: id, ...request })))
    expect([...answers].map((answer) => JSON.parse(answer).error.code)).toEqual(['NOT_FOUND'])
  })
})

describe('acknowledgements', () => {
  it('are clamped to what the session got, and become a receipt for the sender', async () => {
    node = await TestNode.start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    expect(await bob.ask('ack', { seq: 99 })).toEqual({ seq: 1 })
    await ann.until(() => ann.of('receipt').length > 0)
    expect(ann.of('receipt')).toEqual([{ conversationId, userId: 'bob', deliveredSeq: 1 }])
    expect(await ann.ask('conversation.get', { conversationId })).toMatchObject({ peerDeliveredSeq: 1 })
  })

  it('do not cover what lies before a session that began at the head', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'before'))
    const bob = await node.connect('bob')
    await ann.ask('c2c', node.text('carl', 'x'))
    await bob.ask('ack', { seq: 1 })
    await node.rookery.drain()
    expect((await node.connect('ann').catch((error) => error)).code).toBe('UNAVAILABLE')
    expect(conversationId).toBeTruthy()
    expect(ann.of('receipt')).toEqual([])
  })

  it('come with a pull: it acknowledges the position it begins at', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    const bob = await node.connect('bob', { since: 0 })
    await bob.ask('pull', { since: 0 })
    await bob.ask('pull', { since: 1 })
    await ann.until(() => ann.of('receipt').length > 0)
    expect(ann.of('receipt')).toEqual([{ conversationId, userId: 'bob', deliveredSeq: 1 }])
  })
})

describe('typing and presence', () => {
  it('typing reaches the others in a conversation and is not stored', async () => {
    node = await TestNode.start()
    const [ann, bob, eve] = [await node.connect('ann'), await node.connect('bob'), await node.connect('eve')]
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    await ann.ask('typing', { conversationId })
    expect(bob.of('typing')).toEqual([{ conversationId, userId: 'ann' }])
    expect([...ann.of('typing'), ...eve.of('typing')]).toEqual([])
    expect((await bob.ask('pull', { since: 0 })).entries).toHaveLength(1)
  })

  it('presence shows the users with whom one shares a conversation, and nobody else', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    await ann.ask('c2c', node.text('bob', 'x'))
    const bob = await node.connect('bob', { deviceType: 'pc' })
    await node.connect('eve')
    expect(await ann.ask('presence', { userIds: ['bob', 'eve', 'nobody'], subscribe: true })).toEqual({
      users: [
        { userId: 'bob', online: true, devices: ['pc'] },
        { userId: 'eve', online: false, devices: [] },
        { userId: 'nobody', online: false, devices: [] },
      ],
    })
    bob.disconnect()
    await ann.until(() => ann.of('presence').length === 1)
    expect(ann.of('presence')[0]).toEqual({ userId: 'bob', online: false, devices: [] })
    await node.connect('bob')
    await ann.until(() => ann.of('presence').length === 2)
    expect(ann.of('presence')[1]).toEqual({ userId: 'bob', online: true, devices: ['phone'] })
  })

  it('lists over the limit are TOO_LARGE', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    expect(await ann.code('presence', { userIds: Array.from({ length: 201 }, (_, i) => `u${i}`) })).toBe('TOO_LARGE')
  })
})

describe('slots', () => {
  it('are taken over without a kick by the same instance, and with same-device by another', async () => {
    node = await TestNode.start()
    const first = await node.connect('ann', { deviceId: 'd', instance: 'i1' })
    const again = await node.connect('ann', { deviceId: 'd', instance: 'i1' })
    expect([first.isClosed, first.of('kick')]).toEqual([true, []])
    const plain = await node.connect('ann', { deviceId: 'd' })
    expect([again.isClosed, again.of('kick')]).toEqual([true, []])
    const other = await node.connect('ann', { deviceId: 'd', instance: 'i2' })
    expect(plain.of('kick')).toEqual([
      { reason: 'same-device', by: { deviceId: 'd', deviceType: 'phone', at: expect.any(Number) } },
    ])
    const device = await node.connect('ann', { deviceId: 'e' })
    expect(other.of('kick')).toEqual([
      { reason: 'same-device-type', by: { deviceId: 'e', deviceType: 'phone', at: expect.any(Number) } },
    ])
    expect(device.isClosed).toBe(false)
  })

  it('of 50 logins at once exactly one remains', async () => {
    node = await TestNode.start()
    const devices = await Promise.all(Array.from({ length: 50 }, () => node.connect('ann')))
    expect(devices.filter((device) => !device.isClosed)).toHaveLength(1)
    expect(devices.filter((device) => device.of('kick').length === 1)).toHaveLength(49)
  })

  it('logout answers, tells, and closes; the device is forgotten', async () => {
    node = await TestNode.start()
    const ann = await node.connect('ann')
    expect(await ann.ask('logout')).toEqual({})
    expect(ann.events.at(-1)).toEqual({ event: 'kick', payload: { reason: 'logout' } })
    expect(ann.isClosed).toBe(true)
  })
})

describe('tokens', () => {
  it('that expire close the session, unless they are refreshed', async () => {
    const expiresAt = Date.now() + 150
    node = await TestNode.start({
      authenticate: ({ token }) => ({
        userId: token.split(' ')[0]!,
        expiresAt: token.endsWith('long') ? expiresAt + 3_600_000 : expiresAt,
      }),
    })
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    expect(ann.ready.expiresAt).toBe(expiresAt)
    expect(await bob.ask('auth.refresh', { token: 'bob long' })).toEqual({ expiresAt: expiresAt + 3_600_000 })
    expect(await bob.code('auth.refresh', { token: 'ann long' })).toBe('UNAUTHENTICATED')
    await ann.until(() => ann.isClosed)
    expect(ann.of('kick')).toEqual([{ reason: 'token-expired' }])
    expect(bob.isClosed).toBe(false)
    await expect(node.connect('ann')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('failures', () => {
  it('of storage are UNAVAILABLE, of the server INTERNAL with an id and nothing of its inside', async () => {
    const storage = new MemoryStorage()
    const logged: string[] = []
    const logger = {
      info: () => {},
      warn: () => {},
      error: (message: string, _: unknown, facts?: object) => void logged.push(`${message} ${JSON.stringify(facts)}`),
    }
    node = await TestNode.start({ storage, logger })
    const ann = await node.connect('ann')
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    const messages = storage.timelines.messages
    storage.timelines.messages = () => Promise.reject(new StorageError('SELECT secret FROM /tmp/db', 'none'))
    expect(await ann.request('history', { conversationId })).toMatchObject({
      error: { code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) },
    })
    storage.timelines.messages = () => Promise.reject(new Error('SELECT secret FROM /tmp/db'))
    const answer = await ann.request('history', { conversationId })
    expect(answer).toMatchObject({ error: { code: 'INTERNAL', details: { id: expect.any(String) } } })
    expect(JSON.stringify(answer)).not.toContain('secret')
    if (!answer.ok) expect(logged.join()).toContain((answer.error.details as { id: string }).id)
    storage.timelines.messages = messages
    expect((await ann.ask('history', { conversationId })).messages).toHaveLength(1)
  })

  it('beyond the requests that may be unanswered are RATE_LIMITED, and the session goes on', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    node = await TestNode.start({
      limits: { inflight: 3 },
      handlers: { before: () => undefined, after: () => undefined, topic: () => () => gate },
    })
    const ann = await node.connect('ann')
    const waiting = Array.from({ length: 3 }, () => ann.ask('c2s', { topic: 'slow', payload: 1 }))
    expect(await ann.code('time', { t0: 1 })).toBe('RATE_LIMITED')
    release()
    await Promise.all(waiting)
    expect(await ann.ask('time', { t0: 1 })).toMatchObject({ t0: 1 })
  })
})
