// Groups as the protocol has them, on one node: every request, its answer, and what the members get.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { RookeryOptions } from '../options/options.js'
import { createRookery } from '../rookery.js'
import { type FakeDevice, FaultyStorage, TestNode, VirtualClock, type Wire } from '@rookery/testing'

let node: TestNode
afterEach(() => node.stop())

const start = async (options: Partial<RookeryOptions> = {}): Promise<void> => {
  node = await TestNode.start(options)
}

/** A group of ann with these members. */
const makeGroup = async (ann: FakeDevice, ...members: string[]): Promise<string> =>
  (await ann.ask('group.create', { name: 'cars', members })).groupId

/** The messages that a device got live. */
const messages = (device: FakeDevice): Wire[] => device.entries.flatMap(({ message }) => (message ? [message] : []))
const lastMessage = (device: FakeDevice): Wire => messages(device).at(-1)
const contentsOf = async (device: FakeDevice): Promise<Wire[]> =>
  (await device.ask('pull', { since: 0 })).entries.map(({ message }: Wire) => message.content)

describe('group.create', () => {
  it('makes a group, and tells everybody in it', async () => {
    await start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const group = await ann.ask('group.create', {
      name: 'cars',
      members: ['bob', 'cid', 'bob', 'ann'],
      avatar: 'https://a/b.png',
      announcement: 'be kind',
      ext: { city: 'Ulm' },
      clientMsgId: 'k1',
    })
    expect(group).toEqual({
      groupId: expect.stringMatching(/^[!-~]{1,128}$/),
      conversationId: group.groupId,
      name: 'cars',
      avatar: 'https://a/b.png',
      announcement: 'be kind',
      ext: { city: 'Ulm' },
      ownerId: 'ann',
      role: 'owner',
      memberCount: 3,
      version: 1,
      createdAt: expect.any(Number),
    })
    await bob.until(() => bob.entries.length === 1)
    expect(bob.entries[0]).toEqual({
      seq: 1,
      kind: 'message',
      at: group.createdAt,
      message: {
        msgId: expect.any(String),
        clientMsgId: 'k1',
        conversationId: group.groupId,
        seq: 1,
        from: 'ann',
        groupId: group.groupId,
        type: 'im.group',
        content: {
          event: 'created',
          by: 'ann',
          userIds: ['ann', 'bob', 'cid'],
          changes: { name: 'cars', avatar: 'https://a/b.png', announcement: 'be kind', ext: { city: 'Ulm' } },
        },
        serverTime: group.createdAt,
      },
    })
    expect(ann.entries).toEqual(bob.entries)
    expect((await bob.ask('pull', { since: 0 })).entries).toEqual(bob.entries)
    expect(await bob.ask('group.get', { groupId: group.groupId })).toEqual({ ...group, role: 'member' })
    expect(await bob.ask('conversation.get', { groupId: group.groupId })).toMatchObject({
      kind: 'c2g',
      groupId: group.groupId,
      name: 'cars',
      unread: 0,
    })
    expect(ann.ready.features).toContain('c2g')
  })

  it('needs known users who may be added, and names those who may not', async () => {
    await start({ contacts: { mayAddToGroup: (by, userId) => `${by} ${userId}` !== 'ann shy' } })
    const ann = await node.connect('ann')
    expect(await ann.request('group.create', { name: 'x', members: ['bob', 'nobody1'] })).toMatchObject({
      error: { code: 'NOT_FOUND', details: { userIds: ['nobody1'] } },
    })
    expect(await ann.request('group.create', { name: 'x', members: ['bob', 'shy'] })).toMatchObject({
      error: { code: 'FORBIDDEN', details: { userIds: ['shy'] } },
    })
    const groupId = await makeGroup(ann, 'bob')
    expect(await ann.code('group.add', { groupId, userIds: ['nobody1'] })).toBe('NOT_FOUND')
    expect(await ann.code('group.add', { groupId, userIds: ['cid', 'shy'] })).toBe('FORBIDDEN')
    expect((await ann.ask('group.get', { groupId })).memberCount).toBe(2)
  })

  it('is bounded in its name, its lists, its members, and in what one user owns', async () => {
    await start({ limits: { list: 4, groupMembers: 4, groupsOwned: 2, groupName: 5, contentBytes: 300 } })
    const ann = await node.connect('ann')
    const create = (members: string[], given = {}) => ann.request('group.create', { name: 'x', members, ...given })
    expect(await create(['a', 'b', 'c', 'd', 'e'])).toMatchObject({ error: { code: 'TOO_LARGE' } })
    expect(await create(['a', 'b', 'c', 'd'])).toMatchObject({ error: { code: 'TOO_LARGE' } })
    expect(await create([], { name: '123456' })).toMatchObject({ error: { code: 'TOO_LARGE' } })
    expect(await create([], { announcement: 'x'.repeat(300) })).toMatchObject({ error: { code: 'TOO_LARGE' } })
    const groupId = await makeGroup(ann, 'a', 'b')
    expect(await ann.code('group.add', { groupId, userIds: ['a', 'b', 'c', 'd', 'e'] })).toBe('TOO_LARGE')
    expect(await ann.code('group.add', { groupId, userIds: ['c', 'd'] })).toBe('TOO_LARGE')
    expect(await ann.code('group.update', { groupId, name: '123456' })).toBe('TOO_LARGE')
    expect(await ann.ask('group.add', { groupId, userIds: ['c', 'a'] })).toMatchObject({ memberCount: 4 })
    await makeGroup(ann)
    expect(await create([])).toMatchObject({ error: { code: 'FORBIDDEN' } })
    const ben = await node.connect('ben')
    const other = await makeGroup(ben, 'ann')
    expect(await ben.code('group.role', { groupId: other, userId: 'ann', role: 'owner' })).toBe('FORBIDDEN')
  })
})

describe('what one user owns', () => {
  it('is bounded over requests at the same moment, too, by making and by being given', async () => {
    await start({ limits: { groupsOwned: 3 } })
    const [ann, ben] = [await node.connect('ann'), await node.connect('ben')]
    const pc = await node.connect('ann', { deviceType: 'pc' })
    const given = await makeGroup(ben, 'ann')
    const asked = Array.from({ length: 10 }, (_, i) =>
      [ann, pc][i % 2]!.request('group.create', { name: 'x', members: [] }),
    )
    const answers = await Promise.all([
      ...asked,
      ben.request('group.role', { groupId: given, userId: 'ann', role: 'owner' }),
      ...Array.from({ length: 10 }, () => ann.request('group.create', { name: 'x', members: [] })),
    ])
    expect(answers.filter(({ ok }) => ok)).toHaveLength(3)
    for (const answer of answers) if (!answer.ok) expect(answer.error.code).toBe('FORBIDDEN')
    const { conversations } = await ann.ask('conversations')
    const owned = await Promise.all(conversations.map(({ groupId }: Wire) => ann.ask('group.get', { groupId })))
    expect(owned.filter(({ ownerId }) => ownerId === 'ann')).toHaveLength(3)
  })
})

it('while nothing can be stored, each of many groups that one user makes at once is answered by its deadline', async () => {
  const clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  await start({ storage, clock, timing: { drainMs: 1 } })
  const ann = await node.connect('ann')
  storage.failCommits('none', 1e6)
  const answers: string[] = []
  for (let i = 0; i < 20; i++)
    void ann
      .request('group.create', { name: 'x', members: [] })
      .then((answer) => answers.push(answer.ok ? 'ok' : answer.error.code))
  await clock.advance(11_000)
  expect(answers).toEqual(Array.from({ length: 20 }, () => 'UNAVAILABLE'))
  storage.heal()
  await clock.advance(11_000)
  const made = ann.ask('group.create', { name: 'x', members: [] })
  await clock.advance(100)
  expect(await made).toMatchObject({ name: 'x' })
  // A group is not made if nobody waits for it any more.
  expect((await ann.ask('conversations')).conversations).toHaveLength(1)
  const stopping = node.stop()
  await clock.advance(1000)
  await stopping
})

describe('a key', () => {
  it('given again makes no second group, fifty times at once either', async () => {
    await start()
    const ann = await node.connect('ann')
    const request = { name: 'cars', members: ['bob'], clientMsgId: 'k1' }
    const groups = await Promise.all(Array.from({ length: 50 }, () => ann.ask('group.create', request)))
    expect(new Set(groups.map(({ groupId }) => groupId)).size).toBe(1)
    expect((await ann.ask('conversations')).conversations).toHaveLength(1)
    await ann.ask('group.update', { groupId: groups[0].groupId, name: 'boats' })
    expect(await ann.ask('group.create', request)).toMatchObject({ groupId: groups[0].groupId, name: 'boats' })
    expect(await ann.code('group.create', { ...request, name: 'ships' })).toBe('CONFLICT')
  })

  it('sent again does not undo changes in between, and goes before a refusal', async () => {
    await start()
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const groupId = await makeGroup(ann, 'bob')
    const first = { groupId, userId: 'bob', role: 'admin', clientMsgId: 'k1' }
    await ann.ask('group.role', first)
    await ann.ask('group.role', { groupId, userId: 'bob', role: 'member' })
    const { version } = await ann.ask('group.role', first)
    expect(version).toBe(3)
    expect((await ann.ask('group.members', { groupId })).members[1]).toMatchObject({ userId: 'bob', role: 'member' })
    expect(await ann.code('group.role', { ...first, role: 'member' })).toBe('CONFLICT')
    const leaving = { groupId, clientMsgId: 'k2' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => bob.request('group.leave', leaving)))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(await bob.ask('group.leave', leaving)).toEqual({})
    expect(await bob.code('group.leave', { groupId, clientMsgId: 'k3' })).toBe('NOT_FOUND')
    expect((await contentsOf(ann)).map(({ event }) => event)).toEqual(['created', 'role', 'role', 'left'])
  })
})

describe('a change of a group', () => {
  it('reaches all members, also those who join and those who leave by it', async () => {
    await start()
    const ann = await node.connect('ann')
    const groupId = await makeGroup(ann, 'bob')
    const [bob, cid] = [await node.connect('bob'), await node.connect('cid')]
    await ann.ask('group.add', { groupId, userIds: ['cid', 'bob'] })
    await ann.ask('group.update', { groupId, name: 'boats', announcement: 'hi' })
    await ann.ask('group.role', { groupId, userId: 'bob', role: 'admin' })
    const until = Date.now() + 1e9
    await ann.ask('group.mute', { groupId, userId: 'cid', until })
    await ann.ask('group.mute', { groupId, until })
    await ann.ask('group.remove', { groupId, userIds: ['cid'] })
    await ann.ask('group.role', { groupId, userId: 'bob', role: 'owner' })
    await ann.ask('group.leave', { groupId })
    await bob.ask('group.dissolve', { groupId })
    const told = [
      { event: 'added', by: 'ann', userIds: ['cid'] },
      { event: 'updated', by: 'ann', changes: { name: 'boats', announcement: 'hi' } },
      { event: 'role', by: 'ann', userIds: ['bob'], role: 'admin' },
      { event: 'muted', by: 'ann', userIds: ['cid'], until },
      { event: 'muted', by: 'ann', until },
      { event: 'removed', by: 'ann', userIds: ['cid'] },
      { event: 'role', by: 'ann', userIds: ['bob'], role: 'owner' },
      { event: 'left', by: 'ann', userIds: ['ann'] },
      { event: 'dissolved', by: 'bob' },
    ]
    await bob.until(() => messages(bob).length === told.length)
    const contents = (device: FakeDevice) => messages(device).map(({ content }) => content)
    expect(contents(bob)).toEqual(told)
    expect(contents(cid)).toEqual(told.slice(0, 6))
    expect(contents(ann).slice(1)).toEqual(told.slice(0, 8))
    for (const device of [ann, bob, cid]) {
      expect((await contentsOf(device)).slice(-contents(device).length)).toEqual(contents(device))
      expect(await device.code('group.get', { groupId })).toBe('NOT_FOUND')
    }
  })

  it('that changes nothing writes nothing', async () => {
    await start()
    const ann = await node.connect('ann')
    const made = await ann.ask('group.create', { name: 'cars', members: ['bob'], ext: { a: 1 } })
    const { groupId } = made
    for (const [event, request] of [
      ['group.update', { name: 'cars' }],
      ['group.update', { ext: { a: 1 }, avatar: '', announcement: '' }],
      ['group.update', {}],
      ['group.add', { userIds: ['bob', 'ann'] }],
      ['group.remove', { userIds: ['zoe'] }],
      ['group.role', { userId: 'bob', role: 'member' }],
      ['group.role', { userId: 'ann', role: 'owner' }],
      ['group.mute', { until: 0 }],
      ['group.mute', { until: 5 }],
      ['group.mute', { userId: 'bob', until: 0 }],
    ] as const)
      expect([event, await ann.ask(event, { groupId, ...request, clientMsgId: node.unique('k') })]).toEqual([
        event,
        made,
      ])
    expect(await contentsOf(ann)).toHaveLength(1)
  })

  it('may take the avatar and the announcement away', async () => {
    await start()
    const ann = await node.connect('ann')
    const { groupId } = await ann.ask('group.create', { name: 'x', members: [], avatar: 'a', announcement: 'b' })
    const group = await ann.ask('group.update', { groupId, avatar: '', announcement: '' })
    expect([group.avatar, group.announcement]).toEqual([undefined, undefined])
    expect(lastMessage(ann).content.changes).toEqual({ avatar: null, announcement: null })
  })
})

describe('group.members', () => {
  it('lists who is in it, page by page', async () => {
    await start({ limits: { list: 2 } })
    const ann = await node.connect('ann')
    const groupId = await makeGroup(ann, 'bob', 'cid')
    const until = Date.now() + 1e9
    await ann.ask('group.mute', { groupId, userId: 'bob', until })
    const first = await ann.ask('group.members', { groupId, limit: 1e9 })
    const joinedAt = expect.any(Number)
    expect(first).toEqual({
      members: [
        { userId: 'ann', role: 'owner', joinedAt },
        { userId: 'bob', role: 'member', joinedAt, mutedUntil: until },
      ],
      cursor: expect.any(String),
    })
    expect(await ann.ask('group.members', { groupId, cursor: first.cursor })).toEqual({
      members: [{ userId: 'cid', role: 'member', joinedAt }],
    })
    expect(await ann.code('group.members', { groupId, cursor: '' })).toBe('BAD_REQUEST')
  })
})

describe('c2g', () => {
  it('reaches every member once, the same for all, with the content that was sent', async () => {
    await start()
    const [ann, bob, pc] = [
      await node.connect('ann'),
      await node.connect('bob'),
      await node.connect('bob', { deviceType: 'pc' }),
    ]
    const groupId = await makeGroup(ann, 'bob')
    const request = {
      ...node.text(groupId, 'hello', 'k1'),
      ext: { a: 1 },
      replyTo: 1,
      silent: true,
      mentions: ['bob', '@all', 'bob', 'stranger'],
      clientTime: 5,
    }
    const sent = await ann.ask('c2g', request)
    expect(sent).toMatchObject({ conversationId: groupId, seq: 2, duplicate: false })
    expect(await ann.ask('c2g', request)).toEqual({ ...sent, duplicate: true })
    expect(await ann.code('c2g', { ...request, mentions: ['bob'] })).toBe('CONFLICT')
    for (const device of [ann, bob, pc]) {
      await device.until(() => device.entries.length === 2)
      expect(device.entries[1]).toEqual({
        seq: 2,
        kind: 'message',
        at: sent.serverTime,
        message: {
          msgId: sent.msgId,
          clientMsgId: 'k1',
          conversationId: groupId,
          seq: 2,
          from: 'ann',
          groupId,
          type: 'text',
          content: { text: 'hello' },
          ext: { a: 1 },
          replyTo: 1,
          silent: true,
          mentions: ['bob', '@all', 'stranger'],
          clientTime: 5,
          serverTime: sent.serverTime,
        },
      })
      expect((await device.ask('pull', { since: 0 })).entries).toEqual(device.entries)
    }
  })

  it('counts as unread, and as mentioned for the users that it mentions', async () => {
    await start()
    const [ann, bob, cid] = [await node.connect('ann'), await node.connect('bob'), await node.connect('cid')]
    const groupId = await makeGroup(ann, 'bob', 'cid')
    await ann.ask('c2g', { ...node.text(groupId, 'a'), mentions: ['bob'] })
    await ann.ask('c2g', { ...node.text(groupId, 'b'), mentions: ['@all'] })
    await ann.ask('c2g', node.text(groupId, 'c'))
    const counts = async (device: FakeDevice) => {
      const { unread, mentioned, readSeq } = await device.ask('conversation.get', { groupId })
      return { unread, mentioned, readSeq }
    }
    expect(await counts(ann)).toEqual({ unread: 0, mentioned: 0, readSeq: 4 })
    expect(await counts(bob)).toEqual({ unread: 3, mentioned: 2, readSeq: 0 })
    expect(await counts(cid)).toEqual({ unread: 3, mentioned: 1, readSeq: 0 })
  })

  it('is for members who may speak', async () => {
    await start()
    const [ann, bob, cid] = [await node.connect('ann'), await node.connect('bob'), await node.connect('cid')]
    const groupId = await makeGroup(ann, 'bob')
    const say = async (device: FakeDevice, key?: string) => {
      const answer = await device.request('c2g', node.text(groupId, 'x', key))
      return answer.ok ? 'ok' : answer.error.code
    }
    expect(await say(cid)).toBe('NOT_FOUND')
    expect(await cid.code('c2g', node.text('g_missing', 'x'))).toBe('NOT_FOUND')
    expect(await say(bob, 'before')).toBe('ok')
    const until = Date.now() + 1e9
    await ann.ask('group.mute', { groupId, userId: 'bob', until })
    expect(await say(bob)).toBe('FORBIDDEN')
    expect(await say(bob, 'before')).toBe('ok')
    expect(await say(ann)).toBe('ok')
    await ann.ask('group.mute', { groupId, userId: 'bob', until: 0 })
    expect(await say(bob)).toBe('ok')
    await ann.ask('group.mute', { groupId, until })
    expect(await say(bob)).toBe('FORBIDDEN')
    expect(await say(ann)).toBe('ok')
    await ann.ask('group.role', { groupId, userId: 'bob', role: 'admin' })
    expect(await say(bob)).toBe('ok')
    await ann.ask('group.remove', { groupId, userIds: ['bob'] })
    expect(await say(bob)).toBe('NOT_FOUND')
    expect(await say(bob, 'before')).toBe('ok')
    await ann.ask('group.dissolve', { groupId })
    expect(await say(ann)).toBe('NOT_FOUND')
  })

  it('to a c2c conversation is NOT_FOUND, and so is every request for a group that does not exist', async () => {
    await start()
    const ann = await node.connect('ann')
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    expect(await ann.code('c2g', node.text(conversationId, 'x'))).toBe('NOT_FOUND')
    for (const groupId of [conversationId, 'g_missing']) {
      expect(await ann.code('group.get', { groupId })).toBe('NOT_FOUND')
      expect(await ann.code('group.members', { groupId })).toBe('NOT_FOUND')
      expect(await ann.code('group.add', { groupId, userIds: ['cid'] })).toBe('NOT_FOUND')
      expect(await ann.code('group.leave', { groupId })).toBe('NOT_FOUND')
    }
  })

  it('passes the handlers for groups, with the group as the recipient', async () => {
    const seen: unknown[] = []
    await start({
      handlers: {
        before: (kind, type) =>
          kind === 'c2g' && type === 'offer'
            ? async (session, { to, content, mentions }) => {
                seen.push(['before', session.userId, to, mentions])
                return { ...content, by: session.userId }
              }
            : undefined,
        after: (kind) =>
          kind === 'c2g' ? async (_, { to }, { seq }) => void seen.push(['after', to, seq]) : undefined,
        topic: () => undefined,
      },
    })
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const groupId = await makeGroup(ann, 'bob')
    const offer = { ...node.text(groupId, ''), type: 'offer', content: { n: 1 } }
    await ann.ask('c2g', { ...offer, mentions: ['bob', '@all'] })
    await bob.until(() => bob.entries.length === 2)
    expect(lastMessage(bob).content).toEqual({ n: 1, by: 'ann' })
    expect(seen).toEqual([
      ['before', 'ann', groupId, ['bob', '@all']],
      ['after', groupId, 2],
    ])
  })

  it('may mention as many as a list may have', async () => {
    await start({ limits: { list: 2 } })
    const ann = await node.connect('ann')
    const groupId = await makeGroup(ann)
    const text = node.text(groupId, 'x')
    expect(await ann.code('c2g', { ...text, mentions: ['a', 'b', 'c'] })).toBe('TOO_LARGE')
    expect(await ann.ask('c2g', { ...text, mentions: ['a', 'b'] })).toMatchObject({ seq: 2 })
  })

  it('is held back behind one that was refused for being too many', async () => {
    await start({
      limits: { inflight: 1 },
      handlers: {
        before: () => () => new Promise((done) => setTimeout(done, 5)),
        after: () => undefined,
        topic: () => undefined,
      },
    })
    const ann = await node.connect('ann')
    const groupId = await makeGroup(ann)
    const first = ann.request('c2g', node.text(groupId, 'first'))
    const second = node.text(groupId, 'second')
    expect(await ann.code('c2g', second)).toBe('RATE_LIMITED')
    expect(await first).toMatchObject({ ok: true })
    expect(await ann.code('c2g', node.text(groupId, 'third'))).toBe('RATE_LIMITED')
    expect(await ann.ask('c2g', second)).toMatchObject({ seq: 3 })
  })
})

it('a new member reads from then on, or everything if the host wants that', async () => {
  for (const [joinersRead, lastText] of [
    ['from-now', undefined],
    ['everything', 'before'],
  ] as const) {
    await start({ groups: { joinersRead } })
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const groupId = await makeGroup(ann)
    await ann.ask('c2g', node.text(groupId, 'before'))
    await ann.ask('group.add', { groupId, userIds: ['bob'] })
    const { lastMessage, unread } = await bob.ask('conversation.get', { groupId })
    expect([joinersRead, lastMessage?.content.text, unread]).toEqual([joinersRead, lastText, 0])
    if (joinersRead === 'from-now') await node.stop()
  }
})

it('typing reaches the other members, and nobody else', async () => {
  await start()
  const [ann, bob, cid] = [await node.connect('ann'), await node.connect('bob'), await node.connect('cid')]
  const groupId = await makeGroup(ann, 'bob', 'cid')
  await ann.ask('c2g', node.text(groupId, 'x'))
  await ann.ask('group.remove', { groupId, userIds: ['cid'] })
  await ann.ask('typing', { conversationId: groupId })
  expect([ann, bob, cid].map((device) => device.of('typing').length)).toEqual([0, 1, 0])
})

it('names of groups are asked of the host as those of others are', async () => {
  await start({
    names: {
      names: (_, conversations) =>
        conversations.map(({ kind, conversationId }) =>
          kind === 'c2g' && conversationId.startsWith('g_') ? { name: 'from the host' } : null,
        ) as unknown as Promise<[]>,
    },
  })
  const ann = await node.connect('ann')
  const groupId = await makeGroup(ann)
  expect(await ann.ask('conversation.get', { groupId })).toMatchObject({ name: 'from the host' })
  expect((await ann.ask('conversations')).conversations[0]).toMatchObject({ name: 'from the host' })
})

it('a mistake in the options for groups is named in one line, with its remedy', () => {
  const options = (given: object) => (): unknown =>
    createRookery({ storage: new MemoryStorage(), authenticate: () => null, ...given })
  for (const [given, line] of [
    [{ groups: { anybodyMayAdd: true } }, /^Rookery option groups\.anybodyMayAdd does not exist: known are [^\n]+\.$/],
    [{ groups: { membersMayAdd: 'yes' } }, /^Rookery option groups\.membersMayAdd is not a boolean: [^\n]+\.$/],
    [{ groups: { joinersRead: 'some' } }, /^Rookery option groups\.joinersRead is not one of its values: [^\n]+\.$/],
    [{ fanout: { readAbove: 0 } }, /^Rookery option fanout\.readAbove is not a whole number from 1: [^\n]+\.$/],
    [{ fanout: { writeBelow: 5 } }, /^Rookery option fanout\.writeBelow does not exist: [^\n]+\.$/],
  ] as const)
    expect(options(given)).toThrow(line)
})
