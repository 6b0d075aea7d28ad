// Starts: many nodes that migrate at once, checks of the server's settings, and one line for each mistake.
import type { Storage } from '@rookery/core'
import { DataSource } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { describeWithMysql, PrivateMysql } from '../../testing/private-mysql.js'
import { say } from '../../testing/scene.js'
import { optionsBeside } from '../host.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { readServer } from './durability.js'
import type { Link } from './link.js'
import { checkMysqlOptions, type MysqlOptions } from './options.js'

describeOnMysql('starting on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())
  const make = (options: Partial<MysqlOptions> = {}): Storage =>
    new TypeOrmStorage({ ...options, type: 'mysql', ...database.where })

  it('migrations run once by eight nodes that start at the same time, and all are one system', async () => {
    const nodes = Array.from({ length: 8 }, () => make())
    const infos = await Promise.all(nodes.map((node) => node.start()))
    expect(new Set(infos.map(({ epoch }) => epoch)).size).toBe(1)
    expect(await ask(database.where, 'SELECT name FROM im_migrations')).toHaveLength(2)
    await nodes[0]?.commit([say('1')])
    expect((await nodes[7]?.heads.users(['bob']))?.[0]?.seq).toBe(1)
    await Promise.all(nodes.map((node) => node.stop()))
  }, 60_000)

  it('a start that was ended in the middle of its migrations is followed by one that does the rest', async () => {
    const one = make({ tablePrefix: 'half_' })
    await one.start()
    await one.stop()
    // As if the process had ended before the last tables: each table was made by itself, and nothing records it.
    await ask(database.where, 'DROP TABLE half_device')
    await ask(database.where, 'DROP TABLE half_key')
    await ask(database.where, 'DELETE FROM half_migrations')
    const other = make({ tablePrefix: 'half_' })
    await other.start()
    expect(await other.commit([say('1')])).toMatchObject([{ seq: 1 }])
    await other.stop()
  })

  it('tables that are not there are refused where the operator runs migrations', async () => {
    await expect(make({ tablePrefix: 'other_', migrations: 'check' }).start()).rejects.toThrow(
      /lacks ImInitialSchema.*start once with/,
    )
    expect(await ask(database.where, `SHOW TABLES LIKE 'other%'`)).toEqual([])
  })

  it('two installations stand beside each other in one database', async () => {
    const [one, two] = [make({ tablePrefix: 'one_' }), make({ tablePrefix: 'two_' })]
    for (const storage of [one, two]) {
      await storage.start()
      expect(await storage.commit([say('1')])).toMatchObject([{ seq: 1, inbox: [1, 1] }])
      await storage.stop()
    }
    expect(await ask(database.where, 'SELECT COUNT(*) AS n FROM one_message')).toEqual([{ n: 1 }])
  })

  it.each(['MyISAM', 'Aria'])(
    'a table of the engine %s is refused with the statement that mends it',
    async (engine) => {
      const tablePrefix = `${engine.toLowerCase()}_`
      const one = make({ tablePrefix })
      await one.start()
      await one.stop()
      for (const table of ['user', 'migrations']) {
        await ask(database.where, `ALTER TABLE ${tablePrefix}${table} ENGINE = ${engine}`)
        const refused = await make({ tablePrefix })
          .start()
          .catch((error: Error) => error.message)
        expect(refused).toMatch(
          new RegExp(`the table ${tablePrefix}${table} is of the engine ${engine}, which [^\n]*$`),
        )
        await ask(database.where, /run (ALTER TABLE .*)$/.exec(refused as string)![1]!)
      }
      await ask(database.where, `ALTER TABLE ${tablePrefix}message CONVERT TO CHARACTER SET latin1`)
      const refused = await make({ tablePrefix })
        .start()
        .catch((error: Error) => error.message)
      expect(refused).toMatch(/has columns of latin1_swedish_ci, which gives texts back changed; run ALTER/)
      await ask(database.where, /run (ALTER TABLE .*)$/.exec(refused as string)![1]!)
      const again = make({ tablePrefix })
      await again.start()
      expect(await again.commit([say('1')])).toMatchObject([{ seq: 1 }])
      await again.stop()
    },
  )

  it("a table of the host's own that has one of our names is refused, and stays as it is", async () => {
    const fresh = await freshDatabase()
    try {
      await ask(fresh.where, 'CREATE TABLE im_user (id int PRIMARY KEY, name varchar(20))')
      await ask(fresh.where, "INSERT INTO im_user VALUES (1, 'mine')")
      const refused = new TypeOrmStorage({ type: 'mysql', ...fresh.where })
      await expect(refused.start()).rejects.toThrow(
        /the table im_user is not chat's, for it has no column user_id, head, floor, login_epoch; give chat another tablePrefix, such as 'chat_'$/,
      )
      expect(await ask(fresh.where, 'SHOW TABLES')).toHaveLength(1)
      expect(await ask(fresh.where, 'SELECT * FROM im_user')).toEqual([{ id: 1, name: 'mine' }])
      const other = new TypeOrmStorage({ type: 'mysql', ...fresh.where, tablePrefix: 'chat_' })
      await other.start()
      await other.stop()
    } finally {
      await fresh.drop()
    }
  })

  it('tables that were made and are gone are refused in one line, and all of them gone is a start anew', async () => {
    const tablePrefix = 'gone_'
    const one = make({ tablePrefix })
    await one.start()
    await one.stop()
    await ask(database.where, 'DROP TABLE gone_message, gone_key')
    const refused = await make({ tablePrefix })
      .start()
      .catch((error: Error) => error.message)
    expect(refused).toMatch(
      /: gone_message, gone_key are gone, though gone_migrations says that they were made: [^\n]*$/,
    )
    const all = /drop (gone_\w+(?:, gone_\w+)*), and start again/.exec(refused as string)![1]!
    await ask(database.where, `DROP TABLE IF EXISTS ${all}`)
    const again = make({ tablePrefix })
    await again.start()
    await again.stop()
  })

  it('an app whose DataSource drops its schema starts, again and again', async () => {
    const fresh = await freshDatabase()
    try {
      const { username = 'root', ...address } = fresh.where
      const options = { type: 'mysql', ...address, username, dropSchema: true, synchronize: true }
      for (let round = 0; round < 2; round += 1) {
        const host = await new DataSource(options as ConstructorParameters<typeof DataSource>[0]).initialize()
        const storage = new TypeOrmStorage(() => optionsBeside(host, {}))
        await storage.start()
        expect(await storage.commit([say('1')])).toMatchObject([{ seq: 1 }])
        await storage.stop()
        await host.destroy()
      }
    } finally {
      await fresh.drop()
    }
  })

  it('a database may have a name that needs quotes', async () => {
    const name = `${database.where.database}-my \`db\`.1`
    await ask(database.where, `CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
    try {
      const storage = new TypeOrmStorage({ type: 'mysql', ...database.where, database: name })
      await storage.start()
      expect(await storage.commit([say('1')])).toMatchObject([{ seq: 1 }])
      await storage.stop()
    } finally {
      await ask(database.where, `DROP DATABASE \`${name.replaceAll('`', '``')}\``)
    }
  })

  it('a server that is not there, a wrong name and a wrong password are one line each', async () => {
    const away = new TypeOrmStorage({ type: 'mysql', host: '127.0.0.1', port: 1, database: 'x' })
    await expect(away.start()).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
    const absent = new TypeOrmStorage({ type: 'mysql', ...database.where, database: 'rookery_absent' })
    await expect(absent.start()).rejects.toThrow(
      /^the chat database cannot be opened: no connection to the database: .*rookery_absent.*$/,
    )
    const stranger = new TypeOrmStorage({ type: 'mysql', ...database.where, username: 'nobody-here', password: 'x' })
    await expect(stranger.start()).rejects.toThrow(/^the chat database cannot be opened: .*Access denied.*$/)
  })

  it("chat uses the database of the host's own DataSource, over its own connections", async () => {
    const { username, ...address } = database.where
    const host = new DataSource({
      type: 'mariadb',
      ...address,
      ...(username === undefined ? {} : { username }),
      synchronize: true,
      poolSize: 1,
    } as ConstructorParameters<typeof DataSource>[0])
    await host.initialize()
    try {
      const storage = new TypeOrmStorage(() => optionsBeside(host, { tablePrefix: 'beside_' }))
      await storage.start()
      // The host's one connection is in a transaction, and chat goes on.
      await host.transaction(async () => {
        expect(await storage.commit([say('1')])).toMatchObject([{ status: 'stored' }])
      })
      await storage.stop()
      expect(await host.query('SELECT COUNT(*) AS n FROM beside_message')).toEqual([{ n: '1' }])
    } finally {
      await host.destroy()
    }
  })
})

describeWithMysql('a MariaDB with settings of its own', () => {
  it('every table is of InnoDB and of our collation where the server makes others by default', async () => {
    const server = await PrivateMysql.start([
      '--default-storage-engine=MyISAM',
      '--sql-mode=',
      '--character-set-server=latin1',
    ])
    const storage = new TypeOrmStorage({ type: 'mariadb', ...server.where })
    await storage.start()
    await storage.stop()
    const made = await ask<{ name: string; engine: string; collation: string }>(
      server.where,
      `SELECT TABLE_NAME AS name, ENGINE AS engine, TABLE_COLLATION AS collation FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE()`,
    )
    expect(made.length).toBeGreaterThan(10)
    expect(made.filter(({ engine, collation }) => engine !== 'InnoDB' || collation !== 'utf8mb4_bin')).toEqual([])
  }, 60_000)

  it('nothing depends on how it is set up: its SQL mode, its isolation, its character set, its limits', async () => {
    const server = await PrivateMysql.start([
      '--sql-mode=ANSI,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE',
      '--transaction-isolation=SERIALIZABLE',
      '--character-set-server=latin1',
      '--collation-server=latin1_swedish_ci',
      '--autocommit=0',
      '--completion-type=CHAIN',
      '--innodb-lock-wait-timeout=1',
      '--max-statement-time=1',
      '--in-predicate-conversion-threshold=2',
      '--wait-timeout=1',
      '--lower-case-table-names=1',
      '--log-bin',
      '--binlog-format=MIXED',
      '--sync-binlog=1',
    ])
    try {
      const storage = new TypeOrmStorage({ type: 'mariadb', ...server.where })
      await expect(storage.start()).resolves.toMatchObject({ warnings: [] })
      const content = String.raw`{"text":"it's \\ \"quoted\" 🚗"}`
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) => storage.commit([say(`${n}'\\"`, { content }), say(`é${n}`)])),
      )
      expect(results.flat().map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 'stored'))
      const { messages } = await storage.timelines.messages('alice-bob', { limit: 100 })
      expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
      expect(
        messages
          .filter((one) => one.content === content)
          .map(({ clientMsgId }) => clientMsgId)
          .toSorted(),
      ).toEqual(Array.from({ length: 20 }, (_, n) => `${n}'\\"`).toSorted())
      const heads = await storage.heads.users(['alice', 'bob', 'ALICE', 'nobody'])
      expect(heads.map(({ seq }) => seq)).toEqual([40, 40, 0, 0])
      await storage.stop()
      // That the tables were made is committed, too.
      const again = new TypeOrmStorage({ type: 'mariadb', ...server.where, migrations: 'check' })
      await again.start()
      await again.stop()
    } finally {
      await server.remove()
    }
  }, 60_000)

  it('what is weaker than promised is told with its remedy, or refused where the operator wants that', async () => {
    const server = await PrivateMysql.start(['--innodb-flush-log-at-trx-commit=2'])
    try {
      const storage = new TypeOrmStorage({ type: 'mariadb', ...server.where })
      const { warnings } = await storage.start()
      await storage.stop()
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(/trx_commit=2: .*; set innodb_flush_log_at_trx_commit = 1$/)
      const strict = new TypeOrmStorage({ type: 'mariadb', ...server.where, durability: 'refuse' })
      await expect(strict.start()).rejects.toThrow(/innodb_flush_log_at_trx_commit=2/)
    } finally {
      await server.remove()
    }
  }, 60_000)
})

describe("a server's settings", () => {
  /** A server with these, and otherwise as it should be. */
  const server = (settings: Readonly<Record<string, string>>): Link => {
    const shown = {
      version: '8.0.36',
      innodb_flush_log_at_trx_commit: '1',
      sync_binlog: '1',
      log_bin: 'ON',
      binlog_format: 'ROW',
      innodb_doublewrite: 'ON',
      max_allowed_packet: '67108864',
      ...settings,
    }
    return { ask: async () => [Object.entries(shown)] } as unknown as Link
  }
  const weak: [string, Record<string, string>, RegExp][] = [
    [
      'a log that is flushed by the second',
      { innodb_flush_log_at_trx_commit: '2' },
      /=2: .*; set innodb_flush_log_at_tr/,
    ],
    ['a binlog that is flushed at leisure', { sync_binlog: '0' }, /sync_binlog=0: .*; set sync_binlog = 1$/],
    ['pages written once', { innodb_doublewrite: 'OFF' }, /doublewrite=OFF: .*; set innodb_doublewrite = ON$/],
  ]
  it.each(weak)('%s is told with its remedy', async (_, settings, line) => {
    const { warnings } = await readServer(server(settings), 1000)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(line)
  })

  it('a binlog that is off need not be flushed, and a good server is told nothing of', async () => {
    expect(await readServer(server({ log_bin: 'OFF', sync_binlog: '0' }), 1000)).toEqual({
      warnings: [],
      packetBytes: 67_108_864,
    })
    expect((await readServer(server({ version: '11.4.2-MariaDB-log' }), 1000)).warnings).toEqual([])
  })

  const useless: [string, Record<string, string>, RegExp][] = [
    ['an old MySQL', { version: '5.7.44' }, /^MySQL is of version 5\.7; 8\.0 or newer is needed$/],
    ['an old MariaDB', { version: '10.5.1-MariaDB' }, /^MariaDB is of version 10\.5; 10\.6 or newer is needed$/],
    ['a binlog of statements', { binlog_format: 'STATEMENT' }, /; set binlog_format = ROW$/],
    ['tiny packets', { max_allowed_packet: '1024' }, /; set max_allowed_packet = 16M or more$/],
  ]
  it.each(useless)('%s is one line with its remedy', async (_, settings, line) => {
    await expect(readServer(server(settings), 1000)).rejects.toThrow(line)
  })
})

describe('options for MySQL', () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['an unknown name', { poolSize: 5 }, /option poolSize does not exist; there are /],
    ['a prefix that needs quotes', { tablePrefix: 'Im-' }, /option tablePrefix must be 1 to 32 small letters/],
    ['no prefix', { tablePrefix: '' }, /option tablePrefix must be 1 to 32 small letters/],
    ['an address of another kind', { url: 'postgres://localhost/x' }, /option url must be such as mysql:/],
    ['no database', { database: undefined }, /option database must name/],
    ['no connection to write', { writers: 0 }, /option writers must be a whole number/],
    [
      'a call shorter than a lock in whole seconds',
      { lockTimeoutMs: 500, callTimeoutMs: 900 },
      /option callTimeoutMs must be more than lockTimeoutMs in whole seconds \(1000\)/,
    ],
    ['half a millisecond', { connectTimeoutMs: 0.5 }, /option connectTimeoutMs must be whole milliseconds/],
    ['another policy', { durability: 'ignore' }, /option durability must be 'warn' or 'refuse'/],
  ]
  it.each(wrong)('%s is one line with its remedy', (_, options, line) => {
    const given = { type: 'mysql', database: 'x', ...options } as MysqlOptions
    expect(() => checkMysqlOptions(given)).toThrow(line)
    expect(() => new TypeOrmStorage(given)).toThrow(line)
  })

  it('an address is taken apart as it is written', () => {
    const { address } = checkMysqlOptions({ type: 'mysql', url: 'mysql://a%40b:p%2Fw@[::1]:3307/chat%20db' })
    expect(address).toEqual({ host: '::1', port: 3307, user: 'a@b', password: 'p/w', database: 'chat db' })
  })
})
