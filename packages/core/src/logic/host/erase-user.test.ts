import { afterEach, describe, expect, it } from 'vitest'
import { MemoryBusHub } from '../../memory/memory-bus.js'
import { MemoryDatabase } from '../../memory/memory-database.js'
import { MemoryPresence } from '../../memory/memory-presence.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import { TestNode, VirtualClock } from '@rookery/testing'

const clock = new VirtualClock()
const nodes: TestNode[] = []
afterEach(async () => {
  const stopping = Promise.all(nodes.splice(0).map((node) => node.stop()))
  await clock.advance(10_000)
  await stopping
})

async function start(options: Partial<RookeryOptions> = {}): Promise<TestNode> {
  const node = await TestNode.start({ clock, rate: 'off', ...options })
  nodes.push(node)
  return node
}

/** Several nodes of one system. */
async function cluster(count: number): Promise<readonly TestNode[]> {
  const [database, presence, hub] = [new MemoryDatabase(), new MemoryPresence(clock), new MemoryBusHub()]
  for (let n = 1; n <= count; n += 1)
    await start({ nodeId: `n${n}`, presence, bus: hub.bus(), storage: new MemoryStorage({ database }) })
  return nodes
}

/** Moves time on until the promise is settled. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let isOver = false
  void work.catch(() => {}).finally(() => (isOver = true))
  for (let n = 0; n < 1000 && !isOver; n += 1) await clock.advance(100)
  return work
}

const records = async (chat: TestNode, userId: string) => {
  const found = []
  for await (const record of chat.rookery.maintenance.exportUser(userId)) found.push(record)
  return found
}

describe('a user that is erased', () => {
  it('has left its groups: their members get a message, and later messages do not reach its inbox', async () => {
    const chat = await start()
    const { groups } = chat.rookery.im
    const { groupId } = await groups.create({ owner: 'bob', name: 'all', members: ['ann', 'carol'] })
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')]
    await ann.ask('c2g', chat.text(groupId, 'of ann'))

    const told: number[] = []
    const erasing = chat.rookery.maintenance.eraseUser('ann', { onProgress: (so) => told.push(so.groups) })
    expect(await settled(erasing)).toMatchObject({ done: 1, groups: 1, messages: 1 })
    expect(told[0]).toBe(1)
    expect(bob.entries.at(-1)?.message).toMatchObject({
      type: 'im.group',
      content: { event: 'left', by: null, userIds: ['ann'] },
    })
    expect((await groups.members(groupId)).members.map(({ userId }) => userId)).toEqual(['bob', 'carol'])

    await bob.ask('c2g', chat.text(groupId, 'afterwards'))
    const left = await records(chat, 'ann')
    expect(left.filter(({ record }) => record === 'entry')).toEqual([])
    expect(left).toContainEqual(expect.objectContaining({ record: 'membership', conversationId: groupId, ended: true }))
    const { messages } = await bob.ask('history', { conversationId: groupId })
    expect(
      messages.find(({ from, type }: { from: string; type: string }) => from === 'ann' && type === 'text'),
    ).toEqual(expect.not.objectContaining({ content: expect.anything() }))
  })

  it('has left every group, also those that become active while they are listed', async () => {
    const storage = new MemoryStorage()
    let now = clock.now()
    const chat = await start({
      storage,
      clock: {
        now: () => (now += 1),
        monotonic: () => clock.monotonic(),
        setTimeout: (run, ms) => clock.setTimeout(run, ms),
        clearTimeout: (timer) => clock.clearTimeout(timer),
        endOfTurn: () => clock.endOfTurn(),
      },
    })
    const { im } = chat.rookery
    const groupIds: string[] = []
    for (let n = 0; n < 230; n += 1) {
      const { groupId } = await im.groups.create({ owner: 'bob', name: `${n}`, members: ['ann'] })
      groupIds.push(groupId)
    }
    // In each of them somebody sends something after each page was read.
    const talk = async (): Promise<void> => {
      for (const groupId of groupIds.slice(0, 220))
        await im.sendC2G({ from: 'bob', to: groupId, type: 'text', content: { text: 'hi' } })
    }
    for (const [role, name] of [
      [storage.conversations, 'list'],
      [storage.groups, 'memberOf'],
    ] as const) {
      const read = Reflect.get(role, name) as (...args: unknown[]) => Promise<unknown>
      Object.assign(role, {
        [name]: async (...args: unknown[]) => {
          const page = await read(...args)
          await talk()
          return page
        },
      })
    }
    expect((await settled(chat.rookery.maintenance.eraseUser('ann'))).groups).toBe(230)
    expect((await storage.groups.memberOf('ann', null, 10)).groupIds).toEqual([])
  })

  it('leaves nothing to a user who logs in later under its id: everything earlier is closed, everything later is open', async () => {
    const chat = await start()
    const { im, maintenance } = chat.rookery
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')]
    const sent = await ann.ask('c2c', chat.text('bob', 'secret', 'k1'))
    const { conversationId } = sent
    await bob.ask('c2c', chat.text('ann', 'answer'))
    await ann.ask('c2c', { ...chat.text('bob', 'of a car'), subject: 'car' })
    await ann.ask('react', { conversationId, seq: 2, reaction: '+' })
    await bob.ask('read', { conversationId, seq: 3 })
    const { groupId } = await im.groups.create({ owner: 'bob', name: 'all', members: ['ann'] })
    await bob.ask('c2g', chat.text(groupId, 'in the group'))
    await settled(maintenance.eraseUser('ann'))

    const heir = await chat.connect('ann', { since: 0 })
    expect(await heir.ask('pull', { since: 0 })).toMatchObject({ entries: [], timelines: [] })
    expect(await heir.ask('conversations')).toEqual({ conversations: [], unreadTotal: 0 })
    const place = { conversationId, seq: 1 }
    for (const [event, request] of [
      ['conversation.get', { peerId: 'bob' }],
      ['conversation.get', { peerId: 'bob', subject: 'car' }],
      ['conversation.get', { conversationId }],
      ['conversation.get', { groupId }],
      ['history', { conversationId }],
      ['history', { conversationId: groupId }],
      ['readers', place],
      ['recall', place],
      ['edit', { ...place, content: {} }],
      ['react', { ...place, reaction: '+' }],
      ['group.get', { groupId }],
    ] as const)
      expect([event, await heir.code(event, request)]).toEqual([event, 'NOT_FOUND'])
    const { users } = await heir.ask('presence', { userIds: ['bob'] })
    expect(users[0].online).toBe(false)

    // The other user has the same key.
    const first = await heir.ask('c2c', chat.text('bob', 'hello, I am new', 'k1'))
    expect([first.duplicate, first.msgId === sent.msgId]).toEqual([false, false])
    const page = await heir.ask('history', { conversationId })
    expect(page.messages.map(({ content }: { content: object }) => content)).toEqual([{ text: 'hello, I am new' }])
    expect(page.mine).toEqual({})
    for (const [event, request] of [
      ['readers', place],
      ['react', { ...place, reaction: '+' }],
      ['recall', place],
    ] as const)
      expect(await heir.code(event, request)).toBe('NOT_FOUND')
    expect(await heir.ask('conversation.get', { peerId: 'bob' })).toMatchObject({
      unread: 0,
      lastMessage: { seq: first.seq },
    })
    expect(await heir.code('conversation.get', { peerId: 'bob', subject: 'car' })).toBe('NOT_FOUND')
    // The peer still has everything.
    const theirs = await bob.ask('history', { conversationId })
    expect(theirs.messages.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, first.seq])

    await im.groups.add(groupId, ['ann'])
    const inGroup = await heir.ask('history', { conversationId: groupId })
    expect(JSON.stringify(inGroup.messages)).not.toContain('in the group')
  })

  it('while others write to it: a later user of the id sees no message from before the end of the erasure', async () => {
    const chat = await start({ retention: { batchRows: 3, pauseMs: 10 } })
    const { im, maintenance } = chat.rookery
    const from = Array.from({ length: 40 }, (_, n) => `u${n}`)
    const say = (n: number) =>
      im.sendC2C({ from: from[n % 40]!, to: 'ann', type: 'text', content: { text: `before ${n}` } })
    for (const [n, to] of from.entries()) {
      await say(n)
      await im.sendC2C({ from: 'ann', to, type: 'text', content: { text: 'mine' } })
    }
    let isOver = false
    const erasing = maintenance.eraseUser('ann').finally(() => (isOver = true))
    let last = 0
    for (let n = 40; !isOver && n < 2000; n += 1) {
      await say(n)
      last = n
      await clock.advance(3)
    }
    await erasing
    expect(last).toBeGreaterThan(50)
    const heir = await chat.connect('ann', { since: 0 })
    const seen: string[] = []
    for (let since = 0, more = true; more;) {
      const page = await heir.ask('pull', { since })
      for (const { message } of page.entries) seen.push(message.content.text)
      since = page.seq
      more = page.more
    }
    const { conversations } = await heir.ask('conversations')
    for (const { conversationId } of conversations) {
      const { messages } = await heir.ask('history', { conversationId })
      for (const message of messages) seen.push(message.content.text)
    }
    // Only what came after the last step.
    for (const text of seen) expect(text).toBe(`before ${last}`)
  })

  it('is refused while it owns groups, and then nothing has happened', async () => {
    const chat = await start()
    const { groups } = chat.rookery.im
    const [one, two] = [
      await groups.create({ owner: 'ann', name: 'one', members: ['bob'] }),
      await groups.create({ owner: 'ann', name: 'two' }),
    ]
    const third = await groups.create({ owner: 'bob', name: 'three', members: ['ann'] })
    const ann = await chat.connect('ann')
    const before = await records(chat, 'ann')
    const refused = await chat.rookery.maintenance.eraseUser('ann').catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'FORBIDDEN' })
    const { groupIds } = (refused as { details: { groupIds: string[] } }).details
    expect(groupIds.toSorted()).toEqual([one.groupId, two.groupId].toSorted())
    expect(ann.isClosed).toBe(false)
    expect(await records(chat, 'ann')).toEqual(before)
    expect((await groups.get(third.groupId)).memberCount).toBe(2)
  })

  it('hands its groups over if asked to: to an admin, or to the oldest member; groups without others end', async () => {
    const chat = await start()
    const { groups } = chat.rookery.im
    const make = async (members: readonly string[]): Promise<string> => {
      const { groupId } = await groups.create({ owner: 'ann', name: 'of ann' })
      for (const userId of members) {
        await clock.advance(1000)
        await groups.add(groupId, [userId])
      }
      return groupId
    }
    const withAdmin = await make(['bob', 'carol', 'dave'])
    await groups.role(withAdmin, 'dave', 'admin')
    const [withMembers, alone] = [await make(['dave', 'bob']), await make([])]
    const many = await groups.create({
      owner: 'ann',
      name: 'many',
      members: Array.from({ length: 450 }, (_, n) => `u${n}`),
    })
    await groups.role(many.groupId, 'u99', 'admin')

    const erasing = chat.rookery.maintenance.eraseUser('ann', { ownedGroups: 'hand-over' })
    expect((await settled(erasing)).groups).toBe(4)
    expect(await groups.get(withAdmin)).toMatchObject({ ownerId: 'dave', memberCount: 3 })
    expect(await groups.get(withMembers)).toMatchObject({ ownerId: 'dave', memberCount: 2 })
    expect(await groups.get(many.groupId)).toMatchObject({ ownerId: 'u99', memberCount: 450 })
    await expect(groups.get(alone)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('dissolves its groups where that is asked, and leaves the others', async () => {
    const chat = await start()
    const { groups } = chat.rookery.im
    const own = await groups.create({ owner: 'ann', name: 'own', members: ['bob'] })
    const other = await groups.create({ owner: 'bob', name: 'other', members: ['ann'] })
    await settled(chat.rookery.maintenance.eraseUser('ann', { ownedGroups: 'dissolve' }))
    await expect(groups.get(own.groupId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await groups.get(other.groupId)).toMatchObject({ ownerId: 'bob', memberCount: 1 })
  })

  it('has its sessions closed on every node; what their devices acknowledged last makes no device known again', async () => {
    const [first, second, third] = await cluster(3)
    const { groupId } = await first!.rookery.im.groups.create({ owner: 'bob', name: 'all', members: ['ann'] })
    const phone = await first!.connect('ann', { since: 0 })
    const web = await second!.connect('ann', { deviceType: 'web', since: 0 })
    const bob = await third!.connect('bob')
    // The third node has the group in its cache.
    await bob.ask('c2g', third!.text(groupId, 'to both'))
    await bob.ask('c2c', third!.text('ann', 'to ann'))
    for (const device of [phone, web]) {
      await device.ask('pull', { since: 0 })
      await device.ask('ack', { seq: 3 })
    }
    await settled(second!.rookery.maintenance.eraseUser('ann'))
    expect([phone.isClosed, web.isClosed]).toEqual([true, true])
    for (const device of [phone, web])
      expect(device.events).toContainEqual({ event: 'kick', payload: { reason: 'admin' } })
    await clock.advance(60_000)
    const left = await records(first!, 'ann')
    expect(left.filter(({ record }) => record === 'device' || record === 'entry')).toEqual([])

    // Later messages use the present list of members, also on nodes that have cached the list before it.
    await bob.ask('c2g', third!.text(groupId, 'after'))
    expect((await records(first!, 'ann')).filter(({ record }) => record === 'entry')).toEqual([])
    expect(bob.entries.map(({ seq }) => seq)).toEqual(bob.entries.map((_, n) => n + bob.entries[0]!.seq))
  })

  it('is erased all the same where a node does not close its session: it is waited for one lease', async () => {
    const [first] = await cluster(1)
    await first!.connect('bob')
    const stuck: Awaited<ReturnType<MemoryPresence['locate']>> = [
      {
        ...{ userId: 'ann', slot: 'phone', deviceType: 'phone', deviceId: 'd', instance: null, sessionId: 's' },
        ...{ nodeId: 'gone', boot: 'b', at: 0 },
      },
    ]
    const presence = new MemoryPresence(clock)
    presence.locate = async () => stuck
    const chat = await start({ nodeId: 'n2', presence, bus: new MemoryBusHub().bus() })
    await chat.rookery.im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: 'hi' } })
    const began = clock.monotonic()
    expect(await settled(chat.rookery.maintenance.eraseUser('ann'))).toMatchObject({ messages: 1 })
    expect(clock.monotonic() - began).toBeGreaterThanOrEqual(30_000)
  })
})
