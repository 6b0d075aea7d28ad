// A real node of core on PostgreSQL, through what happens to a database: it crashes under load, it is paused, it is
// restored from an older copy.
import { createRookery, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/core/testing'
import { afterEach, expect, it } from 'vitest'
import { PrivatePostgres, describeWithServer } from '../../testing/private-postgres.js'
import { ask, describeOnPostgres, freshDatabase, type Where } from '../../testing/postgres.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let running: Rookery[] = []
afterEach(async () => {
  for (const rookery of running) await rookery.stop()
  running = []
})

async function startNode(where: Where): Promise<Rookery> {
  const rookery = createRookery({
    storage: new TypeOrmStorage({ type: 'postgres', ...where }),
    authenticate: ({ token }) => ({ userId: token }),
    rate: 'off',
  })
  await rookery.start()
  running.push(rookery)
  return rookery
}

const connect = (rookery: Rookery, userId: string, auth: Record<string, unknown> = {}): Promise<FakeDevice> =>
  FakeDevice.connect(rookery.gate, { token: userId, deviceId: `${userId}-phone`, deviceType: 'phone', ...auth })

/** Everything in a user's inbox. */
async function pullAll(device: FakeDevice): Promise<any[]> {
  const entries: any[] = []
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

/** Sends one message after another, each again under its key until it is stored. */
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

describeWithServer('a node whose PostgreSQL fails', () => {
  it('a crash and a restart under load lose no acknowledged message and repeat none; sends answer UNAVAILABLE meanwhile and go on within 10 s', async () => {
    const server = await PrivatePostgres.start()
    try {
      const rookery = await startNode(server.where)
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
      // Every one of them is told, by its deadline.
      await expect.poll(() => senders.every(({ refusals }) => refusals.length > 0), { timeout: 20_000 }).toBe(true)
      // It serves a moment before it is seen to: nothing is stored up to here.
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
        const mine = entries.flatMap(({ message }) => (message?.from === users[n] ? [message] : []))
        expect(mine.map(({ clientMsgId }) => clientMsgId)).toEqual(sender.stored.map(({ clientMsgId }) => clientMsgId))
        expect(mine.map(({ seq }) => seq)).toEqual(sender.stored.map(({ seq }) => seq))
      }
    } finally {
      for (const rookery of running) await rookery.stop()
      running = []
      await server.remove()
    }
  }, 120_000)

  it('a server that is paused settles every call in time, and what was under way is stored once', async () => {
    const server = await PrivatePostgres.start()
    try {
      const storage = new TypeOrmStorage({
        type: 'postgres',
        ...server.where,
        callTimeoutMs: 1500,
        lockTimeoutMs: 1000,
        connectTimeoutMs: 1000,
      })
      await storage.start()
      await storage.commit([say('before')])
      await storage.timelines.heads(['alice'])
      server.pause()
      const began = performance.now()
      const calls = await Promise.allSettled([
        storage.commit([say('during')]),
        storage.commit([say('during 2')]),
        storage.commit([say('during 3')]),
        storage.timelines.heads(['alice']),
        storage.timelines.inbox('alice', 0, 10),
      ])
      expect(performance.now() - began).toBeLessThan(6000)
      expect(calls.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'))
      expect((calls[0] as PromiseRejectedResult).reason).toMatchObject({ name: 'StorageError', outcome: 'unknown' })
      server.resume()
      // As the writer does: again under the same key, until it is answered.
      const status = async (): Promise<string | undefined> =>
        (await storage.commit([say('during')]).catch(() => []))[0]?.status
      await expect.poll(status, { timeout: 10_000 }).toMatch(/^(?:stored|duplicate)$/)
      await storage.commit([say('during'), say('during 2'), say('during 3')])
      const { entries } = await storage.timelines.inbox('alice', 0, 10)
      expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
      await storage.stop()
    } finally {
      await server.remove()
    }
  }, 60_000)
})

describeOnPostgres('a database that was restored from an older copy', () => {
  it('clients that hold more than it does are told `reset`, and get on with what there is', async () => {
    const { where, drop } = await freshDatabase()
    const copy = `${where.database}_copy`
    const admin = { ...where, database: 'postgres' }
    const text = (n: number) => ({ clientMsgId: `k${n}`, to: 'bob', type: 'text', content: { text: `${n}` } })
    try {
      let rookery = await startNode(where)
      let ann = await connect(rookery, 'ann')
      for (let n = 1; n <= 3; n += 1) await ann.ask('c2c', text(n))
      await rookery.stop()
      await ask(admin, `CREATE DATABASE ${copy} TEMPLATE ${where.database}`)

      rookery = await startNode(where)
      ann = await connect(rookery, 'ann')
      for (let n = 4; n <= 6; n += 1) await ann.ask('c2c', text(n))
      const bob = await connect(rookery, 'bob', { since: 0 })
      const held = (await pullAll(bob)).at(-1)
      const { epoch } = bob.ready
      expect(held.seq).toBe(6)
      await rookery.stop()
      await ask(admin, `DROP DATABASE ${where.database} WITH (FORCE)`)
      await ask(admin, `ALTER DATABASE ${copy} RENAME TO ${where.database}`)

      rookery = await startNode(where)
      const beyond = await connect(rookery, 'bob', { since: held.seq, sinceAt: held.at, epoch })
      expect(beyond.ready).toMatchObject({ reset: true, seq: 3 })
      beyond.disconnect()
      // Others have written on meanwhile, so that the position exists again, with another entry in it.
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

      // An operator who knows of it changes the epoch, and everybody starts over.
      await rookery.stop()
      await ask(where, `UPDATE im_meta SET epoch = 'restored'`)
      rookery = await startNode(where)
      const told = await connect(rookery, 'bob', { since: 2, epoch })
      expect(told.ready).toMatchObject({ reset: true, epoch: 'restored' })
    } finally {
      for (const rookery of running) await rookery.stop()
      running = []
      await ask(admin, `DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`)
      await drop()
    }
  }, 60_000)
})
