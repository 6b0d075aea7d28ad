import { join } from 'node:path'
import { createRookery, MemoryStorage, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import libsql from 'libsql'
import { DataSource, EntitySchema } from 'typeorm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folder } from '../../testing/scene.js'
import { sqliteQueue } from './sqlite-queue.js'
import { TypeOrmOutbox } from './typeorm-outbox.js'

const Order = new EntitySchema<{ id?: number; what: string }>({
  name: 'order_of_the_host',
  columns: { id: { type: Number, primary: true, generated: true }, what: { type: String } },
})

let database: string
let host: DataSource
let rookery: Rookery
let bob: FakeDevice

const open = (): Promise<DataSource> =>
  new DataSource({
    type: 'better-sqlite3',
    driver: libsql,
    database,
    entities: [Order],
    synchronize: true,
  }).initialize()

beforeEach(async () => {
  database = join(folder(), 'app.sqlite')
  host = await open()
  rookery = createRookery({
    storage: new MemoryStorage(),
    outbox: new TypeOrmOutbox(() => host),
    authenticate: ({ token }) => ({ userId: token }),
    rate: 'off',
  })
  await rookery.start()
  bob = await FakeDevice.connect(rookery.gate, { token: 'bob', deviceId: 'd', deviceType: 'phone' })
})
afterEach(async () => {
  await rookery.stop()
  if (host.isInitialized) await host.destroy()
})

const order = (id: number) => ({ from: 'ann', to: 'bob', type: 'order', content: { id } })
const orders = (): number[] => bob.entries.map((entry) => entry.message.content.id as number)
const rows = (): Promise<unknown[]> => host.query('SELECT id, parked FROM im_outbox')

describe('within a transaction of the host on SQLite', () => {
  it('row and message come together after the commit, and not before', async () => {
    let seenInside = -1
    await host.transaction(async (tx) => {
      await tx.getRepository(Order).save({ what: 'car' })
      await rookery.im.within(tx).sendC2C(order(1))
      await rookery.im.sendC2C(order(0))
      await bob.until(() => bob.entries.length === 1)
      seenInside = bob.entries.length
    })
    await bob.until(() => bob.entries.length === 2)
    expect(seenInside).toBe(1)
    expect(orders()).toEqual([0, 1])
    expect(await host.getRepository(Order).count()).toBe(1)
    await expect.poll(rows).toEqual([])
  })

  it('neither comes after a rollback, while what others sent meanwhile stays', async () => {
    const failing = host.transaction(async (tx) => {
      await tx.getRepository(Order).save({ what: 'car' })
      await rookery.im.within(tx).sendC2C(order(1))
      await rookery.im.sendC2C(order(2))
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await rookery.im.sendC2C(order(3))
    await bob.until(() => bob.entries.length === 2)
    expect(orders()).toEqual([2, 3])
    expect(await rows()).toEqual([])
    expect(await host.getRepository(Order).count()).toBe(0)
  })

  it('a savepoint that is rolled back takes only its own; one that is released wakes nobody', async () => {
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
      expect(bob.entries).toHaveLength(0)
    })
    await bob.until(() => bob.entries.length === 3)
    expect(orders()).toEqual([1, 2, 4])
  })

  it('the messages of one transaction keep their order', async () => {
    await host.transaction(async (tx) => {
      for (let id = 0; id < 50; id++) await rookery.im.within(tx).sendC2C(order(id))
    })
    await bob.until(() => bob.entries.length === 50)
    expect(orders()).toEqual(Array.from({ length: 50 }, (_, id) => id))
  })

  it('a manager in which no transaction runs is refused', async () => {
    await expect(rookery.im.within(host.manager).sendC2C(order(1))).rejects.toThrow(TypeError)
    let escaped: unknown
    await host.transaction(async (tx) => void (escaped = tx))
    await expect(rookery.im.within(escaped).sendC2C(order(1))).rejects.toThrow(TypeError)
    expect(await rows()).toEqual([])
  })

  it('a row that nobody told of is found by the sweep', async () => {
    const request = JSON.stringify({ kind: 'custom', userId: 'bob', topic: 'late', payload: '1' })
    await host.query('INSERT INTO im_outbox (id, request, put_at) VALUES (?, ?, 0)', ['left-by-a-crash', request])
    await bob.until(() => bob.entries.length === 1)
    expect(bob.entries[0].topic).toBe('late')
  })

  it('a row that was moved but not taken away is not sent again', async () => {
    await host.transaction((tx) => rookery.im.within(tx).sendC2C({ ...order(1), clientMsgId: 'k' }))
    await bob.until(() => bob.entries.length === 1)
    const { msgId, conversationId } = bob.entries[0].message
    const request = {
      kind: 'c2c',
      from: 'ann',
      checked: false,
      request: { clientMsgId: 'k', to: 'bob', type: 'order', content: { id: 1 } },
    }
    await host.query('INSERT INTO im_outbox (id, request, put_at) VALUES (?, ?, 0)', [
      `${msgId}x`,
      JSON.stringify(request),
    ])
    await expect.poll(rows, { timeout: 5000 }).toEqual([])
    expect((await rookery.im.history({ conversationId })).messages).toHaveLength(1)
  })
})

describe('sqliteQueue', () => {
  it('lets transactions at once through one by one, where they would fail or mix', async () => {
    const queue = sqliteQueue(host)
    const save = (fails: boolean) =>
      queue.transaction(async (tx) => {
        await tx.getRepository(Order).save({ what: 'x' })
        await new Promise((resolve) => setImmediate(resolve))
        if (fails) throw new Error('rolled back')
      })
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => save(i % 2 === 1)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(25)
    expect(await sqliteQueue(host).run((manager) => manager.getRepository(Order).count())).toBe(25)
  })
})
