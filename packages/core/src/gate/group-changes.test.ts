// Recalls, edits and reactions in groups: who may make them, and who gets them.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { RookeryOptions } from '../options/options.js'
import { type FakeDevice, TestNode, type Wire } from '@rookery/testing'

let node: TestNode
afterEach(() => node.stop())

const at = (conversationId: string, seq: number) => ({ conversationId, seq })

/** How history shows a message. */
async function shown(device: FakeDevice, { conversationId, seq }: { conversationId: string; seq: number }) {
  const { messages, mine } = await device.ask('history', { conversationId, after: seq - 1, limit: 1 })
  return { message: messages[0], mine: mine[messages[0].msgId] }
}

const soon = (): number => Date.now() + 1e6

/** Ann owns, Bob is admin, Carl and Dora are members. */
async function group(options: Partial<RookeryOptions> = {}) {
  const storage = new MemoryStorage()
  node = await TestNode.start({ storage, ...options })
  const connect = (user: string): Promise<FakeDevice> => node.connect(user)
  const [ann, bob, carl, dora] = [
    await connect('ann'),
    await connect('bob'),
    await connect('carl'),
    await connect('dora'),
  ]
  const { groupId } = await ann.ask('group.create', { name: 'cars', members: ['bob', 'carl', 'dora'] })
  await ann.ask('group.role', { groupId, userId: 'bob', role: 'admin' })
  const say = async (device: FakeDevice, text: string): Promise<{ conversationId: string; seq: number }> =>
    at(groupId, (await device.ask('c2g', node.text(groupId, text))).seq)
  return { storage, groupId: groupId as string, say, ann, bob, carl, dora }
}

describe('a change in a group', () => {
  it("owner and admins recall any member's message, members their own", async () => {
    const { say, ann, bob, carl, dora } = await group()
    const [x, y, z] = [await say(carl, 'x'), await say(carl, 'y'), await say(ann, 'z')]
    expect(await dora.code('recall', x)).toBe('FORBIDDEN')
    expect(await carl.code('recall', z)).toBe('FORBIDDEN')
    await carl.ask('recall', x)
    await bob.ask('recall', y)
    await bob.ask('recall', z)
    expect(await ann.code('edit', { ...(await say(carl, 'w')), content: {} })).toBe('FORBIDDEN')
    const { messages } = await dora.ask('history', { conversationId: x.conversationId })
    expect(messages.map(({ recalled }: Wire) => recalled).slice(2)).toEqual([true, true, true, undefined])
  })

  it('every member gets it, and nobody may change a message about the group', async () => {
    const { groupId, say, ann, carl, dora } = await group()
    const message = await say(carl, 'x')
    const pc = await node.connect('dora', { deviceType: 'pc' })
    const { seq } = await dora.ask('react', { ...message, reaction: '+1' })
    await pc.until(() => pc.entries.length === 1)
    expect(pc.entries[0].message).toMatchObject({
      seq,
      groupId,
      type: 'im.reaction',
      content: { seq: message.seq, reaction: '+1', remove: false },
    })
    expect(pc.entries[0].message.to).toBeUndefined()
    for (const device of [ann, carl, dora]) {
      expect((await shown(device, message)).message).toMatchObject({ reactions: { '+1': 1 }, asOf: seq })
      expect((await device.ask('pull', { since: 0 })).entries.at(-1).message).toEqual(pc.entries[0].message)
    }
    for (const event of ['recall', 'edit', 'react'])
      expect(
        await ann.code(event, {
          ...at(groupId, 1),
          ...(event === 'edit' ? { content: {} } : event === 'react' ? { reaction: 'x' } : {}),
        }),
      ).toBe('NOT_FOUND')
    expect(await ann.ask('readers', message)).toEqual({ read: 1, total: 4, userIds: ['carl'] })
  })

  it('a user who joins later has not read earlier messages, and does not count among the readers', async () => {
    const { groupId, say, ann, bob, carl, dora } = await group()
    const message = await say(carl, 'x')
    const eve = await node.connect('eve')
    await ann.ask('group.add', { groupId, userIds: ['eve'] })
    expect(await carl.ask('readers', message)).toEqual({ read: 1, total: 4, userIds: ['carl'] })
    for (const device of [ann, bob, dora, eve]) await device.ask('read', await say(carl, 'y'))
    expect(await carl.ask('readers', message)).toMatchObject({ read: 4, total: 4 })
    expect(await eve.code('readers', message)).toBe('NOT_FOUND')
  })

  it('who may not speak neither edits nor reacts, but takes back', async () => {
    const { groupId, say, ann, bob, carl, dora } = await group()
    const [x, y] = [await say(carl, 'x'), await say(bob, 'y')]
    await carl.ask('react', { ...y, reaction: '+1' })
    await ann.ask('group.mute', { groupId, userId: 'carl', until: soon() })
    expect(await carl.code('edit', { ...x, content: {} })).toBe('FORBIDDEN')
    expect(await carl.code('react', { ...y, reaction: '-1' })).toBe('FORBIDDEN')
    await carl.ask('react', { ...y, reaction: '+1', remove: true })
    await carl.ask('recall', x)
    await ann.ask('group.mute', { groupId, until: soon() })
    expect(await dora.code('react', { ...y, reaction: 'x' })).toBe('FORBIDDEN')
    await bob.ask('react', { ...y, reaction: 'x' })
  })

  it('a member may change only messages from its own membership, and a former member none', async () => {
    const { groupId, say, ann, carl } = await group()
    const mine = await say(carl, 'mine')
    await ann.ask('group.remove', { groupId, userIds: ['carl'] })
    const meanwhile = await say(ann, 'meanwhile')
    for (const [event, more] of [
      ['recall', {}],
      ['edit', { content: {} }],
      ['react', { reaction: 'x' }],
      ['readers', {}],
    ] as const)
      expect([event, await carl.code(event, { ...mine, ...more })]).toEqual([event, 'NOT_FOUND'])
    await ann.ask('recall', mine)
    await ann.ask('group.add', { groupId, userIds: ['carl'] })
    expect(await carl.code('react', { ...meanwhile, reaction: 'x' })).toBe('NOT_FOUND')
    expect(await carl.code('readers', meanwhile)).toBe('NOT_FOUND')
    const { messages } = await carl.ask('history', { conversationId: groupId })
    expect(messages.find(({ seq }: Wire) => seq === mine.seq)).toMatchObject({ withheld: true })
    expect(JSON.stringify(messages)).not.toContain('meanwhile')
  })

  it('a change decided before the group changed is decided again', async () => {
    const { groupId, say, storage, bob, carl } = await group()
    const other = await TestNode.start({ storage: new MemoryStorage({ database: storage.database }) })
    const ann = await other.connect('ann', { deviceType: 'pc' })
    const message = await say(carl, 'x')
    const commit = storage.commit.bind(storage)
    let isMuted = false
    // Between the decision and its commit another node mutes Carl.
    storage.commit = async (ops) => {
      if (!isMuted && ops.some(({ op }) => op === 'control')) {
        isMuted = true
        storage.commit = commit
        await ann.ask('group.mute', { groupId, userId: 'carl', until: soon() })
      }
      return commit(ops)
    }
    expect(await carl.code('edit', { ...message, content: { text: 'y' } })).toBe('FORBIDDEN')
    expect(isMuted).toBe(true)
    await other.stop()
    expect((await shown(bob, message)).message.content).toEqual({ text: 'x' })
  })

  it('the host changes what it likes, and afterwards the members find their group', async () => {
    const { say, bob, carl } = await group()
    const message = await say(carl, 'x')
    await node.rookery.im.edit({ ...message, content: { text: 'y' } })
    await node.rookery.im.recall(message)
    await expect(node.rookery.im.edit({ ...message, content: {} })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    for (const device of [bob, carl]) expect((await shown(device, message)).message.recalled).toBe(true)
  })

  it('typing reaches exactly the other members; in a group fanned out on read nobody', async () => {
    const { groupId, ann, bob, carl, dora } = await group({ fanout: { readAbove: 4 } })
    const eve = await node.connect('eve')
    await carl.ask('typing', { conversationId: groupId })
    const heard = (): number[] => [ann, bob, carl, dora, eve].map((device) => device.of('typing').length)
    expect(ann.of('typing')).toEqual([{ conversationId: groupId, userId: 'carl' }])
    expect(heard()).toEqual([1, 1, 0, 1, 0])
    expect(await eve.code('typing', { conversationId: groupId })).toBe('NOT_FOUND')
    await ann.ask('group.remove', { groupId, userIds: ['dora'] })
    expect(await dora.code('typing', { conversationId: groupId })).toBe('NOT_FOUND')
    await carl.ask('typing', { conversationId: groupId })
    expect(heard()).toEqual([2, 2, 0, 1, 0])
    await ann.ask('group.add', { groupId, userIds: ['fay', 'gil'] })
    await carl.ask('typing', { conversationId: groupId })
    expect(heard()).toEqual([2, 2, 0, 1, 0])
  })

  it('presence tells of members of a common group, and reading tells nobody in a group', async () => {
    const { say, ann, carl } = await group()
    await node.connect('eve')
    const { users } = await carl.ask('presence', { userIds: ['ann', 'eve'] })
    expect(users.map(({ online }: Wire) => online)).toEqual([true, false])
    await carl.ask('read', await say(ann, 'x'))
    expect(ann.of('receipt')).toEqual([])
  })
})
