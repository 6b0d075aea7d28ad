// An operation that the database refuses fails alone, and the storage stores all others of the batch.
import type { AppendOp, RefusedResult, Storage, StorageOp, StorageResult } from '@rookery/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const statuses = (results: readonly (StorageResult | RefusedResult)[]): string[] =>
  results.map((result) => result.status)

describeOnPostgres('a refusal on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let storage: Storage
  beforeAll(async () => {
    database = await freshDatabase()
    storage = new TypeOrmStorage({ type: 'postgres', ...database.where })
    await storage.start()
  })
  afterAll(async () => {
    await storage.stop()
    await database.drop()
  })

  const commit = async (ops: readonly StorageOp[]): Promise<(StorageResult | RefusedResult)[]> => [
    ...(await storage.commit(ops)),
  ]
  const inOwn = (key: string, message: Partial<AppendOp['message']> = {}): AppendOp =>
    say(key, { conversationId: `of-${key.split('.')[0]}`, ...message })

  it('messages that the database itself refuses fail alone, in the middle of 30, and leave no hole', async () => {
    // Longer than an index can hold.
    const long = Array.from({ length: 4000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000))).join('')
    const ops = Array.from({ length: 30 }, (_, n) =>
      inOwn(`index.${n}`, n === 7 || n === 20 ? { clientMsgId: long + n } : {}),
    )
    const results = await commit(ops)
    expect(results.flatMap((result, n) => (result.status === 'stored' ? [] : [[n, result.status]]))).toEqual([
      [7, 'refused'],
      [20, 'refused'],
    ])
    const { messages } = await storage.timelines.messages('of-index', { limit: 100 })
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 28 }, (_, n) => n + 1))
    expect(messages.map(({ msgId }) => msgId)).toEqual(
      ops.filter((_, n) => n !== 7 && n !== 20).map((op) => op.message.msgId),
    )
  })

  it('an operation of another kind is refused alone, too, and what comes after it in order sees what came before', async () => {
    await ask(database.where, `ALTER TABLE im_inbox ADD CONSTRAINT no_poison CHECK (body NOT LIKE '%poison%')`)
    const results = await commit([
      inOwn('mixed.1'),
      { op: 'custom', userId: 'bob', topic: 'poison', payload: '1', at: 1 },
      { op: 'read', userId: 'bob', conversationId: 'of-mixed', seq: 9, at: 1 },
      inOwn('mixed.2'),
      { op: 'custom', userId: 'bob', topic: 'fine', payload: '1', at: 1 },
    ])
    expect(statuses(results)).toEqual(['stored', 'refused', 'ok', 'stored', 'ok'])
    expect(results[2]).toMatchObject({ readSeq: 1, atSeq: 1 })
    expect(results[3]).toMatchObject({ seq: 2 })
  })

  it('text that PostgreSQL cannot keep, and numbers that are none, are refused before it sees them', async () => {
    const lone = String.fromCharCode(0xd800)
    const results = await commit([
      inOwn('text.1'),
      inOwn('text.2', { content: '{"text":"a\0b"}' }),
      inOwn('text.3', { subject: `half ${lone}` }),
      inOwn('text.4', { serverTime: 1.5 }),
      inOwn('text.5', { replyTo: 2 ** 60 }),
      inOwn('text.6', { mentions: ['a\nb'] }),
      { op: 'read', userId: 'bob', conversationId: 'of-text', seq: Number.NaN, at: 1 },
      { op: 'device', userId: 'bob', deviceId: 'd', deviceType: lone },
      inOwn('text.7'),
    ])
    expect(statuses(results)).toEqual([
      'stored',
      ...['refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused'],
      'stored',
    ])
    expect(results.at(-1)).toMatchObject({ seq: 2 })
    expect(await storage.keys.find('alice', 'a\0b')).toBeNull()
    expect(await storage.heads.users([`al${lone}ice`, 'a\0'])).toEqual([
      { seq: 0, floor: 0, loginEpoch: 0 },
      { seq: 0, floor: 0, loginEpoch: 0 },
    ])
  })

  it('what a trigger of the operator refuses fails alone, and a fault of the server fails the batch as not stored', async () => {
    await ask(
      database.where,
      `CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.type = 'bad' THEN RAISE 'not here'; END IF;
         IF NEW.type = 'full' THEN RAISE 'no space' USING ERRCODE = '53100'; END IF;
         RETURN NEW; END $$;
       CREATE TRIGGER judge BEFORE INSERT ON im_message FOR EACH ROW EXECUTE FUNCTION judge()`,
    )
    const results = await commit([inOwn('judge.1'), inOwn('judge.2', { type: 'bad' }), inOwn('judge.3')])
    expect(statuses(results)).toEqual(['stored', 'refused', 'stored'])
    expect((results[1] as RefusedResult).error.message).toBe('not here')
    await expect(commit([inOwn('judge.4'), inOwn('judge.5', { type: 'full' })])).rejects.toMatchObject({
      name: 'StorageError',
      outcome: 'none',
    })
    expect((await storage.timelines.messages('of-judge', { limit: 100 })).messages).toHaveLength(2)
    expect(statuses(await commit([inOwn('judge.4')]))).toEqual(['stored'])
  })

  it('a group that does not exist gets no message, and a conversation of three is none between two', async () => {
    const results = await commit([
      inOwn('group.1', { kind: 'c2g', to: null, conversationId: 'no-group' }),
      { ...inOwn('three.1'), members: ['alice', 'bob', 'carol'] },
      inOwn('group.2'),
    ])
    expect(statuses(results)).toEqual(['refused', 'refused', 'stored'])
    expect(await storage.members.access('no-group', null)).toBeNull()
  })
})
