// The host's transactions on a database server, with chat in the same database: both are stored or neither, whichever
// ends first.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRookery, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { DataSource, type DataSourceOptions } from 'typeorm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TypeOrmOutbox } from '../src/outbox/typeorm-outbox.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'
import type { ServerDatabase } from './server-database.js'

const child = fileURLToPath(new URL('./outbox-child.mjs', import.meta.url))

/** For each test a database with a table `orders` of the host, and nodes on it. */
class Scene {
  database!: ServerDatabase
  host!: DataSource
  readonly #running: Rookery[] = []

  constructor(private readonly freshDatabase: () => Promise<ServerDatabase>) {}

  async begin(): Promise<void> {
    this.database = await this.freshDatabase()
    this.host = await this.hostWith({})
    await this.host.query('CREATE TABLE orders (id int PRIMARY KEY)')
  }

  async end(): Promise<void> {
    for (const rookery of this.#running.splice(0)) await rookery.stop()
    await this.host.destroy()
    await this.database.drop()
  }

  hostWith(options: object): Promise<DataSource> {
    return new DataSource({ ...this.database.options, ...options } as DataSourceOptions).initialize()
  }

  async startNode(on = this.host): Promise<Rookery> {
    const rookery = createRookery({
      storage: new TypeOrmStorage(this.database.options),
      outbox: new TypeOrmOutbox(() => on),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
    })
    await rookery.start()
    this.#running.push(rookery)
    return rookery
  }

  /** The rows that wait in the outbox. */
  rows(): Promise<unknown[]> {
    return this.database.ask('SELECT id, parked FROM im_outbox')
  }
}

export function outboxScene(freshDatabase: () => Promise<ServerDatabase>): Scene {
  const scene = new Scene(freshDatabase)
  beforeEach(() => scene.begin())
  afterEach(() => scene.end())
  return scene
}

export const connect = (rookery: Rookery, userId: string, since?: number): Promise<FakeDevice> =>
  FakeDevice.connect(rookery.gate, {
    token: userId,
    deviceId: userId,
    deviceType: 'phone',
    ...(since === undefined ? {} : { since }),
  })

export const order = (id: number) => ({ from: 'ann', to: 'bob', type: 'order', content: { id } })

const ordersOf = (device: FakeDevice): number[] => device.entries.map((entry) => entry.message.content.id as number)

export function outboxTrials(scene: Scene): void {
  const rows = (): Promise<unknown[]> => scene.rows()
  const place = async (rookery: Rookery, id: number, fails = false): Promise<void> =>
    scene.host.transaction(async (tx) => {
      await tx.query(`INSERT INTO orders (id) VALUES (${id})`)
      await rookery.im.within(tx).sendC2C(order(id))
      if (fails) throw new Error('no')
    })

  it('row and message come together after the commit, and neither after a rollback', async () => {
    const rookery = await scene.startNode()
    const bob = await connect(rookery, 'bob')
    await expect(place(rookery, 1, true)).rejects.toThrow('no')
    await place(rookery, 2)
    await place(rookery, 3)
    await bob.until(() => bob.entries.length === 2)
    expect(ordersOf(bob)).toEqual([2, 3])
    expect(await scene.host.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 2 }, { id: 3 }])
    await expect.poll(rows).toEqual([])
  })

  it('a savepoint that is rolled back takes only its own, and one that is released tells nobody', async () => {
    const rookery = await scene.startNode()
    const bob = await connect(rookery, 'bob')
    await scene.host.transaction(async (tx) => {
      await rookery.im.within(tx).sendC2C(order(1))
      await tx.transaction((inner) => rookery.im.within(inner).sendC2C(order(2)))
      await tx
        .transaction(async (inner) => {
          await rookery.im.within(inner).sendC2C(order(3))
          throw new Error('only this')
        })
        .catch(() => {})
      await rookery.im.within(tx).sendC2C(order(4))
      // The sweep comes by, and finds nothing that is committed.
      await new Promise((resolve) => setTimeout(resolve, 1200))
      expect(bob.entries).toHaveLength(0)
    })
    await bob.until(() => bob.entries.length === 3)
    expect(ordersOf(bob)).toEqual([1, 2, 4])
  })

  it('two nodes beside each other deliver each message once', async () => {
    const [one, two] = [await scene.startNode(), await scene.startNode()]
    await Promise.all(Array.from({ length: 60 }, (_, id) => place(id % 2 ? one : two, id)))
    await expect.poll(rows, { timeout: 20_000 }).toEqual([])
    const bob = await connect(one, 'bob', 0)
    const { entries } = await bob.ask('pull', { since: 0, limit: 100 })
    const ids = entries.map((entry: { message: { content: { id: number } } }) => entry.message.content.id) as number[]
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, id) => id))
  })

  it('rows are taken away while another transaction holds its own, and between two nodes', async () => {
    const [rookery] = [await scene.startNode(), await scene.startNode()]
    const bob = await connect(rookery, 'bob')
    await scene.host.transaction(async (held) => {
      await rookery.im.within(held).sendC2C(order(1000))
      for (const round of [0, 1, 2]) {
        await scene.host.transaction(async (tx) => {
          for (let id = 0; id < 5; id += 1) await rookery.im.within(tx).sendC2C(order(round * 5 + id))
        })
        await expect.poll(rows, { timeout: 10_000 }).toEqual([])
      }
      expect(ordersOf(bob)).toEqual(Array.from({ length: 15 }, (_, id) => id))
    })
    await bob.until(() => ordersOf(bob).includes(1000))
  })

  it('the table is made once by nodes that start together', async () => {
    const outboxes = Array.from({ length: 8 }, () => new TypeOrmOutbox(() => scene.host))
    await Promise.all(outboxes.map((outbox) => outbox.start()))
    expect(await rows()).toEqual([])
    await Promise.all(outboxes.map((outbox) => outbox.stop()))
  })

  it('what a process committed in its last moment is delivered within 2 s of the next start', async () => {
    const given = JSON.stringify({ options: scene.database.options, id: 7 })
    const ended: { signal?: string; stderr?: string } = await promisify(execFile)(process.execPath, [
      child,
      given,
    ]).then(
      () => ({}),
      (error: { signal: string; stderr: string }) => error,
    )
    expect(ended.stderr).toBe('')
    expect(ended.signal).toBe('SIGKILL')
    expect(await scene.host.query('SELECT id FROM orders')).toEqual([{ id: 7 }])
    const rookery = await scene.startNode()
    const began = performance.now()
    const bob = await connect(rookery, 'bob', 0)
    await expect.poll(async () => (await bob.ask('pull', { since: 0 })).entries.length, { interval: 20 }).toBe(1)
    expect(performance.now() - began).toBeLessThan(2000)
    await expect.poll(rows).toEqual([])
  })

  it("a host's transaction that is held open for 5 s slows nobody's chat, not even between the same two", async () => {
    const rookery = await scene.startNode()
    const ann = await connect(rookery, 'ann')
    const bob = await connect(rookery, 'bob')
    const send = async (n: number): Promise<number> => {
      const began = performance.now()
      await ann.ask('c2c', { clientMsgId: `k${n}`, to: 'bob', type: 'text', content: { id: n } })
      return performance.now() - began
    }
    await send(0)
    let isHeld = true
    const holding = scene.host
      .transaction(async (tx) => {
        await tx.query('INSERT INTO orders (id) VALUES (1)')
        await rookery.im.within(tx).sendC2C(order(1000))
        await new Promise((resolve) => setTimeout(resolve, 5000))
      })
      .finally(() => (isHeld = false))
    const times: number[] = []
    for (let n = 1; isHeld; n += 1) times.push(await send(n))
    await holding
    await bob.until(() => ordersOf(bob).includes(1000))
    // Hundreds of messages, and none of them waited for anything: a lock would have cost seconds.
    expect(times.length).toBeGreaterThan(200)
    expect(Math.max(...times)).toBeLessThan(1000)
  }, 30_000)
}
