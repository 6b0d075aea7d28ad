// An operation that the database refuses fails alone, and the storage stores all others of the batch.
import type { AppendOp, RefusedResult, Storage, StorageOp, StorageResult } from '@rookery/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const statuses = (results: readonly (StorageResult | RefusedResult)[]): string[] =>
  results.map((result) => result.status)

describeOnMysql('a refusal on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let storage: Storage
  beforeAll(async () => {
    database = await freshDatabase()
    storage = new TypeOrmStorage({ type: 'mysql', ...database.where })
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
    // Longer than a key can be.
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

  it('text that MySQL would not give back, and numbers that are none, are refused before it sees them', async () => {
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
      `CREATE TRIGGER judge BEFORE INSERT ON im_message FOR EACH ROW BEGIN
         IF NEW.type = 'bad' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not here'; END IF;
         IF NEW.type = 'full' THEN SIGNAL SQLSTATE '53100' SET MESSAGE_TEXT = 'no space'; END IF; END`,
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

  it('what one packet cannot carry is refused alone, and what it can is kept', async () => {
    const [{ size }] = (await ask(database.where, 'SELECT @@max_allowed_packet AS size')) as [{ size: number }]
    const large = (units: number): string => `{"text":"${'x'.repeat(units)}"}`
    const results = await commit([
      inOwn('large.1', { content: large(size) }),
      inOwn('large.2', { content: large(2_000_000) }),
      inOwn('large.3'),
    ])
    expect(statuses(results)).toEqual(['refused', 'stored', 'stored'])
    const { messages } = await storage.timelines.messages('of-large', { limit: 10 })
    expect(messages[0]?.content).toBe(large(2_000_000))
  })

  it('a group whose name it cannot keep is refused alone, and so is an edit', async () => {
    const lone = String.fromCharCode(0xd800)
    const { message } = inOwn('named.1', { kind: 'c2g', to: null, type: 'im.group', countable: false })
    const results = await commit([
      { op: 'group', message, version: null, members: [], change: { name: lone } },
      inOwn('edited.1'),
      {
        op: 'control',
        message: inOwn('edited.2', { type: 'im.edit', countable: false }).message,
        members: ['alice', 'bob'],
        change: { kind: 'edit', seq: 1, content: `{"text":"${lone}"}` },
      },
    ])
    expect(statuses(results)).toEqual(['refused', 'stored', 'refused'])
    expect(await storage.groups.group('of-named')).toBeNull()
  })
})
