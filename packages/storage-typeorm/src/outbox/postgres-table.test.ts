// The outbox's table on PostgreSQL is in the schema of the host's DataSource, however that is set.
import { createRookery, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { DataSource, type DataSourceOptions } from 'typeorm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { optionsBeside } from '../host.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { TypeOrmOutbox } from './typeorm-outbox.js'

describeOnPostgres("the outbox's table on PostgreSQL", () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let ended: (() => Promise<void>)[] = []
  let roles: string[] = []
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(async () => {
    for (const end of ended.toReversed()) await end()
    ended = []
    const { where, drop } = database
    await drop()
    for (const role of roles) await ask({ ...where, database: 'postgres' }, `DROP ROLE "${role}"`)
    roles = []
  })
  const run = (sql: string): Promise<Record<string, unknown>[]> => ask(database.where, sql)
  const url = (): URL => {
    const { host, port, username, database: name } = database.where
    return new URL(`postgres://${username}@${host}:${port}/${name}`)
  }
  const open = async (options: object): Promise<DataSource> => {
    const host = await new DataSource({
      type: 'postgres',
      url: url().href,
      ...options,
    } as DataSourceOptions).initialize()
    ended.push(() => host.destroy())
    return host
  }
  const start = async (host: DataSource): Promise<Rookery> => {
    const rookery = createRookery({
      storage: new TypeOrmStorage(() => optionsBeside(host, {})),
      outbox: new TypeOrmOutbox(() => host),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
    })
    await rookery.start()
    ended.push(() => rookery.stop())
    return rookery
  }
  const connect = (rookery: Rookery): Promise<FakeDevice> =>
    FakeDevice.connect(rookery.gate, { token: 'bob', deviceId: 'd', deviceType: 'phone' })
  const order = (id: number | string) => ({ from: 'ann', to: 'bob', type: 'order', content: { id } })
  const idsOf = (device: FakeDevice): unknown[] => device.entries.map((entry) => entry.message.content.id)
  const schemasOf = async (table: string): Promise<unknown[]> =>
    (await run(`SELECT schemaname AS name FROM pg_tables WHERE tablename = '${table}' ORDER BY 1`)).map(
      ({ name }) => name,
    )

  const ways: [string, (schema: string) => Promise<object>][] = [
    ['the option schema', async (schema) => ({ schema })],
    [
      'the search_path of its URL',
      async (schema) => {
        const at = url()
        at.searchParams.set('options', `-c search_path="${schema}"`)
        return { url: at.href }
      },
    ],
    [
      'the search_path of its extra',
      async (schema) => ({ extra: { options: `-c search_path="${schema}"`, max: 3, statement_timeout: 60_000 } }),
    ],
    [
      'that of its role',
      async (schema) => {
        const role = `role_${database.where.database}_${schema}`
        await run(`CREATE ROLE "${role}" LOGIN SUPERUSER; ALTER ROLE "${role}" SET search_path TO "${schema}"`)
        roles.push(role)
        const at = url()
        at.username = role
        return { url: at.href }
      },
    ],
  ]
  it.each(ways)('two apps in two schemas, set by %s, have each their own', async (_, optionsFor) => {
    const apps = []
    for (const name of ['one', 'two-B']) {
      await run(`CREATE SCHEMA "${name}"`)
      const host = await open(await optionsFor(name))
      const rookery = await start(host)
      apps.push({ name, host, rookery, bob: await connect(rookery) })
    }
    await Promise.all(
      apps.map(async ({ name, host, rookery }) => {
        for (let n = 0; n < 20; n += 1)
          await host.transaction(async (tx) => {
            await tx.query('SET LOCAL search_path TO pg_catalog')
            await rookery.im.within(tx).sendC2C(order(`${name} ${n}`))
          })
      }),
    )
    for (const { name, bob } of apps) {
      await bob.until(() => bob.entries.length === 20)
      expect(idsOf(bob)).toEqual(Array.from({ length: 20 }, (_, n) => `${name} ${n}`))
    }
    expect(await schemasOf('im_outbox')).toEqual(['one', 'two-B'])
    expect(await schemasOf('im_message')).toEqual(['one', 'two-B'])
  })

  it('an app with replicas has it where it writes', async () => {
    const at = { url: url().href }
    const host = await open({ url: undefined, replication: { master: at, slaves: [at] }, extra: { max: 4 } })
    const rookery = await start(host)
    const bob = await connect(rookery)
    await host.transaction((tx) => rookery.im.within(tx).sendC2C(order(1)))
    await bob.until(() => bob.entries.length === 1)
    await expect.poll(() => run('SELECT id FROM im_outbox')).toEqual([])
  })

  /** As earlier versions made it, wherever the search path led. */
  const leftIn = (schema: string, ...ids: (number | string)[]): Promise<unknown> =>
    run(
      `CREATE TABLE IF NOT EXISTS "${schema}".im_outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text COLLATE "C" NOT NULL UNIQUE, request text NOT NULL, put_at bigint NOT NULL, parked text);
      ${ids.map((id) => leftRow(schema, id)).join(';')}`,
    )
  const leftRow = (schema: string, id: number | string): string => {
    const request = { clientMsgId: `k${id}`, to: 'bob', type: 'order', content: { id } }
    const row = JSON.stringify({ kind: 'c2c', from: 'ann', checked: false, request })
    return `INSERT INTO "${schema}".im_outbox (id, request, put_at) VALUES ('left-${id}', '${row}', 0)`
  }

  it('rows of this app that an earlier version left elsewhere are moved first, in their order', async () => {
    await run('CREATE SCHEMA shop')
    const host = await open({ schema: 'shop' })
    await leftIn('public', 3, 1, 2)
    await run(`UPDATE im_outbox SET parked = 'because' WHERE id = 'left-1'`)
    const rookery = await start(host)
    const bob = await connect(rookery)
    await host.transaction((tx) => rookery.im.within(tx).sendC2C(order(4)))
    await expect
      .poll(async () =>
        ((await bob.ask('pull', { since: 0 })).entries as { message: { content: unknown } }[]).map(
          (one) => one.message.content,
        ),
      )
      .toEqual([{ id: 3 }, { id: 2 }, { id: 4 }])
    expect(await run('SELECT id FROM public.im_outbox')).toEqual([])
    expect(await run('SELECT id, parked FROM shop.im_outbox')).toEqual([{ id: 'left-1', parked: 'because' }])
    // A node of the version before may have gone on for a while.
    await run(leftRow('public', 5))
    await rookery.stop()
    const again = await start(host)
    const carol = await connect(again)
    await expect.poll(async () => (await carol.ask('pull', { since: 0 })).entries.length).toBe(4)
  })

  it('rows that two apps may have put keep chat from starting, until the operator says whose they are', async () => {
    await run('CREATE SCHEMA one; CREATE SCHEMA two')
    const [one, two] = [await open({ schema: 'one' }), await open({ schema: 'two' })]
    await (await start(one)).stop()
    await (await start(two)).stop()
    await run('DROP TABLE one.im_outbox, two.im_outbox')
    await leftIn('public', 1, 2)
    const refused = await start(one).catch((error: Error) => error.message)
    expect(refused).toMatch(
      /^"public"\."im_outbox" holds rows that more than one app may have put \(chat is in "one", "two"\): run /,
    )
    expect(refused).not.toContain('\n')
    expect(await run('SELECT id FROM public.im_outbox')).toHaveLength(2)
    const [, create, insert] = /run (CREATE .*\)), move .* by (INSERT .*) WHERE/.exec(refused as string)!
    await run(create!)
    await run(`${insert} WHERE id = 'left-2'; DELETE FROM public.im_outbox WHERE id = 'left-2'`)
    await expect(start(one)).rejects.toThrow(/more than one app/)
    await run(`DELETE FROM public.im_outbox`)
    const bob = await connect(await start(one))
    await expect.poll(async () => (await bob.ask('pull', { since: 0 })).entries.length).toBe(1)
    expect((await (await connect(await start(two))).ask('pull', { since: 0 })).entries).toEqual([])
  })

  it('rows of an app that stands where the path leads are left to it', async () => {
    await run('CREATE SCHEMA shop')
    const [other, mine] = [await open({}), await open({ schema: 'shop' })]
    await (await start(other)).stop()
    await (await start(mine)).stop()
    await run(leftRow('public', 1))
    const bob = await connect(await start(mine))
    expect((await bob.ask('pull', { since: 0 })).entries).toEqual([])
    expect(await run('SELECT id FROM public.im_outbox')).toHaveLength(1)
    const hers = await connect(await start(other))
    await expect.poll(async () => (await hers.ask('pull', { since: 0 })).entries.length).toBe(1)
  })

  it("a table of the host's own that has the outbox's name is refused, and stays as it is", async () => {
    await run('CREATE TABLE im_outbox (id int, payload text); INSERT INTO im_outbox VALUES (1)')
    const host = await open({})
    await expect(start(host)).rejects.toThrow(
      /is not chat's outbox: it has no column position, request.*; give chat another tablePrefix/,
    )
    expect(await run('SELECT id FROM im_outbox')).toEqual([{ id: 1 }])
  })

  it('tables that stand where earlier versions took no extra for are not left behind: one line asks', async () => {
    await run('CREATE SCHEMA mine')
    await (await start(await open({}))).stop()
    const host = await open({ extra: { options: '-c search_path=mine' } })
    await expect(start(host)).rejects.toThrow(
      /: chat's tables are in "public", and the search path leads to "mine" first; set the option schema to 'public' [^\n]*$/,
    )
    expect(await schemasOf('im_message')).toEqual(['public'])
  })

  it('a path that leads to no schema is one line', async () => {
    await expect(open({ schema: 'absent' }).then((host) => new TypeOrmOutbox(() => host).start())).rejects.toThrow(
      /^the schema "absent" of the app's DataSource does not exist; run CREATE SCHEMA "absent"$/,
    )
    const at = url()
    at.searchParams.set('options', '-c search_path=absent')
    const host = await open({ url: at.href })
    await expect(new TypeOrmOutbox(() => host).start()).rejects.toThrow(/^the app's DataSource has no schema: [^\n]*$/)
  })
})
