// The fast way for a batch that only appends to known conversations, and what happens where the knowledge is wrong.
import { MemoryStorage, type StorageOp } from '@rookery/core'
import { SeededRandom } from '@rookery/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { RandomChat } from '../../testing/random-chat.js'
import { plain, readAll, verify } from '../../testing/read-all.js'
import { changeGroup, say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { Link } from './link.js'

describeOnPostgres('appends to what is known, on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  const running: TypeOrmStorage[] = []
  /** What was run, and how it ended, in their order. */
  let runs: string[] = []
  beforeEach(async () => {
    database = await freshDatabase()
    runs = []
    const { run } = Link.prototype
    vi.spyOn(Link.prototype, 'run').mockImplementation(async function (this: Link, steps, timeoutMs) {
      const names = steps.map((step) => step.statement).join(' ')
      try {
        const answer = await run.call(this, steps, timeoutMs)
        runs.push(names)
        return answer
      } catch (error) {
        runs.push(`${names}: ${(error as { code?: string }).code}`)
        throw error
      }
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    for (const storage of running.splice(0)) await storage.stop()
    await database.drop()
  })
  const open = async (): Promise<TypeOrmStorage> => {
    const storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    await storage.start()
    running.push(storage)
    return storage
  }
  /** The functions that one commit called. */
  const waysOf = async (storage: TypeOrmStorage, ops: readonly StorageOp[]) => {
    runs = []
    const results = await storage.commit(ops)
    return { results, ways: runs }
  }

  it('leave and answer what they do in memory', async () => {
    const random = new SeededRandom(1)
    const chat = new RandomChat(random)
    const [memory, one, other] = [new MemoryStorage(), await open(), await open()]
    await memory.start()
    const met = new Set<string>()
    let quick = 0
    for (let n = 0; n < 150; n += 1) {
      const batch = chat.batch()
      const appends = batch.filter((op) => op.op === 'append')
      // The rest changes what the appends are decided on, now and then by another node.
      for (const ops of [batch.filter((op) => op.op !== 'append'), appends].filter((some) => some.length > 0)) {
        runs = []
        const expected = await memory.commit(ops)
        const results = await (random.int(5) === 0 ? other : one).commit(ops)
        expect(results.map(plain), `batch ${n}`).toEqual(expected.map(plain))
        chat.learn(ops, expected)
        if (runs.includes('append-known')) quick += 1
        for (const way of runs) if (way.startsWith('append-known:')) met.add(way)
      }
      if (n % 50 === 49) expect(await readAll(other, chat), `after batch ${n}`).toEqual(await readAll(memory, chat))
    }
    expect(await verify(one)).toEqual([])
    expect(quick).toBeGreaterThan(30)
    // A version that is over, and a key that is stored.
    expect([...met].toSorted()).toEqual(['append-known: 23505', 'append-known: RKY02'])
  }, 60_000)

  it('take the quick way once everything was met, in one round trip', async () => {
    const storage = await open()
    expect((await waysOf(storage, [say('1')])).ways).toEqual(['make append'])
    const { ways, results } = await waysOf(storage, [say('2'), say('3', { from: 'bob', to: 'alice' })])
    expect(ways).toEqual(['append-known'])
    expect(results).toMatchObject([
      { status: 'stored', seq: 2, ordinal: 2, inbox: [2, 2] },
      { status: 'stored', seq: 3, ordinal: 3, inbox: [3, 3] },
    ])
    const join = [{ userId: 'alice', role: 'owner', reads: 'from-now' }] as const
    await storage.commit([changeGroup('g', null, { name: 'g', join })])
    const inGroup = (key: string) => ({
      ...say(key, { conversationId: 'group', kind: 'c2g', to: null }),
      members: ['alice'],
      version: 1,
    })
    expect((await waysOf(storage, [inGroup('4')])).ways).toEqual(['append'])
    expect((await waysOf(storage, [inGroup('5'), say('6')])).ways).toEqual(['append-known'])
  })

  it('find the answer of another node to the same key', async () => {
    const [one, other] = [await open(), await open()]
    await one.commit([say('1')])
    await other.commit([say('2')])
    const { ways, results } = await waysOf(one, [say('3'), say('2')])
    expect(ways).toEqual(['append-known: 23505', 'append'])
    expect(results).toMatchObject([
      { status: 'stored', seq: 3 },
      { status: 'duplicate', seq: 2 },
    ])
  })

  it('are right where rows bear other names than they did', async () => {
    const storage = await open()
    await storage.commit([say('1')])
    // As in a copy of another time: each is the other now.
    for (const change of [`'new-' || user_id`, `CASE user_id WHEN 'new-alice' THEN 'bob' ELSE 'alice' END`])
      await ask(database.where, `UPDATE im_user SET user_id = ${change}`)
    const { ways, results } = await waysOf(storage, [say('2')])
    expect(ways).toEqual(['append-known: RKY02', 'append'])
    expect(results).toMatchObject([{ status: 'stored', seq: 2, inbox: [2, 2] }])
    expect((await waysOf(storage, [say('3')])).ways).toEqual(['append-known'])
    const senders = await ask(
      database.where,
      `SELECT user_id FROM im_message JOIN im_user ON id = sender WHERE seq > 1 ORDER BY seq`,
    )
    expect(senders).toEqual([{ user_id: 'alice' }, { user_id: 'alice' }])
  })
})
