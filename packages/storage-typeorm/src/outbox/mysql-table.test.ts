// The outbox's table on MySQL does not depend on how the server or the database is set up.
import { createRookery, MemoryStorage, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { DataSource } from 'typeorm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { optionsBeside } from '../host.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { TypeOrmOutbox, type TypeOrmOutboxOptions } from './typeorm-outbox.js'

describeOnMysql("the outbox's table on MySQL", () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let host: DataSource
  let rookery: Rookery | undefined
  beforeEach(async () => {
    database = await freshDatabase()
    const { username = 'root', ...address } = database.where
    const options = { type: 'mysql', ...address, username, poolSize: 1 }
    host = await new DataSource(options as ConstructorParameters<typeof DataSource>[0]).initialize()
  })
  afterEach(async () => {
    await rookery?.stop()
    rookery = undefined
    await host.destroy()
    await database.drop()
  })
  const start = async (options: TypeOrmOutboxOptions = {}): Promise<Rookery> => {
    const node = createRookery({
      storage: new MemoryStorage(),
      outbox: new TypeOrmOutbox(() => host, options),
      authenticate: ({ token }) => ({ userId: token }),
    })
    await node.start()
    return (rookery = node)
  }
  const order = (id: number) => ({ from: 'ann', to: 'bob', type: 'order', content: { id } })

  it.each(['MyISAM', 'Aria'])('what is rolled back is not delivered where %s is the default engine', async (engine) => {
    await host.query(`SET SESSION default_storage_engine = ${engine}`)
    await host.query(`SET SESSION sql_mode = ''`)
    const { im, gate } = await start()
    const bob = await FakeDevice.connect(gate, { token: 'bob', deviceId: 'd', deviceType: 'phone' })
    const rolledBack = host.transaction(async (tx) => {
      await im.within(tx).sendC2C(order(1))
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    await host.transaction((tx) => im.within(tx).sendC2C(order(2)))
    await bob.until(() => bob.entries.length > 0)
    expect(bob.entries.map(({ message }) => message.content.id)).toEqual([2])
    expect(
      await ask(
        database.where,
        `SELECT ENGINE AS engine, TABLE_COLLATION AS collation FROM information_schema.TABLES
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'im_outbox'`,
      ),
    ).toEqual([{ engine: 'InnoDB', collation: 'utf8mb4_bin' }])
  })

  it('an app with replicas has it where it writes, and so does chat', async () => {
    const { username = 'root', ...address } = database.where
    const at = { ...address, username }
    const options = { type: 'mariadb', replication: { master: at, slaves: [at] }, extra: { connectionLimit: 3 } }
    const replicated = await new DataSource(options as ConstructorParameters<typeof DataSource>[0]).initialize()
    const node = createRookery({
      storage: new TypeOrmStorage(() => optionsBeside(replicated, {})),
      outbox: new TypeOrmOutbox(() => replicated),
      authenticate: ({ token }) => ({ userId: token }),
    })
    try {
      await node.start()
      const bob = await FakeDevice.connect(node.gate, { token: 'bob', deviceId: 'd', deviceType: 'phone' })
      await replicated.transaction((tx) => node.im.within(tx).sendC2C(order(1)))
      await bob.until(() => bob.entries.length === 1)
    } finally {
      await node.stop()
      await replicated.destroy()
    }
  })

  const made = `CREATE TABLE im_outbox (position bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    request longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, put_at bigint NOT NULL,
    parked text CHARACTER SET utf8mb4)`
  const wrong: [string, string, RegExp][] = [
    [
      'of another engine',
      `${made} ENGINE = MyISAM`,
      /is of the engine MyISAM, which rolls nothing back; run ALTER TABLE/,
    ],
    [
      'whose ids are compared by a collation',
      made.replace('ascii COLLATE ascii_bin', 'utf8mb4 COLLATE utf8mb4_general_ci'),
      /compares id by utf8mb4_general_ci, which takes different ids for equal; run ALTER/,
    ],
    ['that cuts requests', made.replace('longtext', 'text'), /has request as text, which is too short; run ALTER/],
    [
      'that cannot say why',
      made.replace('parked text CHARACTER SET utf8mb4', 'parked text CHARACTER SET latin1'),
      /has parked in latin1/,
    ],
    [
      'without its index',
      made.replace('NOT NULL UNIQUE', 'NOT NULL, UNIQUE KEY other (id)'),
      /has no index named id; run ALTER/,
    ],
  ]
  it.each(wrong)(
    'a table %s keeps chat from starting, until the statement that it names was run',
    async (_, create, line) => {
      await ask(database.where, create)
      const refused = await start().catch((error: Error) => error.message)
      expect(refused).toMatch(line)
      expect(refused).not.toContain('\n')
      await ask(database.where, /run (ALTER TABLE .*)$/.exec(refused as string)![1]!)
      await start()
    },
  )

  it("a table of the host's own that has the outbox's name is refused, and no row of it is touched", async () => {
    await ask(database.where, 'CREATE TABLE im_outbox (id int PRIMARY KEY, payload text)')
    await ask(database.where, "INSERT INTO im_outbox VALUES (1, 'mine')")
    await expect(start()).rejects.toThrow(/is not chat's outbox: .*; give chat another tablePrefix/)
    expect(await ask(database.where, 'SELECT * FROM im_outbox')).toEqual([{ id: 1, payload: 'mine' }])
    await start({ tablePrefix: 'chat_' })
  })

  it('a table that is missing is not made where the operator makes tables', async () => {
    await expect(start({ createTable: false })).rejects.toThrow(
      /lacks .*im_outbox.*; run rookery migrate .* CREATE TABLE/,
    )
    expect(await ask(database.where, 'SHOW TABLES')).toEqual([])
  })
})
