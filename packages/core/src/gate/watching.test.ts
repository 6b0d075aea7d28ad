import { expect, it } from 'vitest'
import { MemoryPresence } from '../memory/memory-presence.js'
import type { NodeId, UserId } from '@rookery/protocol'
import type { SlotHolder } from '../ports/presence.js'
import { TestNode, VirtualClock } from '@rookery/testing'

/** Counts the calls that it gets. */
class CountedPresence extends MemoryPresence {
  /** The sizes of the sets that it got. */
  told: number[] = []
  /** The users that it was asked for, call by call. */
  asked: UserId[][] = []
  override async watch(nodeId: NodeId, boot: string, userIds: readonly UserId[]): Promise<void> {
    this.told.push(userIds.length)
    await super.watch(nodeId, boot, userIds)
  }
  override async locate(userIds: readonly UserId[]): Promise<readonly SlotHolder[]> {
    this.asked.push([...userIds])
    return super.locate(userIds)
  }
  forget(): void {
    this.told = []
    this.asked = []
  }
}

const start = async () => {
  const clock = new VirtualClock()
  const presence = new CountedPresence(clock)
  const node = await TestNode.start({ clock, presence, rate: 'off', contacts: { maySeePresence: () => true } })
  const friends = (from: number) => Array.from({ length: 20 }, (_, i) => `user${from + i}`)
  const watch = async (name: string, userIds: readonly string[]) => {
    const device = await node.connect(name)
    await device.ask('presence', { userIds, subscribe: true })
    return device
  }
  return { clock, presence, node, friends, watch }
}

it('a subscription asks presence for the users that it names, and again for those that nobody watched', async () => {
  const { clock, presence, friends, watch } = await start()
  for (let i = 0; i < 30; i++) await watch(`watcher${i}`, friends(i))
  await clock.advance(100)
  presence.forget()
  // Everybody in it is watched already, so it gets its answer and nothing else.
  const known = friends(7)
  const last = await watch('last', known)
  await clock.advance(100)
  expect(presence.asked).toEqual([known])
  expect(presence.told).toEqual([])
  presence.forget()
  const more = [...known.slice(1), 'new']
  await last.ask('presence', { userIds: more, subscribe: true })
  await clock.advance(100)
  expect(presence.asked).toEqual([more, ['new']])
  expect(presence.told).toHaveLength(1)
  presence.forget()
  await last.ask('presence', { userIds: [], subscribe: false })
  await clock.advance(100)
  expect(presence.told).toEqual([])
  // The heartbeat tells the whole set in one call.
  await clock.advance(10_000)
  expect(presence.told).toEqual([49])
})

it('subscriptions at once are told to presence together', async () => {
  const { clock, presence, friends, watch } = await start()
  presence.forget()
  for (let i = 0; i < 100; i++) await watch(`watcher${i}`, friends(i * 20))
  await clock.advance(100)
  expect(presence.told.length).toBeLessThanOrEqual(2)
  expect(presence.told.at(-1)).toBe(2_000)
})

it('a user who comes before presence is told of the subscription is told to the watcher', async () => {
  const { clock, node, watch } = await start()
  const first = await watch('ann', ['bob'])
  const second = await watch('carl', ['dave'])
  await node.connect('bob')
  await node.connect('dave')
  await clock.advance(200)
  expect(first.of('presence')).toMatchObject([{ userId: 'bob', online: true }])
  expect(second.of('presence')).toMatchObject([{ userId: 'dave', online: true }])
})

it('a user who is watched again is told from what the watcher was told last', async () => {
  const { clock, node, watch } = await start()
  const bob = await node.connect('bob')
  const ann = await watch('ann', ['bob'])
  await ann.ask('presence', { userIds: [], subscribe: false })
  bob.disconnect()
  await clock.advance(100)
  expect(await ann.ask('presence', { userIds: ['bob'], subscribe: true })).toMatchObject({ users: [{ online: false }] })
  await node.connect('bob')
  await clock.advance(100)
  expect(ann.of('presence')).toMatchObject([{ userId: 'bob', online: true }])
})
