import { afterEach, describe, expect, it } from 'vitest'
import { MemoryBusHub } from '../memory/memory-bus.js'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { RookeryOptions } from '../options.js'
import { TestNode } from '../testing/node.js'
import { VirtualClock } from '../testing/virtual-clock.js'

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

/** Nodes that are one system. */
async function cluster(count: number): Promise<readonly TestNode[]> {
  const [database, presence, hub] = [new MemoryDatabase(), new MemoryPresence(clock), new MemoryBusHub()]
  for (let n = 1; n <= count; n += 1)
    await start({ nodeId: `n${n}`, presence, bus: hub.bus(), storage: new MemoryStorage({ database }) })
  return nodes
}

/** Moves time on until it is settled. */
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
  it('has left its groups: their members are told, and what is said there reaches its inbox no more', async () => {
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

  it('hands its groups over where that is asked: to an admin, or to the oldest member; those of its own end', async () => {
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
    // The third node knows who is in the group.
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

    // Whoever talks on goes by the list of members as it is now, on nodes that knew the one before, too.
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
