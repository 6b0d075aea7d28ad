// The outbox for hosts without TypeORM, over bare drivers. test/orms has the ORMs.
import { createRookery, type Rookery } from '@rookery/core'
import { createConnection, type Connection } from 'mysql2/promise'
import type pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeOnMysql, freshDatabase as freshMysql } from '../../testing/mysql.js'
import { ask, connect, describeOnPostgres, freshDatabase, urlOf } from '../../testing/postgres.js'
import { TypeOrmStorage, type TypeOrmStorageOptions } from '../typeorm-storage.js'
import { SqlOutbox, type SqlOutboxOptions } from './sql-outbox.js'

async function start<Tx>(storage: TypeOrmStorageOptions, options: SqlOutboxOptions<Tx>): Promise<Rookery> {
  const rookery = createRookery({
    storage: new TypeOrmStorage(storage),
    outbox: new SqlOutbox(options),
    authenticate: ({ token }) => ({ userId: token }),
  })
  await rookery.start()
  onTestFinished(() => rookery.stop())
  return rookery
}

const order = (n: number) => ({ from: 'ann', to: 'bob', type: 'order', content: { n, place: 'Łódź 🚗' } })

async function said({ im }: Rookery): Promise<unknown[]> {
  const conversationId = im.conversationId('ann', 'bob')
  const { messages } = await im.history({ conversationId }).catch(() => ({ messages: [] }))
  return messages.map(({ content }) => content['n'])
}

describe('the outbox for other ORMs', () => {
  const right = { dialect: 'postgres', url: 'postgres://localhost/shop', run: async () => {}, isRunning: () => true }

  it.each<[object, string]>([
    [{ dialect: 'oracle' }, "dialect must be 'postgres', 'mysql' or 'mariadb'"],
    [
      { url: 'localhost' },
      "url must name the database of the app's tables, such as postgres://user@host:5432/database",
    ],
    [{ run: 'INSERT' }, 'run must be a function, (tx, sql, values) => …, that runs a statement in the transaction'],
    [
      { isRunning: undefined },
      'isRunning must be a function, (tx) => boolean, that tells whether it is a running transaction',
    ],
    [{ tablePrefix: 'a-b' }, "tablePrefix must be letters, digits and underscores, such as 'im_'"],
  ])('refuses %o in one line', (wrong, line) => {
    const make = () => new SqlOutbox({ ...right, ...wrong } as SqlOutboxOptions)
    expect(make).toThrow(new Error(`SqlOutbox option ${line}`))
  })

  it('takes no row before it has started', async () => {
    const outbox = new SqlOutbox(right as SqlOutboxOptions)
    await expect(outbox.put({}, [])).rejects.toThrow(TypeError)
  })
})

describeOnPostgres('the outbox over a bare PostgreSQL driver', () => {
  it('keeps its table in the schema that is given, and takes rows only of transactions', async () => {
    const { where, drop } = await freshDatabase()
    onTestFinished(drop)
    await ask(where, 'CREATE SCHEMA shop')
    const client = await connect(where)
    onTestFinished(() => client.end())
    const rookery = await start(
      { type: 'postgres', ...where },
      {
        dialect: 'postgres',
        url: urlOf(where),
        schema: 'shop',
        run: (tx: pg.Client, sql, values) => tx.query(sql, values),
        isRunning: () => true,
      },
    )
    // The driver cannot tell, and the server can.
    await expect(rookery.im.within(client).sendC2C(order(1))).rejects.toThrow(TypeError)
    await client.query('BEGIN')
    await rookery.im.within(client).sendC2C(order(2))
    await client.query('ROLLBACK')
    await client.query('BEGIN')
    await rookery.im.within(client).sendC2C(order(3))
    expect((await client.query('SELECT FROM shop.im_outbox')).rowCount).toBe(1)
    await client.query('COMMIT')
    await expect.poll(() => said(rookery)).toEqual([3])
    await expect.poll(() => ask(where, 'SELECT id FROM shop.im_outbox')).toEqual([])
  })

  it('says in one line why it cannot start, and leaves no connection behind', async () => {
    const { where, drop } = await freshDatabase()
    onTestFinished(drop)
    const options = { dialect: 'postgres', url: urlOf(where), createTable: false } as const
    const outbox = new SqlOutbox({ ...options, run: async () => {}, isRunning: () => true })
    await expect(outbox.start()).rejects.toThrow(/^the app's database lacks "public"\."im_outbox"; run rookery migrate/)
    const open = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
    await expect.poll(() => ask(where, open)).toEqual([])
  })
})

describeOnMysql('the outbox over a bare MySQL driver', () => {
  it('a commit delivers a message, a rollback none', async () => {
    const { where, drop } = await freshMysql()
    onTestFinished(drop)
    const { username, ...address } = where
    const client = await createConnection({ ...address, user: username } as Parameters<typeof createConnection>[0])
    onTestFinished(() => client.end())
    const { host = 'localhost', port = 3306, password = '', database } = where
    const account = [username ?? 'root', password].map(encodeURIComponent).join(':')
    const rookery = await start(
      { type: 'mysql', ...where },
      {
        dialect: 'mysql',
        url: `mysql://${account}@${host}:${port}/${database}`,
        run: (tx: Connection, sql, values) => tx.execute(sql, values),
        isRunning: (tx) => tx === client,
      },
    )
    for (const [n, end] of [
      [1, 'ROLLBACK'],
      [2, 'COMMIT'],
    ] as const) {
      await client.query('START TRANSACTION')
      await rookery.im.within(client).sendC2C(order(n))
      await client.query(end)
    }
    await expect.poll(() => said(rookery)).toEqual([2])
    await expect(rookery.im.within({}).sendC2C(order(3))).rejects.toThrow(TypeError)
  })
})
