// A user follows more timelines than a list may have: all are listed, the client names all in turns, and none is
// skipped.
import { afterEach, describe, expect, it } from 'vitest'
import { type FakeAuth, FakeDevice, FollowingClient, type Wire } from '@rookery/testing'
import { GroupScene, type SceneGroup } from '../../testing/group-scene.js'

let scene: GroupScene
afterEach(() => scene.stop())

const list = 3

/** Groups that bob follows, each with two messages: the one that tells of its creation, and one that a member sent. */
async function following(count: number): Promise<SceneGroup[]> {
  scene = await GroupScene.start(1, { limits: { list } })
  const groups: SceneGroup[] = []
  for (let i = 1; i <= count; i++) groups.push(await scene.group(`g${i}`, ['ann', 'bob'], { fanOut: 'read' }))
  for (const group of groups) await group.say(node(), 'ann')
  return groups
}

const node = () => scene.nodes[0]!
const bob = (auth: FakeAuth = {}): Promise<FakeDevice> =>
  FakeDevice.connect(node().rookery.gate, { token: 'bob', deviceId: 'd', deviceType: 'phone', ...auth })

const idsOf = ({ timelines }: Wire): string[] => timelines.map((one: Wire) => one.conversationId)

describe('follows', () => {
  it('lists what ready has no room for, from where its cursor says', async () => {
    await following(7)
    const device = await bob()
    const { ready } = device
    expect([idsOf(ready), ready.features.includes('follows')]).toEqual([['g1', 'g2', 'g3'], true])
    const next = await device.ask('follows', { cursor: ready.timelinesCursor })
    expect(next.timelines).toEqual(['g4', 'g5', 'g6'].map((conversationId) => ({ conversationId, seq: 2, from: 0 })))
    expect(await device.ask('follows', { cursor: next.cursor })).toEqual({
      timelines: [{ conversationId: 'g7', seq: 2, from: 0 }],
    })
    expect(idsOf(await device.ask('follows', { limit: 2 }))).toEqual(['g1', 'g2'])
    expect(idsOf(await device.ask('follows', { limit: 99 }))).toEqual(['g1', 'g2', 'g3'])
  })

  it('lists those behind the ones that a client named in its handshake, however many these are', async () => {
    await following(7)
    const some = await bob({ since: 7, timelines: { g6: 2, g2: 1 } })
    expect(idsOf(some.ready)).toEqual(['g2', 'g6', 'g1'])
    const rest = await some.ask('follows', { cursor: some.ready.timelinesCursor })
    expect(idsOf(rest)).toEqual(['g2', 'g3', 'g4'])
    const full = await bob({ since: 7, timelines: { g6: 2, g2: 1, g5: 1 } })
    expect(idsOf(full.ready)).toEqual(['g2', 'g5', 'g6'])
    expect(idsOf(await full.ask('follows', { cursor: full.ready.timelinesCursor }))).toEqual(['g1', 'g2', 'g3'])
  })

  it('are only the own ones, and a list that fits into ready has no cursor', async () => {
    await following(3)
    expect((await bob()).ready.timelinesCursor).toBeUndefined()
    const carol = await FakeDevice.connect(node().rookery.gate, { token: 'carol', deviceId: 'c', deviceType: 'phone' })
    expect(await carol.ask('follows')).toEqual({ timelines: [] })
    for (const request of [{ cursor: 'ä' }, { cursor: '' }, { limit: 0 }, { limit: 1.5 }, { more: 1 }, null])
      expect(await carol.code('follows', request)).toBe('BAD_REQUEST')
  })
})

describe('a client that follows more timelines than a list may have', () => {
  it('names them in several pulls, and only the last one has it follow', async () => {
    const groups = await following(7)
    const device = await bob({ since: 7, timelines: { g1: 1 } })
    const pull = async (...ids: number[]): Promise<Wire> => {
      const timelines = Object.fromEntries(ids.map((id) => [`g${id}`, 1]))
      return device.ask('pull', { since: 7, timelines })
    }
    expect(await device.code('pull', { since: 7, timelines: { g1: 1, g2: 1, g3: 1, g4: 1 } })).toBe('TOO_LARGE')
    for (const ids of [[1, 2, 3], [4, 5], [1], [7]]) expect((await pull(...ids)).more).toBe(true)
    for (const group of groups) await group.say(node(), 'ann')
    expect(device.of('timeline')).toEqual([])
    // Messages of the timelines that were read come with the page, up to the limit of a list.
    const page = await pull(6)
    expect([page.more, idsOf(page)]).toEqual([true, ['g6', 'g1', 'g2']])
    expect(page.timelines.map(({ messages }: Wire) => messages.map(({ seq }: Wire) => seq))).toEqual([[2, 3], [3], [3]])
    expect(idsOf(await device.ask('pull', { since: 7 }))).toEqual(['g3', 'g4', 'g5'])
    const last = await device.ask('pull', { since: 7 })
    expect([last.more, idsOf(last)]).toEqual([false, ['g7']])
    for (const group of groups) await group.say(node(), 'ann')
    expect(device.of('timeline').map(({ messages }) => messages.map(({ seq }: Wire) => seq))).toEqual(
      groups.map(() => [4]),
    )
    expect(device.of('sync')).toEqual([])
  })

  it('gets the content of a lost answer again, if it names the timelines again', async () => {
    const groups = await following(4)
    const device = await bob({ since: 4, timelines: { g1: 1 } })
    await device.ask('pull', { since: 4, timelines: { g1: 1, g2: 1, g3: 1 } })
    await groups[0]!.say(node(), 'ann')
    const page = await device.ask('pull', { since: 4, timelines: { g1: 1, g2: 1 } })
    expect(page.timelines[0].messages.map(({ seq }: Wire) => seq)).toEqual([2, 3])
    expect((await device.ask('pull', { since: 4, timelines: { g4: 1 } })).more).toBe(false)
  })

  it('begins anew after sync', async () => {
    const groups = await following(4)
    const device = await bob({ since: 4, timelines: { g1: 2 } })
    const all = async (): Promise<boolean[]> => [
      (await device.ask('pull', { since: 4, timelines: { g1: 2, g2: 2, g3: 2 } })).more,
      (await device.ask('pull', { since: 4, timelines: { g4: 2 } })).more,
    ]
    expect(await all()).toEqual([true, false])
    await groups[1]!.say(node().silent(), 'ann')
    await scene.clock.advance(25_000)
    expect(device.of('sync')).toHaveLength(1)
    expect(await all()).toEqual([true, false])
  })

  it('that names none follows all of them from their heads', async () => {
    const groups = await following(7)
    const device = await bob({ since: 7 })
    await groups[6]!.say(node().silent(), 'ann')
    expect((await device.ask('pull', { since: 7 })).more).toBe(false)
    for (const group of groups) await group.say(node(), 'ann')
    expect(device.of('timeline')).toHaveLength(7)
    await scene.clock.advance(25_000)
    expect(device.of('sync')).toEqual([])
  })

  it('holds everything of all of them, over sessions, while people talk all the time', async () => {
    const groups = await following(10)
    let client = await FollowingClient.connect(node().rookery.gate, 'bob', { listMax: list })
    for (let round = 0; round < 4; round++) {
      await scene.clock.advance(1)
      const { kept, taken } = client
      client.device.disconnect()
      for (const group of groups) await group.say(node(), 'ann', 3)
      client = await FollowingClient.connect(node().rookery.gate, 'bob', { kept, listMax: list, pageMax: 2 })
      for (const [id, messages] of taken) client.taken.set(id, [...messages])
      for (let n = 0; n < 5; n++) for (const group of groups) await group.say(node(), 'ann')
      for (const group of groups) await scene.caughtUp([client], group)
      expect(client.faults).toEqual([])
    }
    for (const { id, seq } of groups) expect(client.seqs(id)).toEqual(Array.from({ length: seq - 2 }, (_, i) => i + 3))
  })
})
