// Random operations, applied to memory and to PostgreSQL: every result and everything that can be read is the same. On
// PostgreSQL two nodes take turns, and now and then the database refuses an operation, so that its batch is run in parts.
import { MemoryStorage, type StorageOp } from '@rookery/core'
import { SeededRandom } from '@rookery/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { erase, exported, plain, RandomChat, readAll, trim, users, verify } from '../../testing/random-chat.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const seeds = [1, 2]
const batches = 120
const refused: StorageOp = { op: 'custom', userId: 'ann', topic: 'poison', payload: '1', at: 1 }

/** Answers what was met on the way. */
async function compare(seed: number): Promise<{ readonly statuses: readonly string[]; readonly read: string }> {
  const random = new SeededRandom(seed)
  const chat = new RandomChat(random)
  const { where, drop } = await freshDatabase()
  onTestFinished(drop)
  const open = () => new TypeOrmStorage({ type: 'postgres', ...where })
  const [memory, one, other] = [new MemoryStorage(), open(), open()]
  for (const storage of [memory, one, other]) {
    await storage.start()
    onTestFinished(() => storage.stop())
  }
  await ask(where, `ALTER TABLE im_inbox ADD CONSTRAINT no_poison CHECK (body NOT LIKE '%poison%')`)
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
    if (n % 30 !== 29) continue
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

describeOnPostgres('random operations', () => {
  it('leave and answer on PostgreSQL what they do in memory', async () => {
    const met = []
    for (const seed of seeds) met.push(await compare(seed))
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
})

const everyStatus = [
  ...['stored', 'duplicate', 'stale'].flatMap((status) => [`append ${status}`, `control ${status}`, `group ${status}`]),
  ...['unchanged', 'gone', 'too-many'].map((status) => `control ${status}`),
  'append refused',
  'device ok',
  ...['ok', 'not-member'].flatMap((status) => [`read ${status}`, `settings ${status}`]),
]
