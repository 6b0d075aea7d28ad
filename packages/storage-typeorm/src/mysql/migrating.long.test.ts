// A migration that changes a table in use: serving nodes go on, and the migration waits for every session that holds
// the table.
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { ask, connect, describeOnMysql, freshDatabase, settingsFor } from '../../testing/mysql.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { loadDriver } from './driver.js'
import { Link } from './link.js'
import { migrate } from './migrate.js'
import { migrationsOf } from './migrations/index.js'
import { sessionOf } from './session.js'
import { Sql } from './sql.js'
import { mysqlTablesOf } from './tables.js'

class ToCome implements MigrationInterface {
  readonly name = 'ImToCome1999900000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE im_conversation ADD COLUMN to_come int, ALGORITHM = INPLACE, LOCK = NONE')
  }

  async down(): Promise<void> {}
}

/** What each migration asks the server. */
async function statementsOf(migration: new () => MigrationInterface): Promise<string[]> {
  const statements: string[] = []
  const runner = { query: async (sql: string) => void statements.push(sql) }
  await new migration().up(runner as unknown as QueryRunner)
  return statements
}

it('every migration may be begun again, and lets others go on', async () => {
  for (const migration of migrationsOf(mysqlTablesOf('im_'))) {
    for (const statement of await statementsOf(migration)) {
      expect(statement).toMatch(
        /^(?:CREATE TABLE IF NOT EXISTS|INSERT [^]+ ON DUPLICATE KEY|ALTER TABLE [^]+(?:ALGORITHM = INSTANT|LOCK = NONE)$)/,
      )
    }
  }
})

describeOnMysql('bringing the tables up to date beside others, on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeAll(async () => {
    database = await freshDatabase()
    const storage = new TypeOrmStorage({ type: 'mysql', ...database.where })
    await storage.start()
    await storage.stop()
  })
  afterAll(() => database.drop())

  const bring = async (told: string[], migrationTimeoutMs: number): Promise<void> => {
    const settings = settingsFor(database.where, { migrationTimeoutMs })
    const driver = await loadDriver()
    const { address, connectTimeoutMs, applicationName } = settings
    const session = sessionOf(settings, 'write')
    const link = await Link.open(driver, { address, connectTimeoutMs, applicationName, session, packetBytes: 1 << 20 })
    const sql = new Sql(mysqlTablesOf('im_'), driver)
    try {
      await migrate(link, sql, settings, (line) => told.push(line), [...migrationsOf(sql.t), ToCome])
    } finally {
      await link.close()
    }
  }

  it('a table that a long transaction has read is waited for, a second at a time; in between others go on', async () => {
    const [holder, node] = [await connect(database.where), await connect(database.where)]
    onTestFinished(async () => {
      await holder.end()
      await node.end()
    })
    await holder.query('START TRANSACTION')
    await holder.query('SELECT COUNT(*) FROM im_conversation')
    await node.query('SET lock_wait_timeout = 3')
    const serve = () => node.query('UPDATE im_conversation SET updated_at = updated_at')

    await expect(bring([], 1500)).rejects.toThrow(/waited \d s for a table that somebody else holds \([^\n]+$/)
    const told: string[] = []
    const done = bring(told, 60_000)
    await expect.poll(async () => (await serve(), told.length), { timeout: 20_000 }).toBeGreaterThan(1)
    await holder.query('COMMIT')
    await done
    await serve()
    expect(await ask(database.where, `SHOW COLUMNS FROM im_conversation LIKE 'to_come'`)).toHaveLength(1)
  }, 60_000)
})
