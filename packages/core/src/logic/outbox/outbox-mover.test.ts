import { afterEach, describe, expect, it } from 'vitest'
import { RookeryError } from '@rookery/protocol'
import { MemoryDatabase } from '../../memory/memory-database.js'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import type { BeforeSend } from '../../ports/host.js'
import type { StorageOp } from '../../ports/storage.js'
import { FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'

let clock: VirtualClock
let nodes: TestNode[] = []
afterEach(async () => {
  for (const node of nodes) await stop(node)
  nodes = []
})

async function stop(node: TestNode): Promise<void> {
  const stopping = node.stop()
  await clock.advance(20_000)
  await stopping
}

interface Scene {
  readonly clock: VirtualClock
  readonly outbox: MemoryOutbox
  readonly storage: FaultyStorage
  readonly node: TestNode
}

async function scene(options: Partial<RookeryOptions> = {}): Promise<Scene> {
  clock = new VirtualClock()
  const storage = new FaultyStorage(new MemoryStorage(), clock)
  const outbox = new MemoryOutbox()
  const node = await another({ clock, storage, outbox }, options)
  return { clock, outbox, storage, node }
}

async function another(
  { clock, storage, outbox }: Pick<Scene, 'clock' | 'storage' | 'outbox'>,
  options: Partial<RookeryOptions> = {},
): Promise<TestNode> {
  const node = await TestNode.start({ clock, storage, outbox, ...options })
  nodes.push(node)
  return node
}

/** A before-handler for every message. Of the moved messages only those with `checked` reach it. */
const before = (handler: BeforeSend): Pick<RookeryOptions, 'handlers'> => ({
  handlers: { before: () => handler, after: () => undefined, topic: () => undefined },
})

/** Writes numbered messages of ann to each of these users, in one transaction. */
async function write({ outbox, node }: Scene, ...to: readonly string[]): Promise<string[]> {
  const tx = outbox.begin()
  const ids: string[] = []
  for (const [n, user] of to.entries()) {
    const message = { from: 'ann', to: user, type: 'text', content: { n: n + 1 }, checked: true }
    ids.push((await node.rookery.im.within(tx).sendC2C(message)).msgId)
  }
  tx.commit()
  return ids
}

/** The messages in a conversation of ann. */
async function said({ node }: Scene, to = 'bob'): Promise<unknown[]> {
  const conversationId = node.rookery.im.conversationId('ann', to)
  const page = await node.rookery.im.history({ conversationId }).catch(() => ({ messages: [] }))
  return page.messages.map(({ content }) => (content as { n: unknown }).n)
}

const raw = (outbox: MemoryOutbox, id: string, request: string): void => {
  const tx = outbox.begin()
  tx.rows!.push({ id, request })
  tx.commit()
}

const busy = (): RookeryError => new RookeryError('OVERLOADED', 'busy', { retryAfterMs: 1000 })

describe('the messages of one transaction to one conversation', () => {
  it.each([
    ['with a plain error', (): Error => new Error('a bug')],
    ['with an answer that may be tried again', busy],
  ])('come in their order where a handler refuses the first once, %s', async (_, fault) => {
    let faults = 1
    const world = await scene(
      before(async (_session, { content }) => {
        if (content['n'] === 1 && faults-- > 0) throw fault()
      }),
    )
    await write(world, 'bob', 'bob', 'bob')
    await world.clock.advance(5_000)
    expect(await said(world)).toEqual([1, 2, 3])
    expect(await world.outbox.read(10)).toEqual([])
  })

  it.each([1, 2, 3])('come in their order where the storage refuses number %i alone, once', async (refused) => {
    const world = await scene()
    let refusals = 1
    const isRefused = (op: StorageOp): boolean => op.op === 'append' && op.message.content === `{"n":${refused}}`
    world.storage.refuse((op) => isRefused(op) && refusals-- > 0)
    await write(world, 'bob', 'bob', 'bob')
    await world.clock.advance(5_000)
    expect(await said(world)).toEqual([1, 2, 3])
  })

  it('come in their order where the writer has no room', async () => {
    const world = await scene({ limits: { writerQueue: 1 } })
    await write(world, 'bob', 'cid', 'bob', 'dan', 'bob', 'cid')
    await world.clock.advance(10_000)
    expect(await said(world)).toEqual([1, 3, 5])
    expect(await said(world, 'cid')).toEqual([2, 6])
  })

  it('come in their order from several nodes that refuse at different times, and from one that starts later', async () => {
    const turns = [0, 0, 0]
    const refusing = (node: number) =>
      before(async () => {
        if (++turns[node]! % (node + 2) === 0) throw turns[node]! % 2 === 0 ? new Error('a bug') : busy()
      })
    clock = new VirtualClock()
    const database = new MemoryDatabase()
    const outbox = new MemoryOutbox()
    const start = async (node: number): Promise<Scene> => {
      const storage = new FaultyStorage(new MemoryStorage({ database }), clock)
      return { clock, outbox, storage, node: await another({ clock, storage, outbox }, refusing(node)) }
    }
    const world = await start(0)
    await start(1)
    const count = 60
    await write(world, ...Array.from({ length: count }, () => 'bob'))
    await world.clock.advance(3_000)
    await stop(nodes.shift()!)
    await start(2)
    await world.clock.advance(300_000)
    const { im } = nodes[0]!.rookery
    const { messages } = await im.history({ conversationId: im.conversationId('ann', 'bob') })
    expect(messages.map(({ content }) => content['n'])).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(world.outbox.reasons.size).toBe(0)
  })
})

describe('lines', () => {
  it('do not wait for rows of others that cannot be moved, however many', async () => {
    const world = await scene(
      before(async (_session, { to }) => {
        if (to.startsWith('stuck')) throw busy()
      }),
    )
    await write(world, ...Array.from({ length: 700 }, (_, i) => `stuck${i % 450}`))
    await world.clock.advance(3_000)
    await write(world, 'bob', 'bob')
    await world.clock.advance(100)
    expect(await said(world)).toEqual([1, 2])
    expect(world.node.rookery.stats().outbox).toEqual({ waiting: 700, parked: 0 })
  })

  it('do not wait for one whose rows are slow, even if it has more rows than one read', async () => {
    const waiting: (() => void)[] = []
    const world = await scene({
      ...before(async (_session, { to }) => {
        if (to === 'slow') await new Promise<void>((resolve) => waiting.push(resolve))
      }),
    })
    await write(world, ...Array.from({ length: 500 }, () => 'slow'), 'bob')
    await world.clock.advance(10)
    expect(await said(world)).toEqual([501])
    expect(waiting).toHaveLength(1)
    while (waiting.length > 0) {
      waiting.shift()!()
      await world.clock.advance(1)
    }
    expect((await said(world, 'slow')).length).toBe(200)
    expect(await world.outbox.read(10)).toEqual([])
    const conversationId = world.node.rookery.im.conversationId('ann', 'slow')
    const first = await world.node.rookery.im.history({ conversationId, after: 0 })
    expect(first.messages.map(({ content }) => content['n'])).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  })

  it('leave alone a row that another node parked while they were slow', async () => {
    let finish: () => void = () => {}
    const world = await scene(
      before(async (_session, { content }) => {
        if (content['n'] === 1) await new Promise<void>((resolve) => (finish = resolve))
      }),
    )
    const [, second] = await write(world, 'bob', 'bob', 'bob')
    await world.clock.advance(3_000)
    await world.outbox.park(second!, 'by another node')
    finish()
    await world.clock.advance(100)
    expect(await said(world)).toEqual([1, 3])
    expect(world.outbox.reasons.get(second!)).toBe('by another node')
    expect(world.node.rookery.stats().outbox!.waiting).toBe(0)
  })

  it('do not wait for a large group that is made', async () => {
    const world = await scene()
    const { im } = world.node.rookery
    const tx = world.outbox.begin()
    const members = Array.from({ length: 3_000 }, (_, i) => `member${i}`)
    const { groupId } = await im.within(tx).groups.create({ owner: 'ann', name: 'all', members })
    await im.within(tx).sendC2G({ from: 'ann', to: groupId, type: 'text', content: { n: 2 } })
    await im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { n: 1 } })
    // Each commit takes so long that the group needs fifteen times as long as the message.
    world.storage.commitDelayMs = 600
    tx.commit()
    const afterMs = await world.clock.runUntil(async () => (await said(world)).length === 1, 60_000)
    expect(afterMs).toBeLessThan(2_000)
    const untilMs = await world.clock.runUntil(
      async () => (await im.groups.get(groupId).catch(() => null))?.memberCount === 3_001,
      60_000,
    )
    expect(untilMs).toBeGreaterThan(5_000)
    await world.clock.runUntil(async () => (await world.outbox.read(1)).length === 0, 60_000)
    const { messages } = await im.history({ conversationId: groupId })
    expect(messages.at(-1)!.content).toEqual({ n: 2 })
  })

  it('take only as many rows as a node may have seen, and go on when some are done', async () => {
    const world = await scene({ limits: { outboxRows: 3 } })
    await write(world, ...Array.from({ length: 50 }, (_, i) => `user${i % 7}`))
    await world.clock.advance(1_000)
    expect(await world.outbox.read(1)).toEqual([])
    expect(await said(world, 'user3')).toEqual([4, 11, 18, 25, 32, 39, 46])
  })
})

describe('a row that fails', () => {
  it('is parked with its reason after the last attempt, and later rows go on', async () => {
    let attempts = 0
    const world = await scene({
      limits: { outboxAttempts: 4 },
      ...before(async (_session, { content }) => {
        if (content['n'] !== 1) return
        attempts += 1
        throw new Error('a bug')
      }),
    })
    const [first] = await write(world, 'bob', 'bob')
    await world.clock.advance(1_000 + 2_000)
    expect(attempts).toBe(3)
    expect(await said(world)).toEqual([])
    await world.clock.advance(5_000)
    expect(attempts).toBe(4)
    expect(world.outbox.reasons.get(first!)).toMatch(/^INTERNAL: .*; tried 4 times$/)
    expect(await said(world)).toEqual([2])
  })

  it('is not parked while something is away: the storage, or what answers UNAVAILABLE', async () => {
    let isAway = true
    const world = await scene(
      before(async (_session, { content }) => {
        if (isAway && content['n'] === 1) throw new RookeryError('UNAVAILABLE', 'away')
      }),
    )
    await write(world, 'bob', 'bob')
    await world.clock.advance(120_000)
    world.storage.failCommits('none', 10_000)
    world.storage.failReads(50)
    isAway = false
    await world.clock.advance(120_000)
    expect(await said(world)).toEqual([])
    world.storage.heal()
    await world.clock.advance(5_000)
    expect(await said(world)).toEqual([1, 2])
    expect(world.outbox.reasons.size).toBe(0)
  })

  it('of a group is not parked while storage cannot be read', async () => {
    const world = await scene()
    const { im } = world.node.rookery
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars' })
    const tx = world.outbox.begin()
    await im.within(tx).groups.add(groupId, ['bob'])
    world.storage.failReads(10_000)
    tx.commit()
    await world.clock.advance(120_000)
    expect(world.outbox.reasons.size).toBe(0)
    world.storage.heal()
    await world.clock.advance(2_000)
    expect((await im.groups.get(groupId)).memberCount).toBe(2)
  })

  it('is kept in its place where it cannot even be parked', async () => {
    const world = await scene({ users: { exists: (userId) => userId !== 'gone' } })
    const park = world.outbox.park.bind(world.outbox)
    world.outbox.park = async () => Promise.reject(new Error('the host database is away'))
    raw(world.outbox, 'row', JSON.stringify(rowTo('gone')))
    await world.clock.advance(20_000)
    expect(world.outbox.reasons.size).toBe(0)
    world.outbox.park = park
    await world.clock.advance(20_000)
    expect(world.outbox.reasons.get('row')).toBe('NOT_FOUND: no such user')
  })

  it('parks and nothing else: rows that do not parse', async () => {
    const world = await scene()
    const broken = [
      'no json',
      'null',
      '[]',
      '"c2c"',
      '{}',
      '{"kind":7}',
      '{"kind":"c2c"}',
      '{"kind":"c2c","from":"ann","request":{"to":"bob"}}',
      '{"kind":"c2g","from":"ann","request":null}',
      '{"kind":"recall","request":{"conversationId":"x"}}',
      '{"kind":"edit","request":{"conversationId":"x","seq":1}}',
      '{"kind":"group.create","groupId":"g"}',
      '{"kind":"group.add","groupId":"g","userIds":"bob"}',
      '{"kind":"custom","userId":"bob"}',
    ]
    for (const [i, request] of broken.entries()) raw(world.outbox, `row${i}`, request)
    await write(world, 'bob')
    await world.clock.advance(100)
    expect(await said(world)).toEqual([1])
    expect([...world.outbox.reasons.keys()].sort()).toEqual(broken.map((_, i) => `row${i}`).sort())
    for (const reason of world.outbox.reasons.values()) expect(reason).toMatch(/^BAD_REQUEST: the row does not parse: /)
  })

  it('of a kind that the node does not know stays for newer ones, and holds back its own line alone', async () => {
    const world = await scene()
    const line = world.node.rookery.im.conversationId('ann', 'cid')
    for (let i = 0; i < 300; i++) raw(world.outbox, `row${i}`, JSON.stringify({ kind: 'poll.open', of: i }))
    raw(world.outbox, 'named', JSON.stringify({ kind: 'toString', line }))
    await write(world, 'bob', 'cid', 'bob')
    await world.clock.advance(60_000)
    expect(await said(world)).toEqual([1, 3])
    expect(await said(world, 'cid')).toEqual([])
    expect(world.outbox.reasons.size).toBe(0)
    expect(await world.outbox.read(1000)).toHaveLength(302)
    // A newer node has moved it.
    await world.outbox.remove(['named'])
    await world.clock.advance(20_000)
    expect(await said(world, 'cid')).toEqual([2])
  })
})

const rowTo = (to: string) => ({
  kind: 'c2c',
  from: 'ann',
  request: { clientMsgId: 'k', to, type: 'text', content: { n: 1 } },
  checked: false,
})

describe('parked rows', () => {
  async function parked(count: number) {
    const gone = new Set(['gone'])
    const world = await scene({ users: { exists: (userId) => !gone.has(userId) }, limits: { list: 2 } })
    const row = rowTo('gone')
    for (let i = 0; i < count; i++)
      raw(world.outbox, `row${i}`, JSON.stringify({ ...row, request: { ...row.request, clientMsgId: `k${i}` } }))
    await world.clock.advance(100)
    return { ...world, gone, maintenance: world.node.rookery.maintenance }
  }

  it('are listed in pages, tried again and dropped', async () => {
    const world = await parked(5)
    const { maintenance } = world
    const first = await maintenance.parkedRows()
    expect(first.rows).toMatchObject([
      { id: 'row0', reason: 'NOT_FOUND: no such user' },
      { id: 'row1', reason: 'NOT_FOUND: no such user' },
    ])
    expect(JSON.parse(first.rows[0]!.request)).toMatchObject({ from: 'ann', request: { to: 'gone' } })
    const second = await maintenance.parkedRows({ after: first.next! })
    expect(second.rows.map(({ id }) => id)).toEqual(['row2', 'row3'])
    const third = await maintenance.parkedRows({ after: second.next!, limit: 50 })
    expect(third).toMatchObject({ rows: [{ id: 'row4' }], next: null })
    expect(await maintenance.dropParked(['row1', 'unknown'])).toBe(1)
    expect(await maintenance.retryParked(['row2', 'row1'])).toBe(1)
    await world.clock.advance(100)
    expect([...world.outbox.reasons.keys()].sort()).toEqual(['row0', 'row2', 'row3', 'row4'])
    world.gone.clear()
    expect(await maintenance.retryParked('all')).toBe(4)
    await world.clock.advance(100)
    expect(await said(world, 'gone')).toHaveLength(4)
    expect(await maintenance.parkedRows()).toEqual({ rows: [], next: null })
  })

  it('are dropped all at once', async () => {
    const { maintenance, outbox } = await parked(5)
    expect(await maintenance.dropParked('all')).toBe(5)
    expect(outbox.reasons.size).toBe(0)
    expect(await maintenance.dropParked('all')).toBe(0)
  })

  it('are counted in figures and health, which stays well without them', async () => {
    const { node, maintenance } = await parked(2)
    expect(node.rookery.stats().outbox).toEqual({ waiting: 0, parked: 2 })
    const health = await node.rookery.health()
    expect(health).toMatchObject({ ok: true, parts: { outbox: { ok: false } } })
    expect(health.parts['outbox']!.reason).toMatch(/^2 rows are parked/)
    await maintenance.dropParked('all')
    expect((await node.rookery.health()).parts['outbox']).toEqual({ ok: true })
    expect(node.rookery.stats().outbox).toEqual({ waiting: 0, parked: 0 })
  })

  it('are asked for in the right way, or not at all', async () => {
    const { maintenance } = await parked(0)
    const refused = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await refused(maintenance.parkedRows({ limit: 0 }))
    await refused(maintenance.parkedRows({ limit: Number.NaN }))
    await refused(maintenance.parkedRows({ after: "1' OR 1" }))
    await refused(maintenance.retryParked('everything' as 'all'))
    await refused(maintenance.dropParked([7] as unknown as string[]))
    const none = await TestNode.start()
    nodes.push(none)
    expect(await none.rookery.maintenance.parkedRows()).toEqual({ rows: [], next: null })
    expect(await none.rookery.maintenance.retryParked('all')).toBe(0)
    expect(none.rookery.stats()).not.toHaveProperty('outbox')
    expect((await none.rookery.health()).parts).not.toHaveProperty('outbox')
  })
})
