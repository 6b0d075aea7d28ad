// On each server: many writers and a tight reader, and batches of every kind against the model in memory.
import { MemoryStorage, StorageError, type AppendOp, type Storage, type StorageOp } from '@rookery/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as mysql from '../testing/mysql.js'
import * as postgres from '../testing/postgres.js'
import { say } from '../testing/scene.js'
import { TypeOrmStorage } from './typeorm-storage.js'

type Server = Pick<typeof postgres | typeof mysql, 'freshDatabase' | 'ask'>

const users = ['alice', 'bob', 'carol', 'dave', 'erin']

/** A message between two of the users. */
function between(from: string, to: string, key: string): AppendOp {
  const conversationId = [from, to].toSorted().join('-')
  return { ...say(key, { from, to, conversationId }), members: from === to ? [from] : [from, to] }
}

/** @param fault SQL that makes an entry of an inbox at 13 fail as if the disk were full */
function cases(type: 'postgres' | 'mysql', { freshDatabase, ask }: Server, fault: string): void {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  const running: Storage[] = []
  const open = async (): Promise<Storage> => {
    const storage = new TypeOrmStorage({ type, ...database.where })
    await storage.start()
    running.push(storage)
    return storage
  }
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(async () => {
    for (const storage of running) await storage.stop()
    await database.drop()
  })

  it('8 writers on four instances and a tight reader over 10,000 appends skip nothing and repeat nothing, and batches that roll back leave no hole', async () => {
    const instances = [await open(), await open(), await open(), await open()]
    const reader = await open()
    // No operation causes this fault, so the whole batch fails, after its numbers were allocated.
    await ask(database.where, fault)
    let stored = 0
    let failed = 0
    const write = async (writer: number): Promise<void> => {
      const storage = instances[writer % instances.length] as Storage
      for (let n = 0; n < 125; n += 1) {
        const batch = Array.from({ length: 10 }, (_, m) => {
          const from = users[(writer + n + m) % users.length] as string
          const to = users[(writer * 3 + n * 7 + m * 2 + 1) % users.length] as string
          return between(from, to, `w${writer}.${n}.${m}`)
        })
        if (n % 10 === 3) {
          const last = batch[9] as AppendOp
          const poisoned = { ...last, message: { ...last.message, clientMsgId: 'never', serverTime: 13 } }
          const refusal = await storage.commit([...batch, poisoned]).catch((error: unknown) => error)
          expect(refusal).toBeInstanceOf(StorageError)
          expect(refusal).toMatchObject({ outcome: 'none' })
          failed += 1
        }
        for (const result of await storage.commit(batch)) if (result.status === 'stored') stored += 1
      }
    }
    const seen = new Map(users.map((userId) => [userId, [] as string[]]))
    let isWriting = true
    const follow = async (userId: string): Promise<void> => {
      const mine = seen.get(userId) as string[]
      for (let last = false; ;) {
        last = !isWriting
        const { entries } = await reader.timelines.inbox(userId, mine.length, 200)
        for (const entry of entries) {
          expect(entry.seq).toBe(mine.length + 1)
          mine.push(entry.kind === 'message' ? `${entry.conversationId} ${entry.conversationSeq}` : 'fact')
        }
        if (last && entries.length === 0) return
      }
    }
    const reading = Promise.all(users.map(follow))
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write)).finally(() => (isWriting = false))
    await reading

    expect([stored, failed]).toEqual([10_000, 8 * 13])
    let messages = 0
    for (const [index, one] of users.entries()) {
      for (const other of users.slice(index)) {
        const conversationId = [one, other].toSorted().join('-')
        const page = await reader.timelines.messages(conversationId, { after: 0, limit: 20_000 })
        expect(page.messages.map(({ seq }) => seq)).toEqual(page.messages.map((_, at) => at + 1))
        expect(page.messages.map(({ ordinal }) => ordinal)).toEqual(page.messages.map((_, at) => at + 1))
        messages += page.messages.length
      }
    }
    expect(messages).toBe(10_000)
    for (const userId of users) {
      const mine = seen.get(userId) as string[]
      expect(new Set(mine).size).toBe(mine.length)
    }
    const entries = [...seen.values()].reduce((sum, mine) => sum + mine.length, 0)
    const alone = [...seen.values()].flat().filter((name) => /^(\w+)-\1 /.test(name)).length
    expect(entries).toBe(2 * 10_000 - alone)
  }, 120_000)

  it('batches of every kind of operation, at random, answer and leave what the model in memory does', async () => {
    const storage = await open()
    const model = new MemoryStorage()
    await model.start()
    let state = 12_345
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 0x1_0000_0000) * below)
    }
    const people = users.map((userId) => `model-${userId}`)
    const someone = (): string => people[random(people.length)] as string
    const conversation = (): string => [someone(), someone()].toSorted().join('-')
    const kinds: ((n: number) => StorageOp)[] = [
      (n) => between(someone(), someone(), `m${random(6) === 0 ? random(n + 1) : n}`),
      (n) => {
        const op = between(someone(), someone(), `m${n}`)
        const { from } = op.message
        const isCountable = random(2) === 0
        return {
          ...op,
          movesPosition: false,
          message: { ...op.message, countable: isCountable, silent: !isCountable, from: random(3) ? from : null },
        }
      },
      () => ({ op: 'read', userId: someone(), conversationId: conversation(), seq: random(40), at: 5 }),
      (n) => ({
        op: 'settings',
        userId: someone(),
        conversationId: conversation(),
        at: 6,
        ...(random(2) ? { pinned: random(2) === 0 } : {}),
        ...(random(2) ? { hidden: random(2) === 0 } : {}),
        ...(random(2) ? { key: { clientMsgId: `m${random(n + 1)}`, digest: 'of settings' } } : {}),
      }),
      (n) => ({
        op: 'custom',
        userId: someone(),
        topic: 't',
        payload: `${n}`,
        at: 7,
        ...(random(2) ? { key: `m${random(n + 1)}` } : {}),
      }),
      () => {
        const from = random(60)
        return {
          op: 'device',
          userId: someone(),
          deviceId: `d${random(2)}`,
          deviceType: 'phone',
          ...(random(4) ? { delivered: { from, to: from + random(40) } } : {}),
          ...(random(2) ? { seenAt: random(1000) } : {}),
        }
      },
      () => ({ op: 'forget-device', userId: someone(), deviceId: `d${random(2)}` }),
      () => ({ op: 'raise-login', userId: someone() }),
    ]
    let made = 0
    for (let round = 0; round < 150; round += 1) {
      const ops = Array.from({ length: 1 + random(25) }, () => {
        made += 1
        const kind = random(3) ? 0 : random(kinds.length)
        return (kinds[kind] as (n: number) => StorageOp)(made)
      })
      const [found, expected] = [await storage.commit(ops), await model.commit(ops)]
      expect(found.map(normal)).toEqual(expected.map(normal))
    }
    for (const userId of people) {
      expect(await storage.timelines.inbox(userId, 0, 10_000)).toEqual(await model.timelines.inbox(userId, 0, 10_000))
      expect(await storage.conversations.list(userId, null, 100)).toEqual(
        await model.conversations.list(userId, null, 100),
      )
      expect((await storage.devices.list([userId])).toSorted(byDevice)).toEqual(
        (await model.devices.list([userId])).toSorted(byDevice),
      )
    }
    expect(await storage.heads.users(people)).toEqual(await model.heads.users(people))
  }, 60_000)
}

/** The port leaves open the order of the positions that an acknowledgement raised, so this sorts them. */
const normal = (result: {
  readonly status: string
  readonly delivered?: readonly { conversationId: string }[]
}): object =>
  result.delivered === undefined
    ? result
    : { ...result, delivered: result.delivered.toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1)) }

const byDevice = (a: { readonly deviceId: string }, b: { readonly deviceId: string }): number =>
  a.deviceId < b.deviceId ? -1 : 1

postgres.describeOnPostgres('on PostgreSQL', () =>
  cases(
    'postgres',
    postgres,
    `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full' USING ERRCODE = '53100'; END $$;
     CREATE TRIGGER fail BEFORE INSERT ON im_inbox FOR EACH ROW WHEN (NEW.at = 13) EXECUTE FUNCTION fail()`,
  ),
)
mysql.describeOnMysql('on MySQL', () =>
  cases(
    'mysql',
    mysql,
    `CREATE TRIGGER fail BEFORE INSERT ON im_inbox FOR EACH ROW
       IF NEW.at = 13 THEN SIGNAL SQLSTATE '53100' SET MESSAGE_TEXT = 'disk full'; END IF`,
  ),
)
