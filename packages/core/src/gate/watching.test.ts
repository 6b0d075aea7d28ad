// Who may not see somebody any more is told nothing of them, whatever was subscribed to before.
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import { StorageError } from '../ports/storage.js'
import { TestNode } from '../testing/node.js'
import { settle } from '../testing/settle.js'
import { VirtualClock } from '../testing/virtual-clock.js'

let node: TestNode
let clock: VirtualClock | null = null
afterEach(async () => {
  await Promise.all([node.stop(), clock?.advance(10_000)])
  clock = null
})

const onlineOf = (device: { of(event: string): { userId: string; online: boolean }[] }): [string, boolean][] =>
  device.of('presence').map(({ userId, online }) => [userId, online])

/** A group of three in which bob watches ann, and carl does, too. */
async function scene(options: Parameters<typeof TestNode.start>[0] = {}) {
  node = await TestNode.start(options)
  const [ann, bob, carl] = [await node.connect('ann'), await node.connect('bob'), await node.connect('carl')]
  const { groupId } = await ann.ask('group.create', { name: 'g', members: ['bob', 'carl'] })
  for (const watcher of [bob, carl]) await watcher.ask('presence', { userIds: ['ann'], subscribe: true })
  await settle()
  return { ann, bob, carl, groupId }
}

describe('who watches somebody', () => {
  it.each<[string, (scene: Awaited<ReturnType<typeof scene>>) => Promise<unknown>]>([
    ['was removed', ({ ann, groupId }) => ann.ask('group.remove', { groupId, userIds: ['bob'] })],
    ['left', ({ bob, groupId }) => bob.ask('group.leave', { groupId })],
    ['was erased', () => node.rookery.maintenance.eraseUser('bob').then(() => undefined)],
  ])('and %s gets no event of those with whom nothing is shared', async (_, leave) => {
    const all = await scene()
    await leave(all)
    all.ann.disconnect()
    await all.carl.until(() => all.carl.of('presence').length > 0)
    await settle()
    expect(onlineOf(all.carl)).toEqual([['ann', false]])
    expect(onlineOf(all.bob)).toEqual([])
  })

  it('gets no event where the group was dissolved', async () => {
    const { ann, bob, carl, groupId } = await scene()
    await bob.ask('c2c', node.text('ann', 'x'))
    await ann.ask('group.dissolve', { groupId })
    ann.disconnect()
    await bob.until(() => bob.of('presence').length > 0)
    await settle()
    expect(onlineOf(carl)).toEqual([])
  })

  it('gets events again where something is shared again', async () => {
    const { ann, bob, groupId } = await scene()
    const other = await node.connect('ann', { deviceType: 'pc' })
    await bob.until(() => bob.of('presence').length === 1)
    await other.ask('group.remove', { groupId, userIds: ['bob'] })
    ann.disconnect()
    await settle()
    await other.ask('group.add', { groupId, userIds: ['bob'] })
    other.disconnect()
    await bob.until(() => bob.of('presence').length === 2)
    expect(onlineOf(bob)).toEqual([
      ['ann', true],
      ['ann', false],
    ])
  })

  it('gets events for as long as the contact policy says so', async () => {
    let friends = ['bob', 'carl']
    const contacts = { maySeePresence: (watcher: string) => friends.includes(watcher) }
    node = await TestNode.start({ contacts })
    const [ann, bob, carl] = [await node.connect('ann'), await node.connect('bob'), await node.connect('carl')]
    for (const watcher of [bob, carl]) await watcher.ask('presence', { userIds: ['ann'], subscribe: true })
    friends = ['carl']
    ann.disconnect()
    await carl.until(() => carl.of('presence').length > 0)
    expect(onlineOf(carl)).toEqual([['ann', false]])
    expect(onlineOf(bob)).toEqual([])
  })

  it.each(['does not answer', 'throws'])('is told though the policy %s about others', async (fault) => {
    clock = new VirtualClock()
    let isBroken = false
    const contacts = {
      maySeePresence: (watcher: string): boolean | Promise<boolean> => {
        if (!isBroken || watcher === 'dora') return true
        if (fault === 'throws') throw new Error('no policy today')
        return new Promise<boolean>(() => {})
      },
    }
    const { ann, bob } = await scene({ contacts, clock })
    const [eve, dora] = [await node.connect('eve'), await node.connect('dora')]
    for (const watcher of [eve, dora]) await watcher.ask('presence', { userIds: ['ann'], subscribe: true })
    isBroken = true
    ann.disconnect()
    await settle()
    expect(onlineOf(bob)).toEqual([['ann', false]])
    await clock.advance(5000)
    expect(onlineOf(dora)).toEqual([['ann', false]])
    expect(onlineOf(eve)).toEqual([])
    // The next change is told, however the last one went.
    isBroken = false
    await node.connect('ann')
    await settle()
    expect(onlineOf(eve)).toEqual([['ann', true]])
  })

  it('is told with the next heartbeat where storage could not say', async () => {
    clock = new VirtualClock()
    const storage = new MemoryStorage()
    const { ann, bob } = await scene({ clock, storage })
    const { members } = storage
    const sharing = members.sharing.bind(members)
    members.sharing = () => Promise.reject(new StorageError('no connection', 'none'))
    ann.disconnect()
    await settle()
    expect(onlineOf(bob)).toEqual([])
    members.sharing = sharing
    await clock.advance(10_000)
    expect(onlineOf(bob)).toEqual([['ann', false]])
  })
})

it('a node keeps its lease while storage does not say who may see whom', async () => {
  clock = new VirtualClock()
  const storage = new MemoryStorage()
  const { ann } = await scene({ clock, storage })
  storage.members.sharing = () => new Promise(() => {})
  ann.disconnect()
  await clock.advance(120_000)
  expect(await node.rookery.endpoints()).toHaveLength(1)
})

describe('presence and typing', () => {
  it('are answered within the deadline though the contact policy is not', async () => {
    clock = new VirtualClock()
    const never = (): Promise<boolean> => new Promise(() => {})
    node = await TestNode.start({ clock, contacts: { maySeePresence: never } })
    const ann = await node.connect('ann')
    const asked = ann.code('presence', { userIds: ['bob'] })
    await clock.advance(5000)
    expect(await asked).toBe('UNAVAILABLE')
  })

  it('who may not write to somebody does not type to them', async () => {
    let isBlocked = false
    node = await TestNode.start({ contacts: { mayWrite: () => !isBlocked } })
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'x'))
    isBlocked = true
    expect(await ann.code('typing', { conversationId })).toBe('FORBIDDEN')
    expect(bob.of('typing')).toEqual([])
  })

  it('a removed member neither types nor sees who does', async () => {
    const { ann, bob, carl, groupId } = await scene()
    await ann.ask('typing', { conversationId: groupId })
    await ann.ask('group.remove', { groupId, userIds: ['bob'] })
    await carl.ask('typing', { conversationId: groupId })
    expect(await bob.code('typing', { conversationId: groupId })).toBe('NOT_FOUND')
    expect(bob.of('typing').map(({ userId }) => userId)).toEqual(['ann'])
    expect(ann.of('typing').map(({ userId }) => userId)).toEqual(['carl'])
  })
})
