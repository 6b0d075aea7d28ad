// Groups that are fanned out on read: their members' sessions follow the group's own timeline besides their inbox.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeDevice, type FollowingClient, settle, type Wire } from '@rookery/testing'
import { GroupScene } from '../../testing/group-scene.js'

let scene: GroupScene
afterEach(() => scene.stop())

/** A new device without any data. */
const fresh = { seq: 0, positions: {} }

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)

const faultsOf = (clients: readonly FollowingClient[]): string[] => clients.flatMap(({ faults }) => faults)

describe('a session that follows', () => {
  it('gets the messages of a followed timeline live, in order, as the same frame for everybody', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob', 'cleo'], { fanOut: 'read' })
    const clients = [await node!.connect('ann'), await node!.connect('bob')]
    for (const { device } of clients) expect(device.ready.timelines).toEqual([{ conversationId: 'g', seq: 1 }])
    const frames = clients.map(({ device }) => vi.spyOn(device, 'emit').mock.calls)
    await group.say(node!, 'ann')
    await group.say(node!, 'bob', 3)
    await scene.caughtUp(clients, group)
    for (const client of clients) {
      expect(client.seqs('g')).toEqual([2, 3, 4, 5])
      expect(client.device.of('timeline').map(({ messages }) => messages.length)).toEqual([1, 3])
      expect(client.device.entries).toEqual([])
    }
    // The very same object, so that a transport encodes it once.
    expect(frames[0]!.map(([frame], i) => frame === frames[1]![i]![0])).toEqual([true, true])
    expect([faultsOf(clients), clients.map(({ syncs }) => syncs)]).toEqual([[], [0, 0]])
  })

  it('gets live what a pull gives', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const ann = await node!.connect('ann')
    await group.say(node!, 'bob', 5)
    await scene.caughtUp([ann], group)
    const { timelines, more } = await ann.device.ask('pull', { since: ann.seq, timelines: { g: 1 } })
    expect(timelines).toEqual([
      { conversationId: 'g', messages: ann.taken.get('g'), seq: 6, more: false, truncated: false },
    ])
    expect(more).toBe(false)
  })

  it('is not moved by a pull: the next message follows the last one that it got', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const ann = await node!.connect('ann')
    await group.say(node!, 'bob', 5)
    await scene.caughtUp([ann], group)
    const page = await ann.device.ask('pull', { since: 0, timelines: { g: 0 }, limit: 2 })
    expect([page.more, page.timelines[0].more]).toEqual([true, true])
    await group.say(node!, 'bob')
    await scene.caughtUp([ann], group)
    expect([ann.seqs('g'), ann.faults, ann.syncs]).toEqual([upTo(7, 2), [], 0])
  })

  it('that ended leaves nothing behind', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const ann = await node!.connect('ann')
    const { followed } = Reflect.get(node!.rookery, 'parts') as { followed: { conversations(): string[] } }
    expect(followed.conversations()).toEqual(['g'])
    ann.device.disconnect()
    expect(followed.conversations()).toEqual([])
  })
})

describe('a group that grows above the line', () => {
  it('loses and repeats nothing for members online, on either node, however they pull', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob', 'cleo'])
    const clients = [await one!.connect('ann'), await two!.connect('bob')]
    await group.say(one!, 'ann', 2)
    await group.change(one!, { join: [{ userId: 'dan', role: 'member', reads: 'from-now' }], fanOut: 'read' })
    await settle()
    await group.say(two!, 'bob', 2)
    await scene.caughtUp(clients, group)
    for (const client of clients) expect(client.seqs('g')).toEqual(upTo(6, 2))
    expect([faultsOf(clients), clients.map(({ syncs }) => syncs)]).toEqual([[], [0, 0]])
  })

  it('loses and repeats nothing for members who were offline then', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'])
    await group.say(node!, 'ann', 3)
    await group.change(node!, { fanOut: 'read' })
    await group.say(node!, 'ann', 30)
    for (const pageMax of [1, 3, 200]) {
      const bob = await node!.connect('bob', { kept: fresh, pageMax })
      await scene.caughtUp([bob], group)
      await group.say(node!, 'ann')
      await scene.caughtUp([bob], group)
      expect([bob.seqs('g'), bob.faults]).toEqual([upTo(group.seq), []])
      bob.device.disconnect()
    }
  })

  it('loses and repeats nothing for members who log in and catch up just then', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      scene = await GroupScene.start(2, {}, seed)
      const { clock, random, bus } = scene
      const group = await scene.group('g', ['ann', 'bob', 'cleo'])
      await group.say(scene.nodes[0]!, 'ann', 6)
      for (const node of scene.nodes) scene.slowReads(node, 30)
      bus.delayMs = [0, 20]
      const crossesAt = random.int(15)
      const clients: FollowingClient[] = []
      for (let i = 0; i < 15; i++) {
        const node = random.pick(scene.nodes)
        if (i === 3) void node.connect('bob', { kept: fresh, pageMax: 2 }).then((client) => clients.push(client))
        if (i === 3) void node.connect('cleo', { kept: fresh, pageMax: 3 }).then((client) => clients.push(client))
        if (i === crossesAt) await group.change(node, { fanOut: 'read' })
        else await group.say(node, 'ann')
        await clock.advance(random.int(20))
      }
      await clock.runUntil(() => clients.length === 2, 1000)
      await scene.caughtUp(clients, group, 25_000)
      for (const client of clients) expect([seed, client.seqs('g'), client.faults]).toEqual([seed, upTo(group.seq), []])
      if (seed < 30) await scene.stop()
    }
  })

  it('serves a client that ignores timelines altogether, without a loop', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'])
    await group.change(node!, { fanOut: 'read' })
    await group.say(node!, 'ann', 5)
    const auth = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 0 }
    const bob = await FakeDevice.connect(node!.rookery.gate, auth)
    const pull = async (since: number): Promise<number> => {
      let pages = 0
      for (let more = true; more && pages < 10; pages++) {
        const page = await bob.ask('pull', { since })
        since = page.seq
        more = page.more
      }
      return pages
    }
    // One page more than needed: the client might have named the timelines that the first page told of.
    expect(await pull(0)).toBe(2)
    await group.say(node!, 'ann', 2)
    await scene.clock.advance(25_000)
    expect(bob.of('sync')).toEqual([])
    expect(bob.of('timeline')).toMatchObject([{ messages: [{ seq: 8 }, { seq: 9 }] }])
    // It is told once what it lost, and not again after it has pulled.
    await group.say(node!.silent(), 'ann')
    await scene.clock.advance(25_000)
    expect(bob.of('sync')).toHaveLength(1)
    expect(await pull(2)).toBe(1)
    await scene.clock.advance(25_000)
    expect(bob.of('sync')).toHaveLength(1)
  })
})

describe('frames that are lost on the way', () => {
  it('the last message of a membership comes with the entry that ends it', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await two!.connect('bob')
    scene.bus.dropNext((frame) => (frame as { t: string }).t === 'timeline')
    await group.change(one!, { leave: ['bob'] })
    await scene.clock.advance(100)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([[2], 1, []])
  })

  it('what overtook the entry that began a timeline is looked for at once', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann'], { fanOut: 'read' })
    const bob = await node!.connect('bob')
    let tell = (): void => {}
    const late = node!.telling({
      addFacts: (...given) => {
        tell = () => {
          node!.fanOut.addFacts(...given)
          node!.fanOut.flush()
        }
      },
    })
    await group.change(late, { join: [{ userId: 'bob', role: 'member', reads: 'from-now' }] })
    await group.say(node!, 'ann')
    tell()
    await scene.caughtUp([bob], group, 100)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([[2, 3], 1, []])
  })

  it('a last message is found within two heartbeats', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await two!.connect('bob')
    scene.bus.dropNext((frame) => (frame as { t: string }).t === 'timeline')
    await group.say(one!, 'ann')
    await scene.caughtUp([bob], group, 20_000)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([[2], 1, []])
  })

  it('a hole that does not close causes sync at once', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await two!.connect('bob')
    await group.say(one!, 'ann')
    await scene.caughtUp([bob], group)
    scene.bus.dropNext((frame) => (frame as { t: string }).t === 'timeline')
    await group.say(one!, 'ann')
    await group.say(one!, 'ann')
    await scene.caughtUp([bob], group, 60)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([[2, 3, 4], 1, []])
  })

  it('nothing: frames that overtake one another are put in order without a pull', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await two!.connect('bob')
    await group.say(one!, 'ann')
    scene.bus.delayMs = [0, 40]
    for (let i = 0; i < 30; i++) {
      await group.say(one!, 'ann')
      await scene.clock.advance(5)
    }
    await scene.caughtUp([bob], group)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([upTo(32, 2), 0, []])
  })

  it('a client that stops reading gets sync, and has everything after its next pull', async () => {
    scene = await GroupScene.start(1, { limits: { sessionQueueBytes: 20_000 } })
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await node!.connect('bob')
    bob.device.stall()
    let most = 0
    for (let i = 0; i < 100; i++) {
      await group.say(node!, 'ann', 1, JSON.stringify({ text: 'x'.repeat(1000) }))
      most = Math.max(most, bob.device.queuedBytes)
    }
    expect(most).toBeLessThan(25_000)
    bob.device.resume()
    await scene.caughtUp([bob], group)
    await group.say(node!, 'ann')
    await scene.caughtUp([bob], group)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([upTo(102, 2), 1, []])
  })

  it('a node that starts gets live what others commit from then on', async () => {
    scene = await GroupScene.start(1)
    const [one] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    await group.say(one!, 'ann')
    const two = await scene.startNode()
    const bob = await two.connect('bob')
    await group.say(one!, 'ann')
    await scene.caughtUp([bob], group, 60)
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([[3], 0, []])
  })
})

describe('a device that comes back', () => {
  it('names what it holds of each timeline, and gets the rest, in pages of bounded bytes', async () => {
    scene = await GroupScene.start(1, { limits: { pageBytes: 5000 } })
    const [node] = scene.nodes
    const groups = await Promise.all(
      ['g1', 'g2', 'g3'].map((id) => scene.group(id, ['ann', 'bob'], { fanOut: 'read' })),
    )
    const before = await node!.connect('bob')
    for (const group of groups) await group.say(node!, 'ann', 2)
    await scene.caughtUp([before], groups[2]!)
    before.device.disconnect()
    for (const group of groups.slice(1)) await group.say(node!, 'ann', 20, JSON.stringify({ text: 'x'.repeat(400) }))
    const bob = await node!.connect('bob', { kept: before.kept })
    expect(bob.device.ready.timelines.map(({ seq }: Wire) => seq)).toEqual([3, 23, 23])
    for (const group of groups.slice(1)) await scene.caughtUp([bob], group)
    expect([bob.seqs('g1'), bob.seqs('g2'), bob.seqs('g3')]).toEqual([[], upTo(23, 4), upTo(23, 4)])
    expect(bob.pulls).toBeGreaterThan(3)
    expect(bob.pageBytesMost).toBeLessThan(5300)
    for (const group of groups) await group.say(node!, 'ann')
    await scene.caughtUp([bob], groups[2]!)
    expect([bob.seqs('g1'), bob.faults, bob.syncs]).toEqual([[4], [], 0])
  })

  it('with a position beyond the head must start over, and ids that it does not follow are ignored', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    await scene.group('h', ['ann'], { fanOut: 'read' })
    await group.say(node!, 'ann')
    const gate = node!.rookery.gate
    const auth = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 1 }
    const bob = await FakeDevice.connect(gate, { ...auth, timelines: { g: 2, h: 99, none: 99 } })
    expect([bob.ready.reset, bob.ready.timelines]).toEqual([false, [{ conversationId: 'g', seq: 2 }]])
    expect(await bob.ask('pull', { since: 1, timelines: { g: 2, h: 99, none: 99 } })).toMatchObject({
      reset: false,
      more: false,
      timelines: [{ conversationId: 'g', messages: [], seq: 2, more: false }],
    })
    expect(await bob.ask('pull', { since: 1, timelines: { g: 3 } })).toMatchObject({ reset: true, seq: 0, more: true })
    expect((await FakeDevice.connect(gate, { ...auth, timelines: { g: 3 } })).ready.reset).toBe(true)
  })

  it('does not pass over a timeline that it named, when its last page does not name it', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    await group.say(node!, 'ann', 2)
    const auth = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 1, timelines: { g: 1 } }
    const bob = await FakeDevice.connect(node!.rookery.gate, auth)
    // It has named its position, so it must name the timeline until it was read.
    expect((await bob.ask('pull', { since: 1 })).more).toBe(true)
    expect((await bob.ask('pull', { since: 1 })).more).toBe(true)
    await group.say(node!, 'ann')
    expect(bob.of('timeline')).toEqual([])
    const page = await bob.ask('pull', { since: 1, timelines: { g: 1 } })
    expect([page.more, page.timelines[0].messages.map(({ seq }: Wire) => seq)]).toEqual([false, [2, 3, 4]])
    await group.say(node!.silent(), 'ann')
    await scene.clock.advance(25_000)
    expect(bob.of('sync')).toHaveLength(1)
    // After that it names nothing, so it begins at the head.
    expect((await bob.ask('pull', { since: 1 })).more).toBe(false)
    await group.say(node!, 'ann')
    await scene.clock.advance(25_000)
    expect(bob.of('timeline')).toMatchObject([{ messages: [{ seq: 6 }] }])
    expect(bob.of('sync')).toHaveLength(1)
  })

  it('that passes over entries of an earlier membership follows the one that goes on', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    await group.change(node!, { leave: ['bob'] })
    await group.change(node!, { join: [{ userId: 'bob', role: 'member', reads: 'from-now' }] })
    const auth = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 0 }
    const bob = await FakeDevice.connect(node!.rookery.gate, auth)
    expect((await bob.ask('pull', { since: 0, limit: 2 })).entries.map(({ kind }: Wire) => kind)).toEqual([
      'follow',
      'unfollow',
    ])
    expect((await bob.ask('pull', { since: 3 })).more).toBe(false)
    await group.say(node!, 'ann')
    expect(bob.of('timeline')).toMatchObject([{ messages: [{ seq: 4 }] }])
  })

  it('without naming timelines follows them from their heads as they are then', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const auth = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 1 }
    const bob = await FakeDevice.connect(node!.rookery.gate, auth)
    await group.say(node!.silent(), 'ann')
    expect((await bob.ask('pull', { since: 1 })).more).toBe(false)
    await group.say(node!, 'ann')
    expect(bob.of('timeline')).toMatchObject([{ messages: [{ seq: 3 }] }])
  })

  it('from an entry that this session was not given follows what that entry says', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const auth = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 0 }
    const bob = await FakeDevice.connect(node!.rookery.gate, auth)
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    expect((await bob.ask('pull', { since: 1, timelines: { g: 0 } })).more).toBe(false)
    await group.say(node!, 'ann')
    expect(bob.of('timeline')).toMatchObject([{ messages: [{ seq: 2 }] }])
  })

  it('that names more timelines than a list may have is refused, and goes on', async () => {
    scene = await GroupScene.start(1)
    const { device } = await scene.nodes[0]!.connect('bob')
    const timelines = Object.fromEntries(upTo(201).map((i) => [`g${i}`, 0]))
    expect(await device.code('pull', { since: 0, timelines })).toBe('TOO_LARGE')
    expect(await device.code('ack', { seq: 0, timelines })).toBe('TOO_LARGE')
    expect(await device.ask('ack', { seq: 0, timelines: { g1: 99 } })).toEqual({ seq: 0 })
    const again = { token: 'bob', deviceId: 'd', deviceType: 'phone', since: 0, timelines }
    await expect(FakeDevice.connect(scene.nodes[0]!.rookery.gate, again)).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it('gets as many as a list may have when it begins, also those that it names, and gets messages of all of them live', async () => {
    scene = await GroupScene.start(1, { limits: { list: 2 } })
    const [node] = scene.nodes
    const groups = []
    for (const i of upTo(4)) groups.push(await scene.group(`g${i}`, ['ann', 'bob'], { fanOut: 'read' }))
    const bob = await FakeDevice.connect(node!.rookery.gate, {
      token: 'bob',
      deviceId: 'd',
      deviceType: 'phone',
      since: 4,
      timelines: { g4: 1 },
    })
    expect(bob.ready.timelines).toHaveLength(2)
    expect(bob.ready.timelines[0]).toEqual({ conversationId: 'g4', seq: 1 })
    expect((await bob.ask('pull', { since: 4, timelines: { g4: 1 } })).more).toBe(true)
    expect((await bob.ask('pull', { since: 4, timelines: { g1: 1, g2: 1 } })).more).toBe(true)
    expect((await bob.ask('pull', { since: 4, timelines: { g3: 1 } })).more).toBe(false)
    for (const group of groups) await group.say(node!, 'ann')
    expect(bob.of('timeline').map(({ conversationId }) => conversationId)).toEqual(['g1', 'g2', 'g3', 'g4'])
  })
})
