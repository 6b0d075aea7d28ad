// A node that starts and brings the tables up to date while others serve, and somebody holds the tables: a backup.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import pg from 'pg'
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { ask, connect, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { tablesOf } from '../rows/tables.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { functionsOf } from './migrations/functions.js'
import { migrationsOf } from './migrations/index.js'

const initial = brotliDecompressSync(
  readFileSync(new URL('../../testing/fixtures/postgres-initial.sql.br', import.meta.url)),
).toString()

/** What each migration asks the server, where there are rows. */
async function statementsOf(migration: new () => MigrationInterface): Promise<string[]> {
  const statements: string[] = []
  const runner = {
    async query(sql: string) {
      statements.push(sql)
      return [{ filled: true, valid: false, lock_timeout: '1s' }]
    },
  }
  await new migration().up(runner as unknown as QueryRunner)
  return statements
}

it('no migration builds an index over a table of before while others must wait', async () => {
  for (const migration of migrationsOf(tablesOf('im_'), functionsOf('im_'), null)) {
    const statements = await statementsOf(migration)
    const made = statements.flatMap((sql) => /^CREATE TABLE (\S+)/.exec(sql)?.[1] ?? [])
    for (const sql of statements) {
      const over = /^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON (\S+)/.exec(sql)?.[1]
      if (over !== undefined) expect(made).toContain(over)
    }
  }
})

describeOnPostgres('bringing the tables up to date beside others', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeEach(async () => {
    database = await freshDatabase()
    await ask(database.where, initial)
  })
  afterEach(() => database.drop())

  const client = async (): Promise<pg.Client> => {
    const one = await connect(database.where)
    onTestFinished(() => one.end())
    return one
  }
  /** What a dump of the database does to its tables. */
  const backup = async (): Promise<pg.Client> => {
    const holder = await client()
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    const { rows } = await holder.query(`SELECT tablename FROM pg_tables WHERE tablename LIKE 'im\\_%'`)
    await holder.query(`LOCK TABLE ${rows.map(({ tablename }) => tablename).join(', ')} IN ACCESS SHARE MODE`)
    return holder
  }
  /** A node of before, which waits for no lock as long as ours do. */
  const serving = async (): Promise<() => Promise<void>> => {
    const node = await client()
    await node.query("SET lock_timeout = '1500ms'")
    return async () => {
      await node.query('UPDATE im_conversation SET updated_at = updated_at')
      await node.query('UPDATE im_message SET flags = flags')
      await node.query('UPDATE im_key SET digest = digest')
    }
  }

  it('nodes that serve go on while a starting one waits for a backup, and says so; it is done once that is', async () => {
    const [holder, serve] = [await backup(), await serving()]
    const told: string[] = []
    const storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    let isOpen = false
    const started = storage.start((line) => told.push(line)).then(() => (isOpen = true))
    await expect
      .poll(async () => (await serve(), told.at(-1)), { timeout: 10_000 })
      .toMatch(/^bringing the tables up to date waits for a table that somebody else holds \(.*lock timeout.*\), for /)
    await expect.poll(async () => (await serve(), told.length), { timeout: 20_000 }).toBeGreaterThan(1)
    expect(isOpen).toBe(false)
    await holder.query('COMMIT')
    await started
    await serve()
    await storage.stop()
  }, 60_000)

  it('an index is built beside those who write', async () => {
    const [writer, serve] = [await client(), await serving()]
    await writer.query('BEGIN')
    // What writing holds, and a lock that adding columns does not meet.
    await writer.query('UPDATE im_device SET seen_at = seen_at')
    await writer.query('SELECT txid_current()')
    const storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    const started = storage.start()
    const isBuilt = async () =>
      (await ask(database.where, `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('im_key_at')`)).length
    await expect.poll(isBuilt, { timeout: 10_000 }).toBe(1)
    await serve()
    await writer.query('COMMIT')
    await started
    await storage.stop()
    expect(
      await ask(database.where, `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('im_key_at')`),
    ).toEqual([{ indisvalid: true }])
  }, 60_000)

  it('a wait that is too long ends in one line, and what was left half-done is mended by the next start', async () => {
    const holder = await client()
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await holder.query('SELECT count(*) FROM im_device')
    const impatient = new TypeOrmStorage({ type: 'postgres', ...database.where, migrationTimeoutMs: 2000 })
    await expect(impatient.start()).rejects.toThrow(/^the chat database cannot be opened: [^\n]+$/)
    const index = () =>
      ask(database.where, `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('im_key_at')`)
    expect(await index()).toEqual([{ indisvalid: false }])
    await holder.query('COMMIT')
    const storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    await storage.start()
    await storage.stop()
    expect(await index()).toEqual([{ indisvalid: true }])
  }, 60_000)

  it('two that migrate: one waits for the other, and says so', async () => {
    const holder = await client()
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('rookery storage im_migrations', 0))`)
    const told: string[] = []
    const storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    const started = storage.start((line) => told.push(line))
    await expect
      .poll(() => told)
      .toEqual([
        "bringing the tables up to date waits for another node's migrations, for 0 s up to now, and tries again",
      ])
    await holder.query('SELECT pg_advisory_unlock_all()')
    await started
    await storage.stop()
    const late = new TypeOrmStorage({ type: 'postgres', ...database.where, tablePrefix: 'b_', migrationTimeoutMs: 300 })
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('rookery storage b_migrations', 0))`)
    await expect(late.start()).rejects.toThrow(/waited \d s for another node's migrations; look at its log$/)
  }, 60_000)
})
