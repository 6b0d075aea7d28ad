// A real node of core on a database server that crashes under load, is paused, or is restored from an older copy. The
// trials are the same for every dialect.
import { createRookery, StorageError, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { expect } from 'vitest'
import type { MysqlOptions } from '../src/mysql/options.js'
import type { PostgresOptions } from '../src/postgres/options.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'
import { say } from './scene.js'

export type ServerOptions = PostgresOptions | MysqlOptions

/** A server for one test. */
export interface Server {
  start(): Promise<void>
  /** Kills the server at once. */
  crash(): Promise<void>
  /** Pauses the server. */
  pause(): void
  resume(): void
}

/** Nodes of one test, which stop at its end. */
export class Nodes {
  #running: Rookery[] = []

  async start(options: ServerOptions): Promise<Rookery> {
    const rookery = createRookery({
      storage: new TypeOrmStorage(options),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
    })
    await rookery.start()
    this.#running.push(rookery)
    return rookery
  }

  async stop(): Promise<void> {
    for (const rookery of this.#running) await rookery.stop()
    this.#running = []
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const connect = (rookery: Rookery, userId: string, auth: Record<string, unknown> = {}): Promise<FakeDevice> =>
  FakeDevice.connect(rookery.gate, { token: userId, deviceId: `${userId}-phone`, deviceType: 'phone', ...auth })

/** The part of an entry that the trials compare. */
interface Pulled {
  readonly seq: number
  readonly at: number
  readonly message: {
    readonly from: string
    readonly clientMsgId: string
    readonly seq: number
    readonly content: { readonly text: string }
  }
}

/** All entries of a user's inbox, which has messages only. */
async function pullAll(device: FakeDevice): Promise<Pulled[]> {
  const entries: Pulled[] = []
  for (let since = 0; ;) {
    const page = await device.ask('pull', { since })
    entries.push(...page.entries)
    since = page.seq
    if (!page.more) return entries
  }
}

interface Sent {
  readonly clientMsgId: string
  readonly seq: number
  readonly atMs: number
}

/** Sends one message after another, and repeats each under its key until it is stored. */
class Sender {
  readonly stored: Sent[] = []
  readonly refusals: { readonly code: string; readonly afterMs: number; readonly atMs: number }[] = []
  isSending = true

  constructor(
    private readonly device: FakeDevice,
    private readonly from: string,
    private readonly to: string,
  ) {}

  async run(): Promise<void> {
    for (let n = 0; this.isSending; n += 1) {
      const clientMsgId = `${this.from}.${n}`
      for (;;) {
        const began = performance.now()
        const answer = await this.device.request('c2c', {
          clientMsgId,
          to: this.to,
          type: 'text',
          content: { text: clientMsgId },
        })
        const atMs = performance.now()
        if (answer.ok) {
          this.stored.push({ clientMsgId, seq: answer.data.seq, atMs })
          break
        }
        this.refusals.push({ code: answer.error.code, afterMs: atMs - began, atMs })
        await pause(20)
      }
    }
  }
}

/**
 * No acknowledged message is lost or doubled. Sends answer `UNAVAILABLE` during the crash, and succeed again within 10
 * s.
 */
export async function crashUnderLoad(nodes: Nodes, options: ServerOptions, server: Server): Promise<void> {
  const rookery = await nodes.start(options)
  const users = ['ann', 'bob', 'cid', 'dot', 'eve', 'fay']
  const devices = await Promise.all(users.map((userId) => connect(rookery, userId)))
  const senders = users.map(
    (userId, n) => new Sender(devices[n] as FakeDevice, userId, users[(n + 1) % users.length] as string),
  )
  const running = Promise.all(senders.map((sender) => sender.run()))
  const stored = (): number => senders.reduce((sum, sender) => sum + sender.stored.length, 0)

  await expect.poll(stored, { timeout: 20_000 }).toBeGreaterThan(500)
  await server.crash()
  const downSince = performance.now()
  // Every send gets an answer by its deadline.
  await expect.poll(() => senders.every(({ refusals }) => refusals.length > 0), { timeout: 20_000 }).toBe(true)
  // The server may serve a moment before the test sees it. Nothing is stored up to here.
  const downUntil = performance.now()
  await server.start()
  const upSince = performance.now()
  const before = stored()
  await expect.poll(stored, { timeout: 20_000 }).toBeGreaterThan(before + 300)
  for (const sender of senders) sender.isSending = false
  await running

  const first = Math.min(
    ...senders.flatMap((sender) => sender.stored.map(({ atMs }) => atMs).filter((at) => at > upSince)),
  )
  expect(first - upSince).toBeLessThan(10_000)
  for (const { refusals } of senders) {
    for (const { code, afterMs } of refusals) {
      expect(code).toBe('UNAVAILABLE')
      expect(afterMs).toBeLessThan(12_000)
    }
  }
  expect(
    senders.flatMap((sender) => sender.stored).filter(({ atMs }) => atMs > downSince + 500 && atMs < downUntil),
  ).toEqual([])
  for (const [n, sender] of senders.entries()) {
    const reader = await connect(rookery, users[(n + 1) % users.length] as string, {
      deviceId: 'new',
      deviceType: 'pc',
    })
    const entries = await pullAll(reader)
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1))
    const mine = entries.flatMap(({ message }) => (message.from === users[n] ? [message] : []))
    expect(mine.map(({ clientMsgId }) => clientMsgId)).toEqual(sender.stored.map(({ clientMsgId }) => clientMsgId))
    expect(mine.map(({ seq }) => seq)).toEqual(sender.stored.map(({ seq }) => seq))
  }
}

/**
 * Every call settles in time, and the operations under way are stored once.
 * @param outcome of a commit that got no answer: whether it may have been carried out
 */
export async function pausedWithCallsUnderWay(
  options: ServerOptions,
  server: Server,
  outcome: StorageError['outcome'],
): Promise<void> {
  const storage = new TypeOrmStorage({
    ...options,
    callTimeoutMs: 1500,
    lockTimeoutMs: 1000,
    connectTimeoutMs: 1000,
  })
  await storage.start()
  await storage.commit([say('before')])
  await storage.heads.users(['alice'])
  server.pause()
  const began = performance.now()
  const calls = await Promise.allSettled([
    storage.commit([say('during')]),
    storage.commit([say('during 2')]),
    storage.commit([say('during 3')]),
    storage.heads.users(['alice']),
    storage.timelines.inbox('alice', 0, 10),
  ])
  expect(performance.now() - began).toBeLessThan(6000)
  expect(calls.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'))
  const reason: unknown = (calls[0] as PromiseRejectedResult).reason
  expect(reason).toBeInstanceOf(StorageError)
  // Where a commit takes two round trips, the pause may come between them.
  expect(['unknown', outcome]).toContain((reason as StorageError).outcome)
  server.resume()
  // Like core's writer, this repeats the operation under the same key until it has an answer.
  const status = async (): Promise<string | undefined> =>
    (await storage.commit([say('during')]).catch(() => []))[0]?.status
  await expect.poll(status, { timeout: 10_000 }).toMatch(/^(?:stored|duplicate)$/)
  await storage.commit([say('during'), say('during 2'), say('during 3')])
  const { entries } = await storage.timelines.inbox('alice', 0, 10)
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  await storage.stop()
}

/** How to copy a database that nobody uses, and how to replace the database by the copy. */
export interface Copying {
  copy(): Promise<void>
  restore(): Promise<void>
  /** One statement in the database. */
  run(sql: string): Promise<unknown>
}

/** Clients that have more than the copy receive `reset`, and go on with the copy's data. */
export async function restoredFromOlderCopy(nodes: Nodes, options: ServerOptions, db: Copying): Promise<void> {
  const text = (n: number) => ({ clientMsgId: `k${n}`, to: 'bob', type: 'text', content: { text: `${n}` } })
  let rookery = await nodes.start(options)
  let ann = await connect(rookery, 'ann')
  for (let n = 1; n <= 3; n += 1) await ann.ask('c2c', text(n))
  await nodes.stop()
  await db.copy()

  rookery = await nodes.start(options)
  ann = await connect(rookery, 'ann')
  for (let n = 4; n <= 6; n += 1) await ann.ask('c2c', text(n))
  const bob = await connect(rookery, 'bob', { since: 0 })
  const held = (await pullAll(bob)).at(-1)!
  const { epoch } = bob.ready
  expect(held.seq).toBe(6)
  await nodes.stop()
  await db.restore()

  rookery = await nodes.start(options)
  const beyond = await connect(rookery, 'bob', { since: held.seq, sinceAt: held.at, epoch })
  expect(beyond.ready).toMatchObject({ reset: true, seq: 3 })
  beyond.disconnect()
  // Others have written in the meantime, so that the client's position exists again, with another entry.
  ann = await connect(rookery, 'ann')
  for (let n = 14; n <= 18; n += 1) await ann.ask('c2c', text(n))
  const other = await connect(rookery, 'bob', { since: held.seq, sinceAt: held.at, epoch })
  expect(other.ready).toMatchObject({ reset: true, seq: 8 })
  expect((await pullAll(other)).map(({ message }) => message.content.text)).toEqual([
    '1',
    '2',
    '3',
    '14',
    '15',
    '16',
    '17',
    '18',
  ])
  other.disconnect()
  const honest = await connect(rookery, 'bob', { since: 2, epoch })
  expect(honest.ready.reset).toBe(false)

  // An operator who restored a copy renews the epoch, and every client starts over.
  await nodes.stop()
  await db.run(`UPDATE im_meta SET epoch = 'restored'`)
  rookery = await nodes.start(options)
  const told = await connect(rookery, 'bob', { since: 2, epoch })
  expect(told.ready).toMatchObject({ reset: true, epoch: 'restored' })
}

/** A server, and the one that replaces it in a failover. */
export interface Handover {
  /** Makes the server read-only. It keeps running. */
  fence(): Promise<void>
  /** Makes the other server writable with all data, and leads new connections to it. */
  takeOver(): Promise<void>
}

/** The old server keeps running read-only: health reports it, and sends and reads go on at the new one within 10 s. */
export async function oldServerStaysUp(nodes: Nodes, options: ServerOptions, handover: Handover): Promise<void> {
  const rookery = await nodes.start(options)
  const [ann, bob] = await Promise.all([connect(rookery, 'ann'), connect(rookery, 'bob')])
  const text = (n: number) => ({ clientMsgId: `k${n}`, to: 'bob', type: 'text', content: { text: `${n}` } })
  for (let n = 1; n <= 3; n += 1) await ann.ask('c2c', text(n))
  await pullAll(bob)
  expect(await rookery.health()).toMatchObject({ ok: true })

  await handover.fence()
  // This asks before anybody sends.
  expect(await rookery.health()).toMatchObject({ ok: false, parts: { storage: { ok: false } } })
  const under = ann.request('c2c', text(4))
  await expect.poll(() => rookery.stats().commitsFailingMs, { timeout: 10_000 }).toBeGreaterThan(0)
  const { parts } = await rookery.health()
  expect(parts['storage']?.reason).toMatch(/read.only/i)
  await handover.takeOver()

  const sender = new Sender(ann, 'ann', 'bob')
  const upSince = performance.now()
  expect((await under).ok).toBe(true)
  const running = sender.run()
  await expect.poll(() => sender.stored.length, { timeout: 20_000 }).toBeGreaterThan(20)
  sender.isSending = false
  await running
  expect(sender.stored[0]!.atMs - upSince).toBeLessThan(10_000)
  await expect.poll(async () => (await rookery.health()).ok, { timeout: 10_000 }).toBe(true)
  expect(rookery.stats().commitsFailingMs).toBe(0)
  // Reads the written data so often that every connection is used.
  const all = 4 + sender.stored.length
  const reader = await connect(rookery, 'bob', { deviceId: 'new', deviceType: 'pc' })
  const pages = await Promise.all(Array.from({ length: 12 }, () => pullAll(reader)))
  for (const entries of pages) {
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: all }, (_, n) => n + 1))
  }
}

/** Runs a statement in a transaction that stays open. Answers a function that ends it. */
export type Hold = (sql: string) => Promise<() => Promise<void>>

/** Operations that need a held row wait for it, in order and until their deadlines. All others go on. */
export async function oneRowHeld(nodes: Nodes, options: ServerOptions, hold: Hold): Promise<void> {
  const rookery = await nodes.start({ ...options, lockTimeoutMs: 1000 })
  const [ann, cid, dot] = await Promise.all(['ann', 'cid', 'dot'].map((userId) => connect(rookery, userId)))
  const text = (key: string, to: string) => ({ clientMsgId: key, to, type: 'text', content: { text: key } })
  const { conversationId } = await ann!.ask('c2c', text('first', 'bob'))
  await cid!.ask('c2c', text('first', 'dot'))
  const rows = [
    `SELECT 1 FROM im_user WHERE user_id = 'bob' FOR UPDATE`,
    `SELECT 1 FROM im_conversation WHERE conversation_id = '${conversationId}' FOR UPDATE`,
  ]
  for (const [n, sql] of rows.entries()) {
    const release = await hold(sql)
    const answered: string[] = []
    const waiting = ['x', 'y', 'z'].map(async (key) => {
      const answer = await ann!.request('c2c', text(`${key}${n}`, 'bob'))
      answered.push(answer.ok ? key : answer.error.code)
      return answer
    })
    // If commits waited for the row, they would do so again and again.
    for (let m = 0; m < 30; m += 1) {
      const answers = await Promise.all([
        cid!.request('c2c', text(`${n}.${m}`, 'dot')),
        dot!.request('c2c', text(`${n}.${m}`, 'cid')),
      ])
      expect(answers.map(({ ok }) => ok)).toEqual([true, true])
      if (m === 20) waiting.push(ann!.request('c2c', text(`late${n}`, 'bob')))
    }
    expect(answered).toEqual([])
    expect(await rookery.health()).toMatchObject({ ok: true })
    await release()
    const seqs = (await Promise.all(waiting)).map((answer) => (answer.ok ? answer.data.seq : 0))
    const from = 2 + n * 4
    expect(seqs).toEqual([from, from + 1, from + 2, from + 3])
  }

  const release = await hold(rows[0]!)
  const late = await ann!.request('c2c', text('too-late', 'bob'))
  expect(late).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  await cid!.ask('c2c', text('still', 'dot'))
  await release()
  await ann!.ask('c2c', text('too-late', 'bob'))
}
