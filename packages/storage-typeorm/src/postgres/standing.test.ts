// What a start does where the host dropped or made tables with our names on PostgreSQL: it goes on, or fails with one
// line.
import { DataSource, type DataSourceOptions } from 'typeorm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { say } from '../../testing/scene.js'
import { TypeOrmOutbox } from '../outbox/typeorm-outbox.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import type { PostgresOptions } from './options.js'

describeOnPostgres('what stands under our names on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(() => database.drop())
  const run = (sql: string): Promise<Record<string, unknown>[]> => ask(database.where, sql)
  const start = async (options: Partial<PostgresOptions> = {}): Promise<void> => {
    const storage = new TypeOrmStorage({ type: 'postgres', ...database.where, ...options })
    await storage.start()
    expect(await storage.commit([say(`k${Math.random()}`)])).toMatchObject([{ status: 'stored' }])
    await storage.stop()
  }

  it('an app whose DataSource drops its schema starts, again and again', async () => {
    const { username, ...address } = database.where
    const options = { type: 'postgres', ...address, username, dropSchema: true, synchronize: true } as DataSourceOptions
    for (let round = 0; round < 3; round += 1) {
      const host = await new DataSource(options).initialize()
      const outbox = new TypeOrmOutbox(() => host)
      await start()
      await outbox.start()
      await outbox.stop()
      await host.destroy()
    }
    expect(await run('SELECT count(*)::int AS n FROM im_message')).toEqual([{ n: 1 }])
  })

  it('functions that are gone are made anew: a copy of the tables alone has none', async () => {
    await start()
    const [{ names } = {}] = await run(
      `SELECT string_agg(oid::regprocedure::text, ', ') AS names FROM pg_proc WHERE proname LIKE 'im\\_%'`,
    )
    await run(`DROP FUNCTION ${names as string}`)
    await expect(start({ migrations: 'check' })).rejects.toThrow(/lacks ImFunctions_\w+; start once with/)
    await Promise.all([start(), start(), start()])
    await start({ migrations: 'check' })
    expect(await run('SELECT count(*)::int AS n FROM im_message')).toEqual([{ n: 5 }])
  })

  const broken: [string, string, RegExp][] = [
    [
      'a table that is gone',
      'DROP TABLE im_message, im_key',
      /: im_message, im_key are gone, though im_migrations says that they were made: restore [^\n]*$/,
    ],
    [
      'tables that nothing tells the version of',
      'DROP TABLE im_migrations',
      /: [\w, ]*\bim_user\b[\w, ]* are there, and im_migrations, which tells their version, is not: restore it [^\n]*$/,
    ],
  ]
  it.each(broken)('%s: one line, and nothing is made', async (_, damage, line) => {
    await start()
    await run(damage)
    const tables = () => run(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
    const before = await tables()
    await expect(start()).rejects.toThrow(line)
    expect(await tables()).toEqual(before)
  })

  it.each(['im_user', 'im_message', 'im_migrations'])("the host's own table %s is left alone", async (table) => {
    await run(`CREATE TABLE ${table} (id int PRIMARY KEY, title text); INSERT INTO ${table} VALUES (1, 'mine')`)
    await expect(start()).rejects.toThrow(
      new RegExp(
        `: the table ${table} is not chat's, for it has no column [^\\n]*; give chat another tablePrefix, such as 'chat_'$`,
      ),
    )
    expect(await run(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).toEqual([{ tablename: table }])
    await start({ tablePrefix: 'chat_' })
    expect(await run(`SELECT * FROM ${table}`)).toEqual([{ id: 1, title: 'mine' }])
  })

  it('tables further along the search path may be those of another app: one line asks', async () => {
    await start()
    await run(`CREATE SCHEMA mine; ALTER DATABASE ${database.where.database} SET search_path TO mine, public`)
    await expect(start()).rejects.toThrow(
      /: chat's tables are in "public", and the search path leads to "mine" first; set the option schema to 'public' to keep them, or to 'mine' to start again there$/,
    )
    await start({ schema: 'public' })
    await start({ schema: 'mine' })
    await start()
    expect(await run('SELECT count(*)::int AS n FROM public.im_message')).toEqual([{ n: 2 }])
    expect(await run('SELECT count(*)::int AS n FROM mine.im_message')).toEqual([{ n: 2 }])
    await run(`ALTER DATABASE ${database.where.database} SET search_path TO nowhere`)
    await expect(start()).rejects.toThrow(/: the search path leads to no schema that exists; [^\n]*$/)
  })
})
