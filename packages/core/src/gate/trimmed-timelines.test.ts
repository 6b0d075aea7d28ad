// Retention has removed the beginning of followed timelines: a client that comes back is told so, and follows from what
// is left.
import { afterEach, describe, expect, it } from 'vitest'
import { type FollowingClient, SeededRandom } from '@rookery/testing'
import { GroupScene, type SceneNode } from '../../testing/group-scene.js'

let scene: GroupScene
afterEach(() => scene.stop())

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** Keeps only this many of the last messages of every conversation. */
async function keepLast({ storage }: SceneNode, timelineCount: number): Promise<void> {
  const limits = { inboxBefore: null, timelineBefore: null, timelineCount, keysBefore: null }
  for (let after: string | null = null; ;) {
    const { next } = await storage.maintenance.trim(limits, { after, rows: 5 })
    if (next === null) return
    after = next
  }
}

/** The part of one page that belongs to the timeline. */
const pageOf = async ({ device, seq }: FollowingClient, at: number, limit = 100): Promise<unknown> => {
  const { timelines, more, reset } = await device.ask('pull', { since: seq, timelines: { g: at }, limit })
  const [timeline] = timelines
  return { ...timeline, messages: timeline.messages.map((message: { seq: number }) => message.seq), more, reset }
}

describe('a followed timeline that begins above its floor', () => {
  it('answers truncated to a reader below the floor, who follows on from what is left', async () => {
    scene = await GroupScene.start(2)
    const [node, other] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const before = await node!.connect('ann')
    await group.say(node!, 'bob', 2)
    await scene.caughtUp([before], group)
    const { kept } = before
    before.device.disconnect()
    await group.say(node!, 'bob', 10)
    await keepLast(node!, 4)

    const ann = await other!.connect('ann', { kept, pageMax: 3 })
    await scene.caughtUp([ann], group)
    expect(ann.seqs('g')).toEqual([10, 11, 12, 13])
    await group.say(node!, 'bob', 2)
    await scene.caughtUp([ann], group)
    expect(ann.seqs('g')).toEqual([10, 11, 12, 13, 14, 15])
    expect(ann.faults).toEqual([])

    const told = { conversationId: 'g', reset: false }
    expect(await pageOf(ann, 3, 2)).toEqual({ ...told, messages: [10, 11], seq: 11, more: true, truncated: true })
    expect(await pageOf(ann, 9)).toEqual({ ...told, messages: upTo(15, 10), seq: 15, more: false, truncated: false })
    expect(await pageOf(ann, 15)).toEqual({ ...told, messages: [], seq: 15, more: false, truncated: false })
  })

  it('that was taken whole gives nothing, at its head, and is followed on from there', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const before = await node!.connect('ann')
    const { kept } = before
    before.device.disconnect()
    await group.say(node!, 'bob', 5)
    const limits = { inboxBefore: null, timelineBefore: Infinity, timelineCount: null, keysBefore: null }
    await node!.storage.maintenance.trim(limits, { after: null, rows: 100 })
    const ann = await node!.connect('ann', { kept })
    await scene.clock.runUntil(() => ann.positions.get('g') === 6, 1000)
    expect(ann.seqs('g')).toEqual([])
    await group.say(node!, 'bob')
    await scene.caughtUp([ann], group)
    expect([ann.seqs('g'), ann.faults]).toEqual([[7], []])
  })

  it('does not disturb who follows it', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const ann = await node!.connect('ann')
    for (let n = 0; n < 5; n += 1) {
      await group.say(node!, 'bob', 3)
      await keepLast(node!, 1)
    }
    await scene.clock.advance(30_000)
    expect([ann.seqs('g'), ann.faults, ann.syncs]).toEqual([upTo(16, 2), [], 0])
  })

  it('says nothing of it to a member who left before, and has everything up to there', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await node!.connect('bob')
    await group.say(node!, 'ann', 2)
    await group.change(node!, { leave: ['bob'] })
    const end = group.seq
    await group.say(node!, 'ann', 5)
    await keepLast(node!, 2)
    await scene.clock.advance(1000)
    const told = { conversationId: 'g', messages: [], more: false, reset: false }
    expect(await pageOf(bob, end)).toEqual({ ...told, seq: end, truncated: false })
    // Something is missing below its end, and it goes no further than the end.
    expect(await pageOf(bob, 1)).toEqual({ ...told, seq: end, truncated: true })
  })

  it.each([1, 2, 3, 4, 5, 6])(
    'brings no client out of order that comes and goes beside trims: seed %i',
    async (seed) => {
      scene = await GroupScene.start(2, {}, seed)
      const random = new SeededRandom(seed)
      const group = await scene.group('g', ['ann', 'bob', 'cleo'], { fanOut: 'read' })
      let client = await scene.nodes[0]!.connect('ann')
      for (let n = 0; n < 60; n += 1) {
        const node = scene.nodes[random.int(2)]!
        if (random.chance(0.6)) await group.say(node, 'bob', 1 + random.int(4))
        if (random.chance(0.2)) await keepLast(node, 1 + random.int(8))
        if (random.chance(0.2)) {
          const { kept, faults } = client
          expect(faults).toEqual([])
          client.device.disconnect()
          await group.say(node, 'cleo', random.int(5) + 1)
          if (random.chance(0.5)) await keepLast(node, 1 + random.int(4))
          client = await node.connect('ann', { kept, pageMax: 1 + random.int(4) })
        }
        if (random.chance(0.5)) await scene.clock.advance(random.int(200))
      }
      await scene.clock.advance(30_000)
      expect(client.faults).toEqual([])
      expect(client.positions.get('g')).toBe(group.seq)
    },
  )
})
