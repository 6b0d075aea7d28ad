import { afterEach, describe, expect, it } from 'vitest'
import { MemoryBusHub } from '../../memory/memory-bus.js'
import { MemoryDatabase } from '../../memory/memory-database.js'
import { MemoryPresence } from '../../memory/memory-presence.js'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import { FaultyStorage, SeededRandom, TestNode, VirtualClock } from '@rookery/testing'

const dayMs = 86_400_000
const hourMs = 3_600_000

let node: TestNode | undefined
const clock = new VirtualClock()
afterEach(async () => {
  const stopping = node?.stop()
  await clock.advance(10_000)
  await stopping
  node = undefined
})

async function start(options: Partial<RookeryOptions> = {}): Promise<TestNode> {
  node = await TestNode.start({ clock, rate: 'off', random: runsLate(), ...options })
  return node
}

/** The first run by itself comes at the end of its time, so that it does not meet a run that a test asks for. */
const runsLate = (): SeededRandom => Object.assign(new SeededRandom(1), { next: () => 0.99 })

/** Sends this many texts and waits for the answers. */
async function talk(chat: TestNode, from: string, to: string, count: number): Promise<string> {
  const device = await chat.connect(from)
  let conversationId = ''
  for (let n = 1; n <= count; n += 1) ({ conversationId } = await device.ask('c2c', chat.text(to, `${n}`)))
  device.disconnect()
  return conversationId
}

describe('a run of retention', () => {
  it('comes by itself; a device that comes back gets truncated, and fills from history', async () => {
    const chat = await start()
    const conversationId = await talk(chat, 'ann', 'bob', 5)
    clock.jumpWall(31 * dayMs)
    await talk(chat, 'ann', 'bob', 3)
    await clock.advance(2 * hourMs)

    const bob = await chat.connect('bob', { since: 0 })
    const page = await bob.ask('pull', { since: 0 })
    expect(page).toMatchObject({ truncated: true, more: false, reset: false, seq: 8 })
    expect(page.entries.map((entry: { seq: number }) => entry.seq)).toEqual([6, 7, 8])
    const { messages } = await bob.ask('history', { conversationId, before: 6 })
    expect(messages.map(({ content }: { content: { text: string } }) => content.text)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ])
    expect(await bob.ask('pull', { since: 8 })).toMatchObject({ truncated: false, entries: [] })
    expect((await bob.ask('conversations')).unreadTotal).toBe(8)
  })

  it('of everything leaves a device with an empty page at the head, which follows from there', async () => {
    const chat = await start({ retention: { timelineMs: 30 * dayMs } })
    const conversationId = await talk(chat, 'ann', 'bob', 5)
    clock.jumpWall(31 * dayMs)
    await clock.advance(2 * hourMs)
    const bob = await chat.connect('bob', { since: 2 })
    expect(await bob.ask('pull', { since: 2 })).toMatchObject({ truncated: true, more: false, seq: 5, entries: [] })
    expect(await bob.ask('history', { conversationId })).toMatchObject({ messages: [], more: false })
    await talk(chat, 'ann', 'bob', 1)
    await bob.until(() => bob.entries.length > 0)
    expect(bob.entries).toMatchObject([{ seq: 6, message: { seq: 6 } }])
  })

  it('delivers entries whose message is gone as expired, with their ids alone', async () => {
    const chat = await start({ retention: { timelineCount: 2 } })
    const conversationId = await talk(chat, 'ann', 'bob', 4)
    await clock.advance(2 * hourMs)
    const bob = await chat.connect('bob', { since: 0 })
    const page = await bob.ask('pull', { since: 0 })
    expect(page).toMatchObject({ truncated: false, seq: 4 })
    expect(page.entries[1]).toEqual({
      seq: 2,
      kind: 'message',
      at: expect.any(Number),
      message: { conversationId, seq: 2, expired: true },
    })
    expect(page.entries[2].message).toMatchObject({ seq: 3, content: { text: '3' } })
    expect((await bob.ask('conversations')).unreadTotal).toBe(2)
    const ann = await chat.connect('ann')
    expect(await ann.code('recall', { conversationId, seq: 2 })).toBe('NOT_FOUND')
    expect(await ann.ask('recall', { conversationId, seq: 3 })).toEqual({ seq: 5 })
  })

  it('answers a message that is sent again with the first result, though it was removed', async () => {
    const chat = await start({ retention: { timelineCount: 1 } })
    const ann = await chat.connect('ann')
    const message = chat.text('bob', 'once')
    const first = await ann.ask('c2c', message)
    await ann.ask('c2c', chat.text('bob', 'twice'))
    await clock.advance(2 * hourMs)
    expect(await ann.ask('c2c', message)).toEqual({ ...first, duplicate: true })
    expect(await ann.code('c2c', { ...message, content: { text: 'other' } })).toBe('CONFLICT')
  })

  it('goes beside sends, and loses none', async () => {
    const chat = await start({ retention: { timelineCount: 10, batchRows: 7 } })
    const conversationId = await talk(chat, 'ann', 'bob', 100)
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')]
    const trimming = chat.rookery.maintenance.trim()
    const answers = []
    for (let n = 0; n < 50; n += 1) {
      answers.push(ann.ask('c2c', chat.text('bob', `during ${n}`)))
      await clock.advance(50)
    }
    expect((await Promise.all(answers)).map(({ seq }: { seq: number }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, n) => 101 + n),
    )
    expect((await trimming).messages).toBeGreaterThanOrEqual(90)
    expect(bob.entries.map(({ message }) => message.content.text)).toEqual(
      Array.from({ length: 50 }, (_, n) => `during ${n}`),
    )
    await clock.advance(2 * hourMs)
    const { messages } = await bob.ask('history', { conversationId })
    expect(messages.map(({ seq }: { seq: number }) => seq)).toEqual(Array.from({ length: 10 }, (_, n) => 141 + n))
  })

  it('tells how far it is and what it took: to who asked, to the observer, and to the log', async () => {
    const lines: [string, object | undefined][] = []
    const trimmed = { entries: 0, messages: 0, keys: 0 }
    const chat = await start({
      retention: { timelineCount: 1, batchRows: 3, pauseMs: 30_000 },
      observer: {
        trimmed(taken) {
          for (const name of ['entries', 'messages', 'keys'] as const) trimmed[name] += taken[name]
        },
      },
      logger: { info: (line, facts) => lines.push([line, facts]), warn() {}, error() {} },
    })
    await talk(chat, 'ann', 'bob', 20)
    const seen: number[] = []
    const asked = chat.rookery.maintenance.trim({ onProgress: ({ done }) => seen.push(done) })
    await clock.advance(600_000)
    expect(await asked).toEqual({ done: 1, entries: 0, messages: 19, keys: 0 })
    expect(trimmed).toMatchObject({ entries: 0, messages: 19 })
    expect(seen.length).toBeGreaterThan(6)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))

    await talk(chat, 'ann', 'bob', 20)
    await clock.advance(2 * hourMs)
    const told = lines.filter(([line]) => line.startsWith('retention')).map(([line]) => line)
    expect(told[0]).toBe('retention is under way')
    expect(told.at(-1)).toBe('retention removed what was too old')
    expect(lines.find(([line]) => line === 'retention removed what was too old')?.[1]).toMatchObject({ messages: 20 })
  })

  it('that the storage made fail is tried again with the next one; a stop in its midst ends it', async () => {
    const errors: string[] = []
    const storage = new FaultyStorage(new MemoryStorage(), clock)
    const chat = await start({
      storage,
      retention: { timelineCount: 1, batchRows: 2, everyMs: hourMs, pauseMs: 1000 },
      logger: { info() {}, warn() {}, error: (line) => errors.push(line) },
    })
    await talk(chat, 'ann', 'bob', 9)
    storage.failReads(1_000_000)
    await clock.advance(hourMs)
    expect(errors).toContain('a run of retention failed; the next run continues')
    storage.heal()
    let steps = 0
    const asked = chat.rookery.maintenance.trim({ onProgress: () => (steps += 1) })
    await clock.advance(1500)
    const stopping = chat.stop()
    await clock.advance(10_000)
    await stopping
    const { messages } = await asked
    expect(steps).toBe(2)
    expect(messages).toBeLessThan(8)
  })
})

describe('many nodes', () => {
  it('take turns: each time one of them runs, and each of them comes round', async () => {
    const [database, presence, hub] = [new MemoryDatabase(), new MemoryPresence(clock), new MemoryBusHub()]
    const runs: { readonly nodeId: string; readonly hour: number }[] = []
    const storageOf = (nodeId: string): MemoryStorage => {
      const storage = new MemoryStorage({ database })
      const { maintenance } = storage
      const trim: typeof maintenance.trim = (...args) => {
        runs.push({ nodeId, hour: Math.floor(clock.now() / hourMs) })
        return maintenance.trim(...args)
      }
      return Object.assign(storage, { maintenance: { ...maintenance, trim } })
    }
    const nodes = []
    for (const [seed, nodeId] of ['n1', 'n2', 'n3'].entries()) {
      const options = {
        clock,
        presence,
        nodeId,
        storage: storageOf(nodeId),
        bus: hub.bus(),
        random: new SeededRandom(seed),
      }
      nodes.push(await TestNode.start({ ...options, retention: { everyMs: hourMs } }))
    }
    await clock.advance(12 * hourMs)
    expect(runs.map(({ hour }) => hour)).toEqual([...new Set(runs.map(({ hour }) => hour))])
    expect(runs.length).toBeGreaterThanOrEqual(10)
    expect(new Set(runs.map(({ nodeId }) => nodeId)).size).toBe(3)

    // One node is gone: the others do what would have been its turn.
    const stopping = nodes.pop()!.stop()
    await clock.advance(60_000)
    await stopping
    runs.length = 0
    await clock.advance(6 * hourMs)
    expect(runs.length).toBeGreaterThanOrEqual(5)
    expect(new Set(runs.map(({ nodeId }) => nodeId))).toEqual(new Set(['n1', 'n2']))
    const rest = Promise.all(nodes.map((one) => one.stop()))
    await clock.advance(60_000)
    await rest
  })

  it('each run where presence does not tell who lives', async () => {
    const presence = new MemoryPresence(clock)
    presence.nodes = async () => {
      throw new Error('not reached')
    }
    const chat = await start({ presence, retention: { timelineCount: 2 }, nodeId: 'zz' })
    const conversationId = await talk(chat, 'ann', 'bob', 4)
    await clock.advance(2 * hourMs)
    const bob = await chat.connect('bob')
    expect((await bob.ask('history', { conversationId })).messages).toHaveLength(2)
  })
})

describe('roaming', () => {
  it('is refused to a device type that the host named, and to no other', async () => {
    const chat = await start({ roaming: { refuse: ['web'] } })
    const conversationId = await talk(chat, 'ann', 'bob', 2)
    const web = await chat.connect('bob', { deviceType: 'web' })
    expect((await web.request('history', { conversationId })) as unknown).toMatchObject({
      ok: false,
      error: { code: 'FORBIDDEN', message: 'roaming not allowed for this device type' },
    })
    const phone = await chat.connect('bob')
    expect((await phone.ask('history', { conversationId })).messages).toHaveLength(2)
    // What a device needs to catch up is not roaming.
    expect((await web.ask('pull', { since: 0 })).entries).toHaveLength(2)
  })
})

describe('options', () => {
  it.each([
    [{ retention: { inboxMs: dayMs } }, 'retention.inboxMs is shorter than seven days: give at least 604800000'],
    [{ retention: { keysMs: 7 * dayMs - 1 } }, 'retention.keysMs is shorter than seven days: give at least 604800000'],
    [{ retention: { timelineMs: 0 } }, 'retention.timelineMs is not a whole number from 1'],
    [
      { retention: { timelineCount: 1.5 } },
      "retention.timelineCount is not a whole number from 1: leave it out for the default, or give 'off'",
    ],
    [{ retention: { everyMs: 'off' } }, 'retention.everyMs is not a whole number from 1'],
    [{ retention: { days: 3 } }, 'retention.days does not exist: known are inboxMs, timelineMs'],
    [{ roaming: { refuse: 'web' } }, 'roaming.refuse is not a list'],
    [{ roaming: { refuse: ['tv'] } }, 'roaming.refuse names an unknown device type: known are phone, pad, pc, web.'],
    [{ roaming: { allow: [] } }, 'roaming.allow does not exist: known is refuse.'],
  ])('%o is told in one line', async (options, line) => {
    const failed = await TestNode.start(options as unknown as Partial<RookeryOptions>).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(failed).toContain(`Rookery option ${line}`)
    expect(failed).toMatch(/^[^\n]+$/)
  })

  it('seven days, and for ever, are taken', async () => {
    await start({ retention: { inboxMs: 7 * dayMs, keysMs: 'off', timelineMs: 1, timelineCount: 'off' } })
  })
})
