// Starts: many nodes that migrate at once, checks of the server's settings, and one line for each mistake.
import type { Storage } from '@rookery/core'
import { DataSource } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrivatePostgres, describeWithServer } from '../../testing/private-postgres.js'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { say } from '../../testing/scene.js'
import { optionsBeside } from '../host.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { checkPostgresOptions, type PostgresOptions } from './options.js'

describeOnPostgres('starting on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())
  const make = (options: Partial<PostgresOptions> = {}): Storage =>
    new TypeOrmStorage({ ...options, type: 'postgres', ...database.where })

  it('migrations run once by eight nodes that start at the same time, and all are one system', async () => {
    const nodes = Array.from({ length: 8 }, () => make())
    const infos = await Promise.all(nodes.map((node) => node.start()))
    expect(new Set(infos.map(({ epoch }) => epoch)).size).toBe(1)
    expect(await ask(database.where, 'SELECT name FROM im_migrations')).toHaveLength(5)
    await nodes[0]?.commit([say('1')])
    expect((await nodes[7]?.heads.users(['bob']))?.[0]?.seq).toBe(1)
    await Promise.all(nodes.map((node) => node.stop()))
  })

  it('tables that are not there are refused where the operator runs migrations', async () => {
    await expect(make({ tablePrefix: 'other_', migrations: 'check' }).start()).rejects.toThrow(
      /lacks ImInitialSchema.*start once with/,
    )
    expect(await ask(database.where, `SELECT to_regclass('other_user') AS found`)).toEqual([{ found: null }])
  })

  it('two installations stand beside each other in one database, and in a schema of their own', async () => {
    await ask(database.where, 'CREATE SCHEMA "Chat"')
    const [one, two] = [make({ tablePrefix: 'one_' }), make({ schema: 'Chat' })]
    for (const storage of [one, two]) {
      await storage.start()
      expect(await storage.commit([say('1')])).toMatchObject([{ seq: 1, inbox: [1, 1] }])
      await storage.stop()
    }
    expect(await ask(database.where, 'SELECT count(*)::int AS n FROM "Chat".im_message')).toEqual([{ n: 1 }])
    expect(await ask(database.where, 'SELECT count(*)::int AS n FROM "Chat".im_migrations')).toEqual([{ n: 5 }])
  })

  it.each(['my-app', 'select', 'Üb er', 'a.b', 'a"b', "it's", '1st', '\\\\'])(
    'a schema may be named %s',
    async (schema) => {
      await ask(database.where, `CREATE SCHEMA "${schema.replaceAll('"', '""')}"`)
      const storage = make({ schema })
      await storage.start()
      expect(await storage.commit([say('1')])).toMatchObject([{ seq: 1, inbox: [1, 1] }])
      await storage.stop()
      const again = make({ schema, migrations: 'check' })
      await again.start()
      expect((await again.heads.users(['bob']))[0]?.seq).toBe(1)
      await again.stop()
      const rows = await ask(
        database.where,
        `SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = $1 AND tablename IN ('im_migrations', 'im_user')`,
        [schema],
      )
      expect(rows).toEqual([{ n: 2 }])
    },
  )

  it('nothing depends on how the database is set up: its isolation, its plans, its limits', async () => {
    const { where, drop } = await freshDatabase()
    try {
      for (const setting of [
        "default_transaction_isolation = 'serializable'",
        'enable_indexscan = off',
        'lock_timeout = 1',
      ]) {
        await ask(where, `ALTER DATABASE ${where.database} SET ${setting}`)
      }
      const storage = new TypeOrmStorage({ type: 'postgres', ...where, migrations: 'run' })
      await expect(storage.start()).resolves.toMatchObject({ warnings: [] })
      const results = await Promise.all(Array.from({ length: 20 }, (_, n) => storage.commit([say(String(n))])))
      expect(results.map(([result]) => result?.status)).toEqual(Array.from({ length: 20 }, () => 'stored'))
      await storage.stop()
    } finally {
      await drop()
    }
  })

  it('synchronous_commit = off is told with its remedy, or refused where the operator wants that', async () => {
    const { where, drop } = await freshDatabase()
    try {
      await ask(where, `ALTER DATABASE ${where.database} SET synchronous_commit = off`)
      const storage = new TypeOrmStorage({ type: 'postgres', ...where })
      const { warnings } = await storage.start()
      await storage.stop()
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(/synchronous_commit=off: .*; set synchronous_commit = on/)
      const strict = new TypeOrmStorage({ type: 'postgres', ...where, durability: 'refuse' })
      await expect(strict.start()).rejects.toThrow(/synchronous_commit=off/)
    } finally {
      await drop()
    }
  })

  it('a database of another encoding, a server that is not there and a wrong name are one line each', async () => {
    const name = `${database.where.database}_latin`
    await ask(database.where, `CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`)
    try {
      const latin = new TypeOrmStorage({ type: 'postgres', ...database.where, database: name })
      await expect(latin.start()).rejects.toThrow(
        /^the chat database cannot be opened: the database's encoding is SQL_ASCII; .*$/,
      )
    } finally {
      await ask(database.where, `DROP DATABASE ${name} WITH (FORCE)`)
    }
    const away = new TypeOrmStorage({ type: 'postgres', host: '127.0.0.1', port: 1 })
    await expect(away.start()).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
    const absent = new TypeOrmStorage({ type: 'postgres', ...database.where, database: 'rookery_absent' })
    await expect(absent.start()).rejects.toThrow(
      /^the chat database cannot be opened: no connection to the database: .*rookery_absent.*$/,
    )
  })

  it("chat uses the database of the host's own DataSource, over its own connections", async () => {
    const { username, ...address } = database.where
    const host = new DataSource({
      type: 'postgres',
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
      expect(await host.query('SELECT count(*)::int AS n FROM beside_message')).toEqual([{ n: 1 }])
    } finally {
      await host.destroy()
    }
  })
})

describeWithServer('a server with weak settings', () => {
  let server: PrivatePostgres
  beforeAll(async () => {
    server = await PrivatePostgres.start({ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' })
  }, 60_000)
  afterAll(() => server.remove())

  it('each is told in one line with its remedy', async () => {
    const storage = new TypeOrmStorage({ type: 'postgres', ...server.where })
    const { warnings } = await storage.start()
    await storage.stop()
    expect(warnings.map((warning) => /\w+=off/.exec(warning)?.[0])).toEqual([
      'fsync=off',
      'synchronous_commit=off',
      'full_page_writes=off',
    ])
    for (const warning of warnings) expect(warning).toMatch(/; set \w+ = on [^\n]+$/)
  })
})

describe('options for PostgreSQL', () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['an unknown name', { poolSize: 5 }, /option poolSize does not exist; there are /],
    ['a prefix that needs quotes', { tablePrefix: 'Im-' }, /option tablePrefix must be up to 32 small letters/],
    ['a schema without a name', { schema: '' }, /option schema must be a schema's name of 1 to 63 bytes/],
    ['a schema that is no name in a search path', { schema: '$user' }, /option schema must not be '\$user'/],
    ['a schema whose name the server would cut', { schema: 'é'.repeat(32) }, /option schema must be/],
    ['an address of another kind', { url: 'mysql://localhost/x' }, /option url must be such as postgres:/],
    ['no connection to write', { writers: 0 }, /option writers must be a whole number/],
    [
      'a call shorter than a lock',
      { lockTimeoutMs: 500, callTimeoutMs: 400 },
      /option callTimeoutMs must be more than lockTimeoutMs/,
    ],
    ['half a millisecond', { connectTimeoutMs: 0.5 }, /option connectTimeoutMs must be whole milliseconds/],
    ['another policy', { durability: 'ignore' }, /option durability must be 'warn' or 'refuse'/],
  ]
  it.each(wrong)('%s is one line with its remedy', (_, options, line) => {
    expect(() => checkPostgresOptions({ type: 'postgres', ...options })).toThrow(line)
    expect(() => new TypeOrmStorage({ type: 'postgres', ...options })).toThrow(line)
  })
})
