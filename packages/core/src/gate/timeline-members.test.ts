// Who gets what of a group that is fanned out on read: users who leave, join and connect while that happens.
import { afterEach, describe, expect, it } from 'vitest'
import { StorageError } from '../ports/storage.js'
import { type FollowingClient, settle } from '@rookery/testing'
import { GroupScene } from '../../testing/group-scene.js'

let scene: GroupScene
afterEach(() => scene.stop())

/** A new device without any data. */
const fresh = { seq: 0, positions: {} }

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)

const faultsOf = (clients: readonly FollowingClient[]): string[] => clients.flatMap(({ faults }) => faults)

describe('a removed member', () => {
  it('gets the message about it, and nothing after that', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const [ann, bob] = [await node!.connect('ann'), await node!.connect('bob')]
    await group.say(node!, 'ann')
    await group.change(node!, { leave: ['bob'] })
    await group.say(node!, 'ann')
    await scene.caughtUp([ann], group)
    expect([ann.seqs('g'), bob.seqs('g')]).toEqual([
      [2, 3, 4],
      [2, 3],
    ])
    expect(bob.device.entries).toMatchObject([{ kind: 'unfollow', conversationId: 'g', to: 3 }])
    expect([faultsOf([ann, bob]), ann.syncs, bob.syncs]).toEqual([[], 0, 0])
  })

  it('gets nothing later, whatever overtakes what, while others send on two nodes', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      scene = await GroupScene.start(2, {}, seed)
      const { clock, random, bus } = scene
      const users = ['ann', 'bob', 'cleo', 'dan', 'eve', 'fay']
      const group = await scene.group('g', users, { fanOut: 'read' })
      const clients = new Map<string, FollowingClient>()
      for (const user of users) clients.set(user, await random.pick(scene.nodes).connect(user))
      for (const node of scene.nodes) scene.slowReads(node, 40)
      bus.delayMs = [0, 120]
      const out = new Set<string>()
      for (let i = 0; i < 60; i++) {
        const node = random.pick(scene.nodes)
        const user = random.pick(users.slice(1))
        if (random.chance(0.8)) await group.say(node, 'ann', 1 + random.int(3))
        else if (out.delete(user))
          await group.change(node, { join: [{ userId: user, role: 'member', reads: 'from-now' }] })
        else {
          await group.change(node, { leave: [user] })
          out.add(user)
        }
        await clock.advance(random.int(30))
      }
      bus.healAll()
      await group.say(scene.nodes[0]!, 'ann')
      await clock.advance(25_000)
      for (const [user, client] of clients) {
        const [taken, mine] = [client.seqs('g'), group.seqsOf(user)]
        expect([seed, user, client.faults]).toEqual([seed, user, []])
        const given = [...(client.given.get('g') ?? [])]
        expect([seed, user, given.filter((seq) => !mine.includes(seq))]).toEqual([seed, user, []])
        // Messages of an earlier membership that were missing when the next one began come only from history.
        const { from } = group.intervals.get(user)!.at(-1)!
        const last = (seqs: number[]): number[] => seqs.filter((seq) => seq > Math.max(from, 1))
        expect([seed, user, last(taken)]).toEqual([seed, user, last(mine)])
      }
      if (seed < 40) await scene.stop()
    }
  })

  it('gets nothing while storage does not tell who is a member; the others pull', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob', 'cleo'], { fanOut: 'read' })
    const [bob, cleo] = [await two!.connect('bob'), await two!.connect('cleo')]
    const { memberships } = two!.storage.groups
    two!.storage.groups.memberships = () => Promise.reject(new StorageError('out of reach', 'none'))
    // The entry for bob is lost, and everything else from which his session would know.
    scene.bus.dropNext((frame) => (frame as { t: string }).t === 'entries')
    await group.change(one!, { leave: ['bob'] })
    await group.say(one!, 'ann', 2)
    await scene.caughtUp([cleo], group)
    expect([cleo.seqs('g'), cleo.faults, cleo.syncs]).toEqual([[2, 3, 4], [], 1])
    expect(bob.seqs('g').filter((seq) => seq > 2)).toEqual([])
    two!.storage.groups.memberships = memberships
    await group.say(one!, 'ann')
    await scene.caughtUp([cleo], group)
    await scene.clock.advance(25_000)
    expect([bob.seqs('g'), bob.faults, cleo.faults]).toEqual([[2], [], []])
  })

  it('gets nothing of what one commit gave after the removal', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await node!.connect('bob')
    // The entry for bob is lost.
    const gathering = node!.telling({ flush() {}, addFacts() {} })
    await group.say(gathering, 'ann')
    await group.change(gathering, { leave: ['bob'] })
    await group.say(gathering, 'ann')
    node!.fanOut.flush()
    await settle()
    expect([bob.seqs('g'), bob.faults]).toEqual([[2, 3], []])
  })

  it('that joined and left gets nothing later, even if the frames for others overtook that', async () => {
    for (const begins of ['while memberships are read', 'after they were read']) {
      scene = await GroupScene.start(1)
      const [node] = scene.nodes
      const group = await scene.group('g', ['ann'], { fanOut: 'read' })
      const [ann, bob] = [await node!.connect('ann'), await node!.connect('bob')]
      const frames: (() => void)[] = []
      const { sessions } = node!
      const late = node!.telling({
        addTimeline: (id, version, seq, json) => frames.push(() => sessions.deliverTimeline(id, version, seq, [json])),
        addFacts() {},
      })
      await group.change(late, { join: [{ userId: 'bob', role: 'member', reads: 'from-now' }] })
      await group.change(late, { leave: ['bob'] })
      await group.say(late, 'ann')
      await group.say(late, 'ann')
      const fact = { kind: 'follow', seq: 1, conversation: 'g', from: 1, version: 2 } as const
      const begin = (): void =>
        sessions.deliver('bob', 1, ['{"seq":1,"kind":"follow","at":1,"conversationId":"g","from":1}'], [fact])
      frames[3]!()
      if (begins === 'while memberships are read') begin()
      await settle()
      if (begins === 'after they were read') begin()
      for (const frame of frames.slice(0, 3)) frame()
      await settle()
      expect([begins, ann.seqs('g'), bob.seqs('g')]).toEqual([begins, [2, 3, 4, 5], [2, 3]])
      if (begins === 'while memberships are read') await scene.stop()
    }
  })

  it('that joined again gets nothing of what lies between, when the last of it overtook the rest', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await node!.connect('bob')
    const frames: (() => void)[] = []
    const late = node!.telling({
      addTimeline: (id, version, seq, json) =>
        frames.push(() => node!.sessions.deliverTimeline(id, version, seq, [json])),
      addFacts() {},
    })
    await group.change(late, { leave: ['bob'] })
    await group.say(late, 'ann')
    await group.change(late, { join: [{ userId: 'bob', role: 'member', reads: 'from-now' }] })
    await group.say(late, 'ann')
    frames[3]!()
    await settle()
    for (const frame of frames.slice(0, 3)) frame()
    await scene.clock.advance(25_000)
    expect([bob.seqs('g'), [...bob.given.get('g')!].filter((seq) => seq === 3)]).toEqual([[4, 5], []])
  })

  it('that joins again gets the messages of both memberships, and not those in between', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await node!.connect('bob')
    await group.change(node!, { leave: ['bob'] })
    await group.say(node!, 'ann', 3)
    await group.change(node!, { join: [{ userId: 'bob', role: 'member', reads: 'from-now' }] })
    await group.say(node!, 'ann')
    await scene.caughtUp([bob], group)
    expect([bob.seqs('g'), bob.faults, bob.syncs]).toEqual([[2, 6, 7], [], 0])
  })
})

describe('a session that begins', () => {
  /** Connects when storage has read what bob follows, and has not answered yet. */
  const connecting = async (meanwhile: () => Promise<void>): Promise<FollowingClient> => {
    const { heads } = scene.nodes[0]!.storage
    const { follows } = heads
    let answer = (): void => {}
    heads.follows = async (user) => {
      const read = await follows(user)
      await new Promise<void>((resolve) => (answer = resolve))
      return read
    }
    const login = scene.nodes[0]!.connect('bob')
    await settle()
    heads.follows = follows
    await meanwhile()
    answer()
    return login
  }

  it('begins at what heads are once it is known to follow, and goes on from there', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'], { fanOut: 'read' })
    const bob = await connecting(() => group.say(node!, 'ann'))
    expect(bob.device.ready.timelines).toEqual([{ conversationId: 'g', seq: 2 }])
    await group.say(node!, 'ann')
    expect([bob.seqs('g'), bob.syncs, bob.faults]).toEqual([[3], 0, []])
  })

  it('gets the entries that came in the meantime right after ready', async () => {
    scene = await GroupScene.start(1)
    const [node] = scene.nodes
    const group = await scene.group('g', ['ann', 'bob'])
    const bob = await connecting(() => group.say(node!, 'ann', 2))
    expect([bob.device.ready.seq, bob.seqs('g'), bob.syncs, bob.faults]).toEqual([1, [2, 3], 0, []])
  })
})

describe('a joiner', () => {
  it('sees exactly the messages from the one about it on', async () => {
    scene = await GroupScene.start(2)
    const [one, two] = scene.nodes
    const group = await scene.group('g', ['ann'], { fanOut: 'read' })
    const bob = await two!.connect('bob')
    await group.say(one!, 'ann', 4)
    await settle()
    await group.change(one!, { join: [{ userId: 'bob', role: 'member', reads: 'from-now' }] })
    await settle()
    await group.say(one!, 'ann', 2)
    await scene.caughtUp([bob], group)
    expect([bob.seqs('g'), bob.faults, bob.syncs]).toEqual([[6, 7, 8], [], 0])
  })

  it('learns of a group that it joined while it connected, whichever came first', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      scene = await GroupScene.start(2, {}, seed)
      const { clock, random, bus } = scene
      const group = await scene.group('g', ['ann'], { fanOut: 'read' })
      for (const node of scene.nodes) scene.slowReads(node, 40)
      bus.delayMs = [0, 40]
      const clients: FollowingClient[] = []
      const kept = seed % 2 === 0 ? { kept: fresh } : {}
      void scene.nodes[1]!.connect('bob', kept).then((client) => clients.push(client))
      await clock.advance(random.int(60))
      const join = { userId: 'bob', role: 'member', reads: 'from-now' } as const
      await group.change(random.pick(scene.nodes), { join: [join] })
      for (let i = 0; i < 4; i++) {
        await group.say(random.pick(scene.nodes), 'ann')
        await clock.advance(random.int(30))
      }
      await clock.runUntil(() => clients.length > 0, 1000)
      await group.say(scene.nodes[0]!, 'ann')
      await scene.caughtUp(clients, group, 25_000)
      const [bob] = clients
      const taken = bob!.seqs('g')
      // A device that has nothing gets all of it, and so does one that gets the entry; one that found the group in
      // `ready` gets what comes after that.
      const isTold = seed % 2 === 0 || bob!.device.ready.timelines.length === 0 || bob!.seq > bob!.device.ready.seq
      const first = isTold ? group.intervals.get('bob')![0]!.from + 1 : taken[0]!
      expect([seed, [...new Set(taken)].sort((a, b) => a - b)]).toEqual([seed, upTo(group.seq, first)])
      if (seed < 40) await scene.stop()
    }
  })
})
