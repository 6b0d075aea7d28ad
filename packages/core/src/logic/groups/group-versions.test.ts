// A group that another node changes while its members talk. The other node tells this one nothing.
import { describe, expect, it } from 'vitest'
import { type Carrier, MemoryBusHub, type Parcel } from '../../memory/memory-bus.js'
import { MemoryDatabase } from '../../memory/memory-database.js'
import { MemoryPresence } from '../../memory/memory-presence.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import type { Storage, StorageOp } from '../../ports/storage.js'
import {
  type FakeAnswer,
  type FakeDevice,
  FaultyStorage,
  SeededRandom,
  settle,
  TestNode,
  VirtualClock,
  type Wire,
} from '@rookery/testing'

/** Two nodes on one database: people talk on `here`, the group is changed on `there`. */
async function stage(options: Partial<RookeryOptions> = {}) {
  const clock = new VirtualClock()
  const database = new MemoryDatabase()
  const presence = new MemoryPresence(clock)
  const parcels: Parcel[] = []
  const carry: Carrier = (parcel, deliver) => {
    parcels.push(parcel)
    queueMicrotask(() => deliver(parcel.frames))
  }
  const hub = new MemoryBusHub({ carry })
  const start = async (nodeId: string) => {
    const storage = new FaultyStorage(new MemoryStorage({ database }), clock)
    const shared = { storage, clock, presence, bus: hub.bus(), nodeId, rate: 'off', ...options } as const
    return { storage, node: await TestNode.start(shared) }
  }
  const [here, there] = [await start('here'), await start('there')]
  return { clock, parcels, here, there }
}

const textsOf = (messages: readonly Wire[]): string[] =>
  messages.flatMap((message) => (message?.type === 'text' ? [message.content.text] : []))

const history = async (device: FakeDevice, conversationId: string): Promise<Wire[]> =>
  (await device.ask('history', { conversationId })).messages

/** Lets time pass until a promise settles. */
async function during<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isDone = false
  const done = (): void => void (isDone = true)
  promise.then(done, done)
  for (let n = 0; n < 1000 && !isDone; n++) await clock.advance(20)
  return promise
}

describe('a message decided on a group that has changed', () => {
  it("is decided again, and a session's order survives it", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new SeededRandom(seed)
      const { clock, here, there } = await stage()
      const [ann, bob] = [await here.node.connect('ann'), await here.node.connect('bob')]
      const [owner, dan] = [await there.node.connect('owner'), await here.node.connect('dan')]
      const { groupId } = await owner.ask('group.create', { name: 'cars', members: ['ann', 'bob'] })
      await ann.ask('c2g', here.node.text(groupId, 'warm'))
      here.storage.commitDelayMs = random.int(20)
      here.storage.answerDelayMs = random.int(20)
      const expected = { ann: [] as string[], bob: [] as string[] }
      const answers: Promise<FakeAnswer>[] = []
      for (let n = 0; n < 40; n++) {
        const [name, device] = random.pick([
          ['ann', ann],
          ['bob', bob],
        ] as const)
        const text = `${name} ${n}`
        expected[name].push(text)
        answers.push(device.request('c2g', here.node.text(groupId, text, `${name}-${n}`)))
        // Reads overtake one another, and commits are under way while the group is read.
        here.storage.readDelayMs = random.int(40)
        void dan.request('c2c', here.node.text('eve', 'noise'))
        if (random.chance(0.2)) await owner.ask('group.update', { groupId, name: `name ${n}` })
        if (random.chance(0.3)) await clock.advance(random.int(25))
        if (random.chance(0.1)) here.storage.failCommits(random.pick(['none', 'unknown-stored', 'unknown-not-stored']))
      }
      const given = await during(clock, Promise.all(answers))
      expect([seed, given.filter(({ ok }) => !ok)]).toEqual([seed, []])
      here.storage.heal()
      const texts = textsOf(await history(ann, groupId))
      for (const name of ['ann', 'bob'] as const)
        expect([seed, texts.filter((text) => text.startsWith(`${name} `))]).toEqual([seed, expected[name]])
      const live = textsOf(bob.entries.map(({ message }) => message))
      const pulled = (await bob.ask('pull', { since: 0 })).entries.map(({ message }: Wire) => message)
      expect([seed, textsOf(pulled)]).toEqual([seed, texts])
      expect([seed, new Set(live).size]).toEqual([seed, live.length])
    }
  })

  it('holds back what its session sent behind it: nothing that came later goes before it while the group is read', async () => {
    const { clock, here, there } = await stage()
    const [ann, bob] = [await here.node.connect('ann'), await here.node.connect('bob')]
    const owner = await there.node.connect('owner')
    const { groupId } = await owner.ask('group.create', { name: 'cars', members: ['ann', 'bob'] })
    await ann.ask('c2g', here.node.text(groupId, 'warm'))
    await owner.ask('group.update', { groupId, name: 'boats' })
    here.storage.readDelayMs = 500
    const first = ann.request('c2g', here.node.text(groupId, 'first'))
    await settle()
    // The first was stale, and the group is being read; the others are decided in the meantime.
    const later = ['second', 'third'].map((text) => ann.request('c2g', here.node.text(groupId, text)))
    const elsewhere = ann.request('c2c', here.node.text('bob', 'elsewhere'))
    await clock.advance(600)
    expect(await elsewhere).toMatchObject({ ok: true })
    await during(clock, Promise.all([first, ...later]))
    here.storage.heal()
    expect(textsOf(await history(bob, groupId))).toEqual(['warm', 'first', 'second', 'third'])
  })

  it('that cannot be decided again is UNAVAILABLE, and so are later ones, until it comes again', async () => {
    const { clock, here, there } = await stage()
    const ann = await here.node.connect('ann')
    const owner = await there.node.connect('owner')
    const { groupId } = await owner.ask('group.create', { name: 'cars', members: ['ann'] })
    await ann.ask('c2g', here.node.text(groupId, 'warm'))
    await owner.ask('group.update', { groupId, name: 'boats' })
    here.storage.commitDelayMs = 10
    here.storage.failReads()
    const messages = ['first', 'second'].map((text) => here.node.text(groupId, text, text))
    const answers = messages.map((message) => ann.request('c2g', message))
    expect(await during(clock, Promise.all(answers))).toMatchObject([
      { error: { code: 'UNAVAILABLE' } },
      { error: { code: 'UNAVAILABLE' } },
    ])
    expect(await ann.code('c2g', here.node.text(groupId, 'third', 'third'))).toBe('UNAVAILABLE')
    const again = [...messages, here.node.text(groupId, 'third', 'third')].map((message) => ann.request('c2g', message))
    for (const answer of await during(clock, Promise.all(again))) expect(answer).toMatchObject({ ok: true })
    expect(textsOf(await history(ann, groupId))).toEqual(['warm', 'first', 'second', 'third'])
  })

  it('is UNAVAILABLE at its deadline where the group changes all the time, and few commits were tried', async () => {
    const clock = new VirtualClock()
    const inner = new MemoryStorage()
    const storage = new FaultyStorage(inner, clock)
    const node = await TestNode.start({ storage, clock })
    const ann = await node.connect('ann')
    const { groupId } = await ann.ask('group.create', { name: 'cars', members: ['bob'] })
    const roster = storage.groups.roster
    const reads: Storage['groups'] = storage.groups
    // Every read is old by the time it arrives.
    Object.assign(reads, { roster: async (id: string) => ({ ...(await roster(id))!, version: 1e6 }) })
    const answer = ann.request('c2g', node.text(groupId, 'x'))
    await clock.advance(9000)
    expect(storage.commits).toBeGreaterThan(5)
    await clock.advance(2000)
    expect(await answer).toMatchObject({ error: { code: 'UNAVAILABLE' } })
    expect(storage.commits).toBeLessThan(500)
  })

  it('nor is a change of a message tried without a pause', async () => {
    const clock = new VirtualClock()
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const node = await TestNode.start({ storage, clock })
    const ann = await node.connect('ann')
    const { groupId } = await ann.ask('group.create', { name: 'cars', members: ['bob'] })
    const { seq } = await ann.ask('c2g', node.text(groupId, 'x'))
    const { commit } = storage
    let tried = 0
    // The group has changed again by then.
    storage.commit = (async (ops: readonly StorageOp[]) => {
      if (!ops.some(({ op }) => op === 'control')) return commit.call(storage, ops)
      tried += 1
      return ops.map(() => ({ status: 'stale' }))
    }) as Storage['commit']
    const answer = ann.request('edit', { conversationId: groupId, seq, content: { text: 'y' } })
    await clock.advance(9000)
    expect(tried).toBeGreaterThan(5)
    await clock.advance(2000)
    expect(await answer).toMatchObject({ error: { code: 'UNAVAILABLE' } })
    expect(tried).toBeLessThan(500)
  })
})

describe('who may speak', () => {
  it('is known at once of one who was added, unmuted or made admin elsewhere', async () => {
    const { here, there } = await stage()
    const [ann, bob] = [await here.node.connect('ann'), await here.node.connect('bob')]
    const owner = await there.node.connect('owner')
    const { groupId } = await owner.ask('group.create', { name: 'cars', members: ['ann'] })
    await ann.ask('c2g', here.node.text(groupId, 'warm'))
    expect(await bob.code('c2g', here.node.text(groupId, 'x'))).toBe('NOT_FOUND')
    await owner.ask('group.add', { groupId, userIds: ['bob'] })
    expect(await bob.ask('c2g', here.node.text(groupId, 'x'))).toMatchObject({ duplicate: false })
    await owner.ask('group.mute', { groupId, until: 9e15 })
    expect(await bob.code('c2g', here.node.text(groupId, 'x'))).toBe('FORBIDDEN')
    await owner.ask('group.role', { groupId, userId: 'bob', role: 'admin' })
    expect(await bob.ask('c2g', here.node.text(groupId, 'x'))).toMatchObject({ duplicate: false })
    await owner.ask('group.remove', { groupId, userIds: ['bob'] })
    expect(await bob.code('c2g', here.node.text(groupId, 'x'))).toBe('NOT_FOUND')
  })

  it('is no longer who was muted for a time, once that is over', async () => {
    const { clock, here, there } = await stage()
    const ann = await here.node.connect('ann')
    const owner = await there.node.connect('owner')
    const { groupId } = await owner.ask('group.create', { name: 'cars', members: ['ann'] })
    await owner.ask('group.mute', { groupId, userId: 'ann', until: clock.now() + 1000 })
    expect(await ann.code('c2g', here.node.text(groupId, 'x'))).toBe('FORBIDDEN')
    await clock.advance(1001)
    expect(await ann.ask('c2g', here.node.text(groupId, 'x'))).toMatchObject({ duplicate: false })
  })
})

it('of fifty racing sends none that is sequenced after a removal reaches the removed member', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const random = new SeededRandom(seed)
    const { clock, here, there } = await stage()
    const [ann, bob] = [await here.node.connect('ann'), await here.node.connect('bob')]
    const [owner, pad] = [await there.node.connect('owner'), await there.node.connect('bob', { deviceType: 'pad' })]
    const { groupId } = await owner.ask('group.create', { name: 'cars', members: ['ann', 'bob'] })
    await ann.ask('c2g', here.node.text(groupId, 'warm'))
    for (const { storage } of [here, there]) {
      storage.commitDelayMs = random.int(10)
      storage.answerDelayMs = random.int(10)
      storage.readDelayMs = random.int(10)
    }
    const answers: Promise<FakeAnswer>[] = []
    const removeAt = random.int(50)
    let removal: Promise<FakeAnswer> | undefined
    for (let n = 0; n < 50; n++) {
      const [node, device] = random.pick([
        [here.node, ann],
        [here.node, bob],
        [there.node, owner],
        [there.node, pad],
      ] as const)
      answers.push(device.request('c2g', node.text(groupId, `text ${n}`, `k${seed}-${n}`)))
      if (n === removeAt) removal = owner.request('group.remove', { groupId, userIds: ['bob'] })
      if (random.chance(0.4)) await clock.advance(random.int(8))
    }
    const given = await during(clock, Promise.all(answers))
    expect(await during(clock, removal!)).toMatchObject({ ok: true })
    for (const { storage } of [here, there]) storage.heal()
    await clock.advance(1000)
    const all = await history(ann, groupId)
    const { seq: last } = all.find(({ content }) => content.event === 'removed')
    for (const answer of given) if (!answer.ok) expect([seed, answer.error.code]).toEqual([seed, 'NOT_FOUND'])
    expect([seed, textsOf(all).length - 1]).toEqual([seed, given.filter(({ ok }) => ok).length])
    expect([seed, all.filter(({ seq, from }) => seq > last && from === 'bob')]).toEqual([seed, []])
    const upTo = all.filter(({ seq }) => seq <= last).map(({ seq }) => seq)
    for (const device of [bob, pad]) {
      const pulled = (await device.ask('pull', { since: 0 })).entries.map(({ message }: Wire) => message.seq)
      expect([seed, pulled]).toEqual([seed, upTo])
      expect([seed, device.entries.every(({ message }) => message.seq <= last)]).toEqual([seed, true])
    }
    for (const device of [ann, owner]) {
      const pulled = (await device.ask('pull', { since: 0 })).entries.map(({ message }: Wire) => message.seq)
      expect([seed, pulled]).toEqual([seed, all.map(({ seq }) => seq)])
    }
  }
})

it('a message to many on another node travels there once, and what one commit gave a user is one frame', async () => {
  const { clock, parcels, here, there } = await stage()
  const ann = await here.node.connect('ann')
  const members = ['bob', 'cid', 'dan', 'eve']
  const devices = await Promise.all(members.map((userId) => there.node.connect(userId)))
  const { groupId } = await ann.ask('group.create', { name: 'cars', members: [...members, 'offline'] })
  await ann.ask('c2g', here.node.text(groupId, 'warm'))
  await settle()
  parcels.length = 0
  here.storage.commitDelayMs = 50
  const answers = ['only-once-0', 'only-once-1', 'only-once-2'].map((text) =>
    ann.request('c2g', here.node.text(groupId, text)),
  )
  await during(clock, Promise.all(answers))
  await settle()
  expect(parcels).toHaveLength(1)
  expect(parcels[0]!.frames).toHaveLength(1)
  for (const text of ['only-once-0', 'only-once-1', 'only-once-2'])
    expect(JSON.stringify(parcels[0]!.frames).split(text)).toHaveLength(2)
  for (const device of devices) {
    expect(device.of('entries').map(({ entries }) => entries.length)).toEqual([1, 1, 3])
    expect(device.entries).toEqual((await device.ask('pull', { since: 0 })).entries)
  }
})
