// The host's transactions on MySQL, with chat in the same database: both are stored or neither, whichever ends first.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRookery, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { DataSource } from 'typeorm'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { describeWithMysql, PrivateMysql } from '../../testing/private-mysql.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { TypeOrmOutbox } from './typeorm-outbox.js'

const child = fileURLToPath(new URL('../../testing/outbox-child.mjs', import.meta.url))

describeOnMysql('within a transaction of the host on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let host: DataSource
  let running: Rookery[] = []
  beforeEach(async () => {
    database = await freshDatabase()
    const { username = 'root', ...address } = database.where
    host = await new DataSource({ type: 'mysql', ...address, username } as ConstructorParameters<
      typeof DataSource
    >[0]).initialize()
    await host.query('CREATE TABLE orders (id int PRIMARY KEY)')
  })
  afterEach(async () => {
    for (const rookery of running) await rookery.stop()
    running = []
    await host.destroy()
    await database.drop()
  })
  const startNode = async (on = host): Promise<Rookery> => {
    const rookery = createRookery({
      storage: new TypeOrmStorage({ type: 'mysql', ...database.where }),
      outbox: new TypeOrmOutbox(() => on),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
    })
    await rookery.start()
    running.push(rookery)
    return rookery
  }
  const connect = (rookery: Rookery, userId: string, since?: number): Promise<FakeDevice> =>
    FakeDevice.connect(rookery.gate, {
      token: userId,
      deviceId: userId,
      deviceType: 'phone',
      ...(since === undefined ? {} : { since }),
    })
  const order = (id: number) => ({ from: 'ann', to: 'bob', type: 'order', content: { id } })
  const ordersOf = (device: FakeDevice): number[] => device.entries.map((entry) => entry.message.content.id as number)
  const rows = (): Promise<unknown[]> => ask(database.where, 'SELECT id, parked FROM im_outbox')
  const place = async (rookery: Rookery, id: number, fails = false): Promise<void> =>
    host.transaction(async (tx) => {
      await tx.query('INSERT INTO orders (id) VALUES (?)', [id])
      await rookery.im.within(tx).sendC2C(order(id))
      if (fails) throw new Error('no')
    })

  it('row and message come together after the commit, and neither after a rollback', async () => {
    const rookery = await startNode()
    const bob = await connect(rookery, 'bob')
    await expect(place(rookery, 1, true)).rejects.toThrow('no')
    await place(rookery, 2)
    await place(rookery, 3)
    await bob.until(() => bob.entries.length === 2)
    expect(ordersOf(bob)).toEqual([2, 3])
    expect(await host.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 2 }, { id: 3 }])
    await expect.poll(rows).toEqual([])
  })

  it('a savepoint that is rolled back takes only its own, and one that is released tells nobody', async () => {
    const rookery = await startNode()
    const bob = await connect(rookery, 'bob')
    await host.transaction(async (tx) => {
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
    const [one, two] = [await startNode(), await startNode()]
    await Promise.all(Array.from({ length: 60 }, (_, id) => place(id % 2 ? one : two, id)))
    await expect.poll(rows, { timeout: 20_000 }).toEqual([])
    const bob = await connect(one, 'bob', 0)
    const { entries } = await bob.ask('pull', { since: 0, limit: 100 })
    const ids = entries.map((entry: { message: { content: { id: number } } }) => entry.message.content.id) as number[]
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, id) => id))
  })

  it('rows are taken away while another transaction holds its own, and between two nodes', async () => {
    const [rookery] = [await startNode(), await startNode()]
    const bob = await connect(rookery, 'bob')
    await host.transaction(async (held) => {
      await rookery.im.within(held).sendC2C(order(1000))
      for (const round of [0, 1, 2]) {
        await host.transaction(async (tx) => {
          for (let id = 0; id < 5; id += 1) await rookery.im.within(tx).sendC2C(order(round * 5 + id))
        })
        await expect.poll(rows, { timeout: 10_000 }).toEqual([])
      }
      expect(ordersOf(bob)).toEqual(Array.from({ length: 15 }, (_, id) => id))
    })
    await bob.until(() => ordersOf(bob).includes(1000))
  })

  it("text is kept over a host's connection whose character set lacks it", async () => {
    const { username = 'root', ...address } = database.where
    const old = new DataSource({
      type: 'mysql',
      ...address,
      username,
      charset: 'LATIN1_SWEDISH_CI',
    } as ConstructorParameters<typeof DataSource>[0])
    await old.initialize()
    onTestFinished(() => old.destroy())
    const rookery = await startNode(old)
    const bob = await connect(rookery, 'bob')
    const text = 'Größe 🚗 你好 " \\'
    await old.transaction((tx) => rookery.im.within(tx).sendC2C({ ...order(1), content: { text } }))
    await bob.until(() => bob.entries.length === 1)
    expect(bob.entries[0].message.content).toEqual({ text })
    await running.pop()?.stop()
  })

  it('the table is made once by nodes that start together', async () => {
    const outboxes = Array.from({ length: 8 }, () => new TypeOrmOutbox(() => host))
    await Promise.all(outboxes.map((outbox) => outbox.start()))
    expect(await rows()).toEqual([])
    await Promise.all(outboxes.map((outbox) => outbox.stop()))
  })

  it('what a process committed in its last moment is delivered within 2 s of the next start', async () => {
    const { username = 'root', ...address } = database.where
    const given = JSON.stringify({ type: 'mysql', where: { ...address, username }, id: 7 })
    const ended: { signal?: string; stderr?: string } = await promisify(execFile)(process.execPath, [
      child,
      given,
    ]).then(
      () => ({}),
      (error: { signal: string; stderr: string }) => error,
    )
    expect(ended.stderr).toBe('')
    expect(ended.signal).toBe('SIGKILL')
    expect(await host.query('SELECT id FROM orders')).toEqual([{ id: 7 }])
    const rookery = await startNode()
    const began = performance.now()
    const bob = await connect(rookery, 'bob', 0)
    await expect.poll(async () => (await bob.ask('pull', { since: 0 })).entries.length, { interval: 20 }).toBe(1)
    expect(performance.now() - began).toBeLessThan(2000)
    await expect.poll(rows).toEqual([])
  })

  it("a host's transaction that is held open for 5 s slows nobody's chat, not even between the same two", async () => {
    const rookery = await startNode()
    const ann = await connect(rookery, 'ann')
    const bob = await connect(rookery, 'bob')
    const send = async (n: number): Promise<number> => {
      const began = performance.now()
      await ann.ask('c2c', { clientMsgId: `k${n}`, to: 'bob', type: 'text', content: { id: n } })
      return performance.now() - began
    }
    await send(0)
    let isHeld = true
    const holding = host
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
})

describeWithMysql('within a transaction of the host on a MariaDB whose sessions do not commit by themselves', () => {
  it('rows are found as they come, and are taken away for good', async () => {
    const server = await PrivateMysql.start(['--autocommit=0'])
    const { username = 'root', ...address } = server.where
    const host = new DataSource({ type: 'mariadb', ...address, username } as ConstructorParameters<
      typeof DataSource
    >[0])
    const rookery = createRookery({
      storage: new TypeOrmStorage({ type: 'mariadb', ...server.where }),
      outbox: new TypeOrmOutbox(() => host),
      authenticate: ({ token }) => ({ userId: token }),
    })
    try {
      await host.initialize()
      await rookery.start()
      const bob = await FakeDevice.connect(rookery.gate, { token: 'bob', deviceId: 'd', deviceType: 'phone' })
      for (const id of [1, 2, 3]) {
        await host.transaction((tx) =>
          rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id } }),
        )
        await bob.until(() => bob.entries.length === id)
        await expect.poll(() => ask(server.where, 'SELECT id FROM im_outbox'), { timeout: 5000 }).toEqual([])
      }
    } finally {
      await rookery.stop()
      if (host.isInitialized) await host.destroy()
      await server.remove()
    }
  }, 60_000)
})
