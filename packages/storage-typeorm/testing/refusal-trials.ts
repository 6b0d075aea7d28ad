// An operation that the database refuses fails alone, and the storage stores all others of the batch.
import type { AppendOp, RefusedResult, Storage, StorageOp, StorageResult } from '@rookery/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TypeOrmStorage } from '../src/typeorm-storage.js'
import { say } from './scene.js'
import type { ServerDatabase } from './server-database.js'

type Result = StorageResult | RefusedResult

/** A storage on its own database, for all tests of a block. */
class Scene {
  storage!: Storage
  database!: ServerDatabase

  constructor(private readonly freshDatabase: () => Promise<ServerDatabase>) {}

  async begin(): Promise<void> {
    this.database = await this.freshDatabase()
    this.storage = new TypeOrmStorage(this.database.options)
    await this.storage.start()
  }

  async end(): Promise<void> {
    await this.storage.stop()
    await this.database.drop()
  }

  async commit(ops: readonly StorageOp[]): Promise<Result[]> {
    return [...(await this.storage.commit(ops))]
  }
}

export function refusalScene(freshDatabase: () => Promise<ServerDatabase>): Scene {
  const scene = new Scene(freshDatabase)
  beforeAll(() => scene.begin())
  afterAll(() => scene.end())
  return scene
}

export const statuses = (results: readonly Result[]): string[] => results.map((result) => result.status)

/** A message in a conversation that is named after the first part of its key. */
export const inOwn = (key: string, message: Partial<AppendOp['message']> = {}): AppendOp =>
  say(key, { conversationId: `of-${key.split('.')[0]}`, ...message })

/**
 * @param judge makes a trigger on `im_message` that refuses messages of type `bad` with the words `not here`, and fails
 * with the SQLSTATE 53100 for those of type `full`
 */
export function refusalTrials(scene: Scene, judge: string): void {
  it('messages that the database itself refuses fail alone, in the middle of 30, and leave no hole', async () => {
    // Longer than a key or an index can hold.
    const long = Array.from({ length: 4000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000))).join('')
    const ops = Array.from({ length: 30 }, (_, n) =>
      inOwn(`index.${n}`, n === 7 || n === 20 ? { clientMsgId: long + n } : {}),
    )
    const results = await scene.commit(ops)
    expect(results.flatMap((result, n) => (result.status === 'stored' ? [] : [[n, result.status]]))).toEqual([
      [7, 'refused'],
      [20, 'refused'],
    ])
    const { messages } = await scene.storage.timelines.messages('of-index', { limit: 100 })
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 28 }, (_, n) => n + 1))
    expect(messages.map(({ msgId }) => msgId)).toEqual(
      ops.filter((_, n) => n !== 7 && n !== 20).map((op) => op.message.msgId),
    )
  })

  it('an operation of another kind is refused alone, too, and what comes after it in order sees what came before', async () => {
    await scene.database.ask(`ALTER TABLE im_inbox ADD CONSTRAINT no_poison CHECK (body NOT LIKE '%poison%')`)
    const results = await scene.commit([
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

  it('text that the database would not give back, and numbers that are none, are refused before it sees them', async () => {
    const lone = String.fromCharCode(0xd800)
    const results = await scene.commit([
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
    expect(await scene.storage.keys.find('alice', 'a\0b')).toBeNull()
    expect(await scene.storage.heads.users([`al${lone}ice`, 'a\0'])).toEqual([
      { seq: 0, floor: 0, loginEpoch: 0 },
      { seq: 0, floor: 0, loginEpoch: 0 },
    ])
  })

  it('what a trigger of the operator refuses fails alone, and a fault of the server fails the batch as not stored', async () => {
    await scene.database.ask(judge)
    const results = await scene.commit([inOwn('judge.1'), inOwn('judge.2', { type: 'bad' }), inOwn('judge.3')])
    expect(statuses(results)).toEqual(['stored', 'refused', 'stored'])
    expect((results[1] as RefusedResult).error.message).toBe('not here')
    await expect(scene.commit([inOwn('judge.4'), inOwn('judge.5', { type: 'full' })])).rejects.toMatchObject({
      name: 'StorageError',
      outcome: 'none',
    })
    expect((await scene.storage.timelines.messages('of-judge', { limit: 100 })).messages).toHaveLength(2)
    expect(statuses(await scene.commit([inOwn('judge.4')]))).toEqual(['stored'])
  })

  it('a group that does not exist gets no message, and a conversation of three is none between two', async () => {
    const results = await scene.commit([
      inOwn('group.1', { kind: 'c2g', to: null, conversationId: 'no-group' }),
      { ...inOwn('three.1'), members: ['alice', 'bob', 'carol'] },
      inOwn('group.2'),
    ])
    expect(statuses(results)).toEqual(['refused', 'refused', 'stored'])
    expect(await scene.storage.members.access('no-group', null)).toBeNull()
  })
}
