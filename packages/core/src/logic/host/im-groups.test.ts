// Groups for the host: without rights, with lists of any length, and inside the host's own transaction.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import { type FakeDevice, FaultyStorage, TestNode, VirtualClock, type Wire } from '@rookery/testing'

let node: TestNode
afterEach(() => node.stop())

const start = async (options: Partial<RookeryOptions> = {}) => {
  node = await TestNode.start(options)
  return node.rookery.im
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `u${String(i).padStart(4, '0')}`)

const contentsOf = async (device: FakeDevice): Promise<Wire[]> =>
  (await device.ask('pull', { since: 0 })).entries.map(({ message }: Wire) => message?.content)

describe('the host', () => {
  it('makes and changes groups without being anybody in them', async () => {
    const im = await start()
    const bob = await node.connect('bob')
    const group = await im.groups.create({
      owner: 'ann',
      name: 'cars',
      members: ['bob', 'ann'],
      ext: { at: new Date(0) },
    })
    expect(group).toEqual({
      groupId: expect.any(String),
      conversationId: group.groupId,
      name: 'cars',
      ext: { at: '1970-01-01T00:00:00.000Z' },
      ownerId: 'ann',
      memberCount: 2,
      version: 1,
      createdAt: expect.any(Number),
    })
    const { groupId } = group
    const until = Date.now() + 1e9
    expect(await im.groups.update(groupId, { name: 'boats', avatar: null })).toMatchObject({
      name: 'boats',
      version: 2,
    })
    expect(await im.groups.add(groupId, ['cid', 'dan'])).toMatchObject({ memberCount: 4 })
    expect(await im.groups.mute(groupId, { userId: 'cid', until })).toMatchObject({ version: 4 })
    expect(await im.groups.mute(groupId, { until })).toMatchObject({ mutedUntil: until })
    await expect(im.groups.remove(groupId, ['ann'])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await im.groups.role(groupId, 'bob', 'owner')).toMatchObject({ ownerId: 'bob' })
    await im.groups.leave(groupId, 'dan')
    expect(await im.groups.remove(groupId, ['ann', 'zoe'])).toMatchObject({ memberCount: 2 })
    expect(await im.groups.members(groupId)).toEqual({
      members: [
        { userId: 'bob', role: 'owner', joinedAt: expect.any(Number) },
        { userId: 'cid', role: 'member', joinedAt: expect.any(Number), mutedUntil: until },
      ],
    })
    expect(await im.groups.changed(groupId)).toMatchObject({ version: 9 })
    await im.groups.dissolve(groupId)
    await expect(im.groups.get(groupId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const contents = await contentsOf(bob)
    expect(contents.map(({ event, by }) => [event, by])).toEqual(
      ['created', 'updated', 'added', 'muted', 'muted', 'role', 'left', 'removed', 'updated', 'dissolved'].map(
        (event) => [event, null],
      ),
    )
    expect(contents[8]).toEqual({ event: 'updated', by: null, changes: {} })
  })

  it('gets an error that names what is wrong', async () => {
    const im = await start()
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars' })
    const code = (call: Promise<unknown>) =>
      call.then(
        () => 'ok',
        (error: { code: string }) => error.code,
      )
    expect(await code(im.groups.create({ owner: 'ann', name: '' }))).toBe('BAD_REQUEST')
    expect(await code(im.groups.create({ owner: '', name: 'x' }))).toBe('BAD_REQUEST')
    expect(await code(im.groups.create({ owner: 'nobody', name: 'x' }))).toBe('NOT_FOUND')
    expect(await code(im.groups.add(groupId, ['nobody']))).toBe('NOT_FOUND')
    expect(await code(im.groups.add(groupId, ['a b']))).toBe('BAD_REQUEST')
    expect(await code(im.groups.add('g_none', ['bob']))).toBe('NOT_FOUND')
    expect(await code(im.groups.mute(groupId, { until: Number.NaN }))).toBe('BAD_REQUEST')
    expect(await code(im.groups.role(groupId, 'bob', 'admin'))).toBe('NOT_FOUND')
    expect(await code(im.groups.get('not there'))).toBe('BAD_REQUEST')
    expect(await code(im.sendC2G({ from: 'bob', to: groupId, type: 'text', content: {} }))).toBe('NOT_FOUND')
    expect(await code(im.sendC2G({ from: 'ann', to: groupId, type: 'im.group', content: {} }))).toBe('BAD_REQUEST')
  })

  it('gives a key again, and the change is made once', async () => {
    const im = await start()
    const group = { owner: 'ann', name: 'cars', members: ids(500) }
    const first = await im.groups.create(group, { clientMsgId: 'k' })
    const again = await im.groups.create(group, { clientMsgId: 'k' })
    expect(again).toEqual(first)
    expect(first).toMatchObject({ memberCount: 501, version: 3 })
    await expect(im.groups.create({ ...group, name: 'x' }, { clientMsgId: 'k' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  it('works off long lists in parts, and says how far it is', async () => {
    const im = await start({ limits: { groupMembers: 10 }, fanout: { readAbove: 100_000 } })
    const seen: string[] = []
    const onProgress = ({ done, total }: { done: number; total: number }) => void seen.push(`${done}/${total}`)
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'all', members: ids(450) }, { onProgress })
    expect(await im.groups.remove(groupId, ids(450), { onProgress })).toMatchObject({ memberCount: 1 })
    expect(await im.groups.add(groupId, ids(201), { onProgress })).toMatchObject({ memberCount: 202 })
    expect(seen).toEqual(['200/451', '400/451', '451/451', '200/450', '400/450', '450/450', '200/201', '201/201'])
  })

  it('changes nothing where something is wrong with any part of a list', async () => {
    const im = await start({ fanout: { readAbove: 100_000 } })
    const ann = await node.connect('ann')
    const long = [...ids(250), 'nobody1']
    const unknown = { code: 'NOT_FOUND', details: { userIds: ['nobody1'] } }
    await expect(im.groups.create({ owner: 'ann', name: 'x', members: long })).rejects.toMatchObject(unknown)
    expect((await ann.ask('conversations')).conversations).toEqual([])
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'x' })
    await expect(im.groups.add(groupId, long)).rejects.toMatchObject(unknown)
    expect(await im.groups.get(groupId)).toMatchObject({ version: 1, memberCount: 1 })
    await im.groups.add(groupId, ids(250))
    await expect(im.groups.remove(groupId, [...ids(250), 'ann'])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await im.groups.get(groupId)).toMatchObject({ memberCount: 251 })
  })

  it('does the rest of a list by the same call again, where storage failed in the middle of it', async () => {
    const clock = new VirtualClock()
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const im = await start({ storage, clock, fanout: { readAbove: 100_000 }, timing: { drainMs: 1 } })
    const settled = async <T>(call: Promise<T>): Promise<T> => {
      let isDone = false
      call.then(
        () => (isDone = true),
        () => (isDone = true),
      )
      while (!isDone) await clock.advance(500)
      return call
    }
    const calls = {
      create: (_: string, options: object) =>
        im.groups.create({ owner: 'ann', name: 'x', members: ids(450) }, { clientMsgId: 'made', ...options }),
      add: (id: string, options: object) => im.groups.add(id, ids(900), options),
      remove: (id: string, options: object) => im.groups.remove(id, ids(900), options),
    }
    let groupId = ''
    for (const [name, inBetween, expected] of [
      ['create', undefined, 451],
      ['add', 451, 901],
      ['remove', 701, 1],
    ] as const) {
      const failing = { onProgress: () => storage.failCommits('none', 1e6) }
      await expect(settled(calls[name](groupId, failing))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      storage.heal()
      if (inBetween !== undefined) expect((await im.groups.get(groupId)).memberCount).toBe(inBetween)
      groupId = (await settled(calls[name](groupId, {}))).groupId
      expect([name, (await im.groups.get(groupId)).memberCount]).toEqual([name, expected])
    }
    const stopping = node.stop()
    await settled(stopping)
  })

  it('makes a group that grows above the line one that is fanned out on read, and never back', async () => {
    const storage = new MemoryStorage()
    const im = await start({ storage, fanout: { readAbove: 3 } })
    const ann = await node.connect('ann')
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'x', members: ['u1', 'u2'] })
    expect((await storage.groups.roster(groupId))!.fanOut).toBe('write')
    await ann.ask('group.add', { groupId, userIds: ['u3'] })
    expect((await storage.groups.roster(groupId))!.fanOut).toBe('read')
    await im.groups.remove(groupId, ['u1', 'u2', 'u3'])
    expect((await storage.groups.roster(groupId))!.fanOut).toBe('read')
    await ann.until(() => ann.entries.length === 2)
    const { seq } = await ann.ask('c2g', node.text(groupId, 'in its own timeline'))
    expect(seq).toBe(4)
    expect(ann.entries.map(({ kind, conversationId, from }) => [kind, conversationId, from])).toEqual([
      ['message', undefined, undefined],
      ['follow', groupId, 1],
    ])
    expect((await ann.ask('pull', { since: 0 })).entries).toEqual(ann.entries)
    const bob = await node.connect('u1')
    expect((await bob.ask('pull', { since: 0 })).entries.map(({ kind, from, to }: Wire) => [kind, from ?? to])).toEqual(
      [
        ['message', undefined],
        ['follow', 1],
        ['unfollow', 3],
      ],
    )
    expect(await bob.code('c2g', node.text(groupId, 'x'))).toBe('NOT_FOUND')
  })

  it('speaks in groups for members, and as the system', async () => {
    const im = await start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars', members: ['bob'] })
    await im.groups.mute(groupId, { userId: 'bob', until: Date.now() + 1e9 })
    const said = { from: 'bob', to: groupId, type: 'text', content: { text: 'for bob' }, mentions: ['ann'] }
    await expect(im.sendC2G({ ...said, checked: true })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const sent = await im.sendC2G({ ...said, clientMsgId: 'k' })
    expect(await im.sendC2G({ ...said, clientMsgId: 'k' })).toEqual({ ...sent, duplicate: true })
    await im.sendSystem({ conversationId: groupId, type: 'note', content: { n: 1 } })
    await ann.until(() => ann.entries.length === 4)
    expect(ann.entries.slice(2).map(({ message }) => message)).toMatchObject([
      { from: 'bob', groupId, via: 'server', mentions: ['ann'], content: { text: 'for bob' } },
      { from: null, groupId, via: 'server', content: { n: 1 } },
    ])
    // A message that the host sends on behalf of a user moves no position.
    expect(await bob.ask('conversation.get', { groupId })).toMatchObject({ readSeq: 0, unread: 1 })
    expect(await ann.ask('conversation.get', { groupId })).toMatchObject({ unread: 2, mentioned: 1 })
  })
})

describe('within a transaction', () => {
  it('a group, its members and its messages come with the commit, in order, once', async () => {
    const outbox = new MemoryOutbox()
    const im = await start({ outbox })
    const ann = await node.connect('ann')
    const tx = outbox.begin()
    const within = im.within(tx)
    const { groupId } = await within.groups.create({ owner: 'ann', name: 'cars', members: ['bob', 'cid'] })
    await im.within(tx).sendC2G({ from: 'bob', to: groupId, type: 'text', content: { text: 'hello' } })
    await within.groups.remove(groupId, ['bob'])
    await within.groups.changed(groupId)
    await within.groups.add(groupId, ['dan'])
    const { msgId } = await within.sendC2G({ from: 'ann', to: groupId, type: 'text', content: { text: 'bye' } })
    expect(ann.entries).toHaveLength(0)
    await expect(im.groups.get(groupId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    tx.commit()
    await ann.until(() => ann.entries.length === 6)
    expect(ann.entries.map(({ message }) => message.content.event ?? message.content.text)).toEqual([
      'created',
      'hello',
      'removed',
      'updated',
      'added',
      'bye',
    ])
    expect(ann.entries[5].message.msgId).toBe(msgId)
    expect((await im.groups.members(groupId)).members.map(({ userId }) => userId)).toEqual(['ann', 'cid', 'dan'])
    expect(outbox.reasons.size).toBe(0)
  })

  it('a rollback leaves nothing, and what could not be is refused at once', async () => {
    const outbox = new MemoryOutbox()
    const im = await start({ outbox })
    const ann = await node.connect('ann')
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars' })
    const tx = outbox.begin()
    const within = im.within(tx)
    await within.groups.add(groupId, ['bob'])
    await within.groups.create({ owner: 'ann', name: 'boats' })
    const refused = (call: Promise<unknown>, code: string) => expect(call).rejects.toMatchObject({ code })
    await refused(within.groups.add(groupId, ['nobody']), 'NOT_FOUND')
    await refused(within.groups.add('g_none', ['bob']), 'NOT_FOUND')
    await refused(within.groups.remove('g_none', ['bob']), 'NOT_FOUND')
    await refused(within.groups.changed('g_none'), 'NOT_FOUND')
    await refused(within.groups.create({ owner: 'nobody', name: 'x' }), 'NOT_FOUND')
    await refused(within.groups.create({ owner: 'ann', name: ' ' }), 'BAD_REQUEST')
    await refused(within.sendC2G({ from: 'zoe', to: groupId, type: 'text', content: {} }), 'NOT_FOUND')
    tx.rollback()
    await im.groups.changed(groupId)
    expect((await contentsOf(ann)).map(({ event }) => event)).toEqual(['created', 'updated'])
    expect((await ann.ask('conversations')).conversations).toHaveLength(1)
  })

  it('a recall and an edit come with the commit, in order among the messages; a rollback leaves neither', async () => {
    const outbox = new MemoryOutbox()
    const im = await start({ outbox })
    const ann = await node.connect('ann')
    const say = async (text: string) => (await ann.ask('c2c', node.text('bob', text))).seq as number
    const conversationId = im.conversationId('ann', 'bob')
    const [one, two] = [await say('one'), await say('two')]
    const undone = outbox.begin()
    await im.within(undone).recall({ conversationId, seq: one })
    undone.rollback()
    const tx = outbox.begin()
    const within = im.within(tx)
    await within.sendC2C({ from: 'bob', to: 'ann', type: 'text', content: { text: 'before' } })
    await within.edit({ conversationId, seq: one, content: { text: 'uno' } })
    await within.recall({ conversationId, seq: two })
    await within.sendC2C({ from: 'bob', to: 'ann', type: 'text', content: { text: 'after' } })
    expect(ann.entries).toHaveLength(2)
    tx.commit()
    await ann.until(() => ann.entries.length === 6)
    expect(ann.entries.slice(2).map(({ message }) => message.content.text ?? message.type)).toEqual([
      'before',
      'im.edit',
      'im.recall',
      'after',
    ])
    const { messages } = await im.history({ conversationId })
    expect(messages.slice(0, 2)).toMatchObject([{ content: { text: 'uno' } }, { recalled: true }])
    const none = outbox.begin()
    const refused = (call: Promise<unknown>, code: string) => expect(call).rejects.toMatchObject({ code })
    await refused(im.within(none).recall({ conversationId, seq: 99 }), 'NOT_FOUND')
    await refused(im.within(none).recall({ conversationId: 'none', seq: 1 }), 'NOT_FOUND')
    await refused(im.within(none).edit({ conversationId, seq: two, content: { text: 'x' } }), 'NOT_FOUND')
    await refused(
      im.within(none).edit({ conversationId, seq: one, content: { text: 'x'.repeat(70_000) } }),
      'TOO_LARGE',
    )
    await refused(im.within(none).edit({ conversationId, seq: 0, content: {} }), 'BAD_REQUEST')
    expect(none.rows).toEqual([])
  })

  it('a row is moved once, however often its answer is lost, and nothing of its group before it', async () => {
    const clock = new VirtualClock()
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const outbox = new MemoryOutbox()
    const node = await TestNode.start({ outbox, storage, clock, fanout: { readAbove: 500 } })
    const { im } = node.rookery
    const ann = await node.connect('ann')
    const tx = outbox.begin()
    const { groupId } = await im.within(tx).groups.create({ owner: 'ann', name: 'cars', members: ids(450) })
    await im.within(tx).sendC2G({ from: 'u0000', to: groupId, type: 'text', content: { text: 'hello' } })
    await im.within(tx).groups.remove(groupId, ['u0000'])
    storage.failCommits('unknown-stored', 300)
    storage.failReads(1)
    tx.commit()
    await clock.advance(15_000)
    expect(outbox.reasons.size).toBe(0)
    storage.heal()
    await clock.advance(15_000)
    const contents = await contentsOf(ann)
    expect(contents.map(({ event, text }) => event ?? text)).toEqual(['created', 'added', 'added', 'hello', 'removed'])
    expect(outbox.reasons.size).toBe(0)
    expect(await outbox.read(10)).toEqual([])
  })
})
