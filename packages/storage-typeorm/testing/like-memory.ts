// Random operations, applied to memory and to each database: every result and everything that can be read is the same. Two
// nodes take turns, so that neither may trust what it remembers, and now and then the database refuses an operation, so that
// its batch is rolled back and run again, or in parts.
import { MemoryStorage, type StorageOp } from '@rookery/core'
import { SeededRandom } from '@rookery/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as mysql from './mysql.js'
import * as postgres from './postgres.js'
import { erase, exported, plain, RandomChat, readAll, trim, users, verify } from './random-chat.js'
import { chatFile } from './scene.js'
import { TypeOrmStorage } from '../src/typeorm-storage.js'

const batches = 120

interface Place {
  /** Another node on the same database. */
  readonly open: () => TypeOrmStorage
  /** Once there are tables: `refused` is refused from then on. */
  readonly prepare: () => Promise<unknown>
  /** An operation that the database refuses. */
  readonly refused: StorageOp
  /** After so many batches everything is read. */
  readonly every: number
}

/** Answers what was met on the way. */
async function compare(
  make: () => Promise<Place>,
  seed: number,
): Promise<{ readonly statuses: readonly string[]; readonly read: string }> {
  const random = new SeededRandom(seed)
  const chat = new RandomChat(random)
  const { open, prepare, refused, every } = await make()
  const [memory, one, other] = [new MemoryStorage(), open(), open()]
  for (const storage of [memory, one, other]) {
    await storage.start()
    onTestFinished(() => storage.stop())
  }
  await prepare()
  const statuses: string[] = []
  let read = ''
  for (let n = 0; n < batches; n += 1) {
    const ops = chat.batch()
    const spoilt = random.int(6) === 0 ? random.int(ops.length + 1) : -1
    const node = random.int(4) === 0 ? other : one
    const expected = await memory.commit(ops)
    const results = await node.commit(spoilt < 0 ? ops : ops.toSpliced(spoilt, 0, refused))
    if (spoilt >= 0) expect(results.splice(spoilt, 1)).toMatchObject([{ status: 'refused' }])
    expect(results.map(plain), `batch ${n} of seed ${seed}`).toEqual(expected.map(plain))
    chat.learn(ops, expected)
    const limits = chat.limits()
    if (limits !== null) await Promise.all([trim(memory, limits, 1000), trim(node, limits, 1 + random.int(20))])
    for (const [index, { status }] of expected.entries()) statuses.push(`${ops[index]!.op} ${status}`)
    if (n % every !== every - 1) continue
    const reads = await readAll(memory, chat.keys)
    expect(await readAll(other, chat.keys), `after batch ${n} of seed ${seed}`).toEqual(reads)
    expect(await verify(one)).toEqual([])
    expect(await verify(memory)).toEqual([])
    read += JSON.stringify(reads)
  }
  for (const userId of users) expect(await exported(other, userId)).toEqual(await exported(memory, userId))
  await Promise.all([erase(memory, 'ann', 1000), erase(one, 'ann', 7)])
  expect(await readAll(other, chat.keys), `after an erasure, seed ${seed}`).toEqual(await readAll(memory, chat.keys))
  expect(await verify(one)).toEqual([])
  return { statuses, read }
}

function cases(name: string, seeds: readonly number[], make: () => Promise<Place>): void {
  it(`leave and answer on ${name} what they do in memory`, async () => {
    const met = []
    for (const seed of seeds) met.push(await compare(make, seed))
    // Nothing of it is idle.
    expect(new Set(met.flatMap(({ statuses }) => statuses))).toEqual(new Set(everyStatus))
    const read = met.map((one) => one.read).join('')
    for (const told of [
      '"withheld":true',
      '"recalled":true',
      '"fanOut":"read"',
      '"kind":"unfollow"',
      '"reactions":"',
      '"message":null',
    ])
      expect(read.includes(told), told).toBe(true)
  }, 120_000)
}

const everyStatus = [
  ...['stored', 'duplicate', 'stale'].flatMap((status) => [`append ${status}`, `control ${status}`, `group ${status}`]),
  ...['unchanged', 'gone', 'too-many'].map((status) => `control ${status}`),
  'append refused',
  'device ok',
  ...['ok', 'not-member'].flatMap((status) => [`read ${status}`, `settings ${status}`]),
]

const poison: StorageOp = { op: 'custom', userId: 'ann', topic: 'poison', payload: '1', at: 13 }

/** Under each of the seeds, on each database. */
export function compareWithMemory(seeds: readonly number[]): void {
  describe('random operations', () =>
    cases('SQLite', seeds, async () => {
      const database = chatFile()
      return {
        open: () => new TypeOrmStorage({ type: 'better-sqlite3', database, worker: false, synchronous: 'off' }),
        prepare: async () => {},
        // It takes no fraction of a millisecond.
        refused: { op: 'custom', userId: 'ann', topic: 't', payload: '1', at: 0.5 },
        every: 15,
      }
    }))

  postgres.describeOnPostgres('random operations', () =>
    cases('PostgreSQL', seeds, async () => {
      const database = await postgres.freshDatabase()
      const { where } = database
      onTestFinished(() => database.drop())
      return {
        open: () => new TypeOrmStorage({ type: 'postgres', ...where }),
        prepare: () =>
          postgres.ask(where, `ALTER TABLE im_inbox ADD CONSTRAINT no_poison CHECK (body NOT LIKE '%poison%')`),
        refused: poison,
        every: 30,
      }
    }),
  )

  mysql.describeOnMysql('random operations', () =>
    cases('MySQL', seeds, async () => {
      const database = await mysql.freshDatabase()
      const { where } = database
      onTestFinished(() => database.drop())
      return {
        open: () => new TypeOrmStorage({ type: 'mysql', ...where, readers: 1 }),
        prepare: () =>
          mysql.ask(
            where,
            `CREATE TRIGGER refuse BEFORE INSERT ON im_inbox FOR EACH ROW
            IF NEW.at = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not here'; END IF`,
          ),
        refused: poison,
        every: 15,
      }
    }),
  )
}
