// A node receives what is said in a large group while one of its sessions follows it, and only then.
import { describe, expect, it } from 'vitest'
import { type Carrier, MemoryBusHub, type Parcel } from '../memory/memory-bus.js'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { Bus } from '../ports/bus.js'
import { TestNode, VirtualClock } from '@rookery/testing'

async function cluster(count: number) {
  const clock = new VirtualClock()
  const [database, presence] = [new MemoryDatabase(), new MemoryPresence(clock)]
  const parcels: Parcel[] = []
  const net = { isLost: false, failures: 0 }
  const calls: (readonly [added: readonly string[], removed: readonly string[]])[] = []
  const carry: Carrier = (parcel, deliver) => {
    parcels.push(parcel)
    if (!net.isLost) queueMicrotask(() => deliver(parcel.frames))
  }
  const hub = new MemoryBusHub({ carry })
  const nodes: TestNode[] = []
  for (let n = 0; n < count; n++) {
    const bus = hub.bus()
    const watched: Bus = {
      start: (...args) => bus.start(...args),
      publish: (...args) => bus.publish(...args),
      publishTo: (...args) => bus.publishTo(...args),
      stop: () => bus.stop(),
      async topics(added, removed) {
        if (net.failures-- > 0) throw new Error('the bus does not answer')
        calls.push([added, removed])
        await bus.topics(added, removed)
      },
    }
    const storage = new MemoryStorage({ database })
    const fanout = { readAbove: 2 }
    nodes.push(await TestNode.start({ nodeId: `n${n}`, clock, presence, storage, bus: watched, fanout, rate: 'off' }))
  }
  const timelines = (): Parcel[] =>
    parcels.filter(({ frames }) => frames.some((frame) => (frame as { t?: string }).t === 'timeline'))
  return { clock, nodes, net, calls, timelines }
}

const group = async (node: TestNode, owner: string, members: readonly string[]): Promise<string> => {
  const device = await node.connect(owner)
  const { groupId } = await device.ask('group.create', { name: 'g', members })
  device.disconnect()
  return groupId
}

describe('of sixteen nodes of which two hold followers', () => {
  it('these two get a message, each once, and no other node does', async () => {
    const { clock, nodes, timelines } = await cluster(16)
    const groupId = await group(nodes[0]!, 'ann', ['bob', 'cyd', 'dan'])
    await clock.advance(100)
    const ann = await nodes[0]!.connect('ann')
    const [bob, cyd] = [await nodes[3]!.connect('bob'), await nodes[7]!.connect('cyd')]
    await clock.advance(100)
    const before = timelines().length
    await ann.ask('c2g', nodes[0]!.text(groupId, 'hello'))
    await ann.ask('c2g', nodes[0]!.text(groupId, 'again'))
    await clock.advance(10)
    for (const device of [ann, bob, cyd])
      expect(device.of('timeline').flatMap(({ messages }) => messages)).toMatchObject([
        { content: { text: 'hello' } },
        { content: { text: 'again' } },
      ])
    const sent = timelines().slice(before)
    expect(sent.map(({ to, topic }) => [to, topic])).toEqual([
      ['n3', groupId],
      ['n7', groupId],
      ['n3', groupId],
      ['n7', groupId],
    ])
  })
})

describe('a node', () => {
  it('keeps a topic for a while after the last session left, and ends it then', async () => {
    const { clock, nodes, calls, timelines } = await cluster(2)
    const groupId = await group(nodes[0]!, 'ann', ['bob', 'cyd'])
    const [ann, bob] = [await nodes[0]!.connect('ann'), await nodes[1]!.connect('bob')]
    await clock.advance(100)
    bob.disconnect()
    await clock.advance(30_000)
    const again = await nodes[1]!.connect('bob')
    await clock.advance(50_000)
    again.disconnect()
    await clock.advance(59_000)
    expect(calls.filter(([, removed]) => removed.length > 0)).toEqual([])
    await clock.advance(2_000)
    expect(calls.filter(([, removed]) => removed.length > 0)).toEqual([[[], [groupId]]])
    const before = timelines().length
    await ann.ask('c2g', nodes[0]!.text(groupId, 'nobody hears'))
    await clock.advance(10)
    expect(timelines()).toHaveLength(before)
  })

  it('begins the topics of many sessions that log in at once in a few calls', async () => {
    const { clock, nodes, calls } = await cluster(2)
    for (let n = 0; n < 20; n++) await group(nodes[0]!, 'ann', ['bob', `user${n}`])
    await clock.advance(100)
    const before = calls.length
    await nodes[1]!.connect('bob')
    await clock.advance(100)
    expect(calls.slice(before).map(([added]) => added.length)).toEqual([20])
  })

  it('compares with the head what was said before the topic began, and asks again where the bus does not answer', async () => {
    const { clock, nodes, net } = await cluster(2)
    const groupId = await group(nodes[0]!, 'ann', ['bob', 'cyd'])
    await clock.advance(100)
    const ann = await nodes[0]!.connect('ann')
    await clock.advance(100)
    net.failures = 3
    const bob = await nodes[1]!.connect('bob')
    await ann.ask('c2g', nodes[0]!.text(groupId, 'before the topic'))
    await clock.advance(1500)
    expect(bob.of('sync')).toEqual([])
    // Sooner than the next heartbeat.
    await clock.advance(2500)
    expect(bob.of('sync')).toHaveLength(1)
    const page = await bob.ask('pull', { since: bob.ready.seq, timelines: { [groupId]: 0 } })
    expect(page.timelines[0].messages.at(-1)).toMatchObject({ content: { text: 'before the topic' } })
    await ann.ask('c2g', nodes[0]!.text(groupId, 'live'))
    await clock.advance(10)
    expect(bob.of('timeline').at(-1)).toMatchObject({ messages: [{ content: { text: 'live' } }] })
  })

  it('without a bus asks nobody', async () => {
    const node = await TestNode.start({ fanout: { readAbove: 2 } })
    const groupId = await group(node, 'ann', ['bob', 'cyd'])
    const [ann, bob] = [await node.connect('ann'), await node.connect('bob')]
    await ann.ask('c2g', node.text(groupId, 'hello'))
    expect(bob.of('timeline')).toMatchObject([{ messages: [{ content: { text: 'hello' } }] }])
    await node.stop()
  })
})
