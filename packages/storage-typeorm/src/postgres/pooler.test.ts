// Poolers between chat and its server.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { fakePooler, type Turn } from '../../testing/fake-pooler.js'
import { isPgbouncerThere, pgbouncer } from '../../testing/pgbouncer.js'
import { connect, describeOnPostgres, freshDatabase, type Where } from '../../testing/postgres.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const refusal =
  /^the chat database cannot be opened: the address leads to a pooler that gives each session to another client after a transaction[^\n]*; give chat an address that [^\n]*$/

describeOnPostgres('a pooler before PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())

  const strangers = (where: Where, count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const client = await connect(where)
        onTestFinished(() => client.end())
        return client
      }),
    )
  /** What strangers who come after find set. */
  const changed = async (where: Where): Promise<unknown[]> => {
    const found: unknown[] = []
    for (const client of await strangers(where, 8)) {
      await client.query('BEGIN')
      const { rows } = await client.query(
        `SELECT name, setting FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding')`,
      )
      found.push(...rows)
    }
    return found
  }
  const startAt = (where: Where): Promise<unknown> => new TypeOrmStorage({ type: 'postgres', ...where }).start()

  const turns: [Turn, number][] = [
    ['last', 0],
    ['first', 0],
    ['last', 5],
    ['first', 5],
  ]
  it.each(turns)(
    'one that gives sessions to other clients (what came %s, beside %i strangers) is refused at start, and nothing was set',
    async (turn, others) => {
      const where = { ...database.where, host: '127.0.0.1', port: await fakePooler(database.where.port ?? 5432, turn) }
      await strangers(where, others)
      await expect(startAt(where)).rejects.toThrow(refusal)
      expect(await changed(where)).toEqual([])
    },
  )

  describe.skipIf(!isPgbouncerThere)('PgBouncer itself', () => {
    it.each([
      ['transaction', []],
      ['transaction', ['server_round_robin = 1', 'min_pool_size = 5']],
      ['transaction', ['default_pool_size = 1']],
      ['statement', []],
    ])('in mode %s (%s) is refused at start, and nothing was set', async (mode, settings) => {
      const where = await pgbouncer(database.where, mode, settings)
      await strangers(where, 3)
      await expect(startAt(where)).rejects.toThrow(refusal)
      if (settings.length === 0 && mode === 'transaction') expect(await changed(where)).toEqual([])
    })

    it('in mode session serves', async () => {
      const where = await pgbouncer(database.where, 'session')
      const storage = new TypeOrmStorage({ type: 'postgres', ...where })
      await storage.start()
      expect(await storage.commit([say('1')])).toMatchObject([{ status: 'stored' }])
      await storage.stop()
    })
  })
})
