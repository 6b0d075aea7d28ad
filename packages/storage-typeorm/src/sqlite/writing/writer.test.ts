import { describe, expect, it } from 'vitest'
import type { ResultsOf, StorageOp } from '@rookery/core'
import type { SqliteDatabase, SqliteStatement } from '../driver.js'
import { openWriter } from '../open.js'
import { changeGroup, chatFile, say, settingsFor } from '../../../testing/scene.js'
import { packOps, unpackResults } from '../wire.js'
import { Writer } from './writer.js'

async function open(wrap: (db: SqliteDatabase) => SqliteDatabase = (db) => db) {
  const { db } = await openWriter(settingsFor(chatFile()))
  const writer = new Writer(wrap(db), 'im_')
  const commit = <const Ops extends readonly StorageOp[]>(ops: Ops) =>
    unpackResults(writer.commit(packOps(ops))) as ResultsOf<Ops>
  const seqs = () => db.prepare('SELECT client_msg_id, seq FROM im_message ORDER BY seq').raw().all([])
  return { db, commit, seqs }
}

/** A database of which one statement fails as told. */
const failing =
  (sql: string, error: () => Error | null) =>
  (db: SqliteDatabase): SqliteDatabase => ({
    prepare(text) {
      const statement = db.prepare(text)
      if (text !== sql) return statement
      const run: SqliteStatement['run'] = (values) => {
        const failure = error()
        if (failure) throw failure
        return statement.run(values)
      }
      return { ...statement, run }
    },
    exec: (text) => db.exec(text),
    close: () => db.close(),
    get inTransaction() {
      return db.inTransaction
    },
  })

const sqliteError = (code: string): Error => Object.assign(new Error(`failed with ${code}`), { code })

describe('the writer', () => {
  it('refuses alone what the database refuses, and stores the rest of its batch without a gap', async () => {
    const { commit, seqs } = await open()
    const results = commit([
      say('a'),
      say('halved', { serverTime: 1.5 }),
      { op: 'custom', userId: 'bob', topic: 't', payload: '1', at: 0.5 },
      say('b'),
      say('a'),
      { op: 'read', userId: 'bob', conversationId: 'alice-bob', seq: 2, at: 1 },
    ])
    expect(results).toMatchObject([
      { status: 'stored', seq: 1, inbox: [1, 1] },
      { status: 'refused' },
      { status: 'refused' },
      { status: 'stored', seq: 2, inbox: [2, 2] },
      { status: 'duplicate', seq: 1, msgId: 'id-a' },
      { status: 'ok', readSeq: 2, unread: 0, inboxSeq: 3 },
    ])
    expect(seqs()).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(commit([say('c')])).toMatchObject([{ status: 'stored', seq: 3, inbox: [3, 4] }])
  })

  it.each([
    ['a NUL', say('x', { content: '{"text":"a\0b"}' })],
    ['a lone surrogate', say('x', { content: '{"text":"\ud800"}' })],
    ['a lone surrogate in an id', say('x', { conversationId: 'a\udfff' })],
  ])('refuses %s before the driver sees it, alone', async (_, spoilt) => {
    const { commit } = await open()
    const results = commit([say('a'), spoilt, say('b')])
    expect(results).toMatchObject([{ seq: 1 }, { status: 'refused' }, { seq: 2 }])
    expect(commit([spoilt])).toMatchObject([{ status: 'refused' }])
  })

  it('takes text that only spells such characters', async () => {
    const { db, commit } = await open()
    const content = String.raw`{"text":"\ud800 \u0000 \\ud800"}`
    expect(commit([say('a', { content })])).toMatchObject([{ seq: 1 }])
    expect(db.prepare('SELECT content FROM im_message').raw().get([])).toEqual([content])
  })

  it('stores nothing of a batch that finds the disk full, and goes on without a gap when there is room', async () => {
    const { db, commit, seqs } = await open()
    commit([say('a')])
    const [pages] = db.prepare('PRAGMA page_count').raw().get([]) as [number]
    db.exec(`PRAGMA max_page_count = ${pages + 2}`)
    const large = ['b', 'c'].map((name) => say(name, { content: `{"text":"${'x'.repeat(20_000)}"}` }))
    expect(() => commit(large)).toThrow(expect.objectContaining({ name: 'TransactionFailure', outcome: 'none' }))
    expect(seqs()).toEqual([['a', 1]])
    expect(commit([say('d')])).toMatchObject([{ seq: 2, inbox: [2, 2] }])
    db.exec('PRAGMA max_page_count = 1000000')
    expect(commit(large)).toMatchObject([{ seq: 3 }, { seq: 4 }])
  })

  it('tells that nothing is stored when the lock was not to be had, and works on', async () => {
    let fails = true
    const { commit } = await open(failing('COMMIT', () => (fails ? sqliteError('SQLITE_BUSY') : null)))
    expect(() => commit([say('a')])).toThrow(expect.objectContaining({ outcome: 'none', fatal: false }))
    fails = false
    expect(commit([say('b')])).toMatchObject([{ seq: 1, inbox: [1, 1] }])
  })

  it('tells that nobody knows when the commit itself fails at the disk, and gives the connection up', async () => {
    const { commit } = await open(failing('COMMIT', () => sqliteError('SQLITE_IOERR_FSYNC')))
    expect(() => commit([say('a')])).toThrow(expect.objectContaining({ outcome: 'unknown', fatal: true }))
  })

  it('does not trust its counters after another connection has written', async () => {
    const database = chatFile()
    const writers = await Promise.all(
      [1, 2].map(async () => new Writer((await openWriter(settingsFor(database))).db, 'im_')),
    )
    const seqs: unknown[] = []
    for (let n = 0; n < 20; n += 1) {
      const [result] = unpackResults(writers[n % 3 === 0 ? 0 : 1]!.commit(packOps([say(`n${n}`)])))
      seqs.push((result as { seq: number }).seq)
    }
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('takes no position back that another connection has moved', async () => {
    const database = chatFile()
    const [one, other] = await Promise.all(
      [1, 2].map(async () => new Writer((await openWriter(settingsFor(database))).db, 'im_')),
    )
    const read = (writer: Writer | undefined, userId: string, seq: number) =>
      unpackResults(writer!.commit(packOps([{ op: 'read', userId, conversationId: 'alice-bob', seq, at: 1 }])))
    one!.commit(packOps(['a', 'b', 'c'].map((name) => ({ ...say(name), movesPosition: false }))))
    expect(read(other, 'bob', 3)).toMatchObject([{ readSeq: 3, unread: 0 }])
    expect(read(one, 'alice', 2)).toMatchObject([{ readSeq: 2, unread: 0 }])
    expect(read(other, 'bob', 0)).toMatchObject([{ readSeq: 3, unread: 0 }])
    expect(read(one, 'bob', 0)).toMatchObject([{ readSeq: 3, unread: 0 }])
  })

  it('keeps counts and order in batches larger than any statement', async () => {
    const { commit, seqs } = await open()
    const ops = Array.from({ length: 777 }, (_, n) => say(`n${n}`, n % 5 === 0 ? { ext: '{"n":1}' } : {}))
    const results = commit(ops)
    expect(results.map((result) => 'seq' in result && result.seq)).toEqual(ops.map((_, n) => n + 1))
    expect(seqs()).toEqual(ops.map((op, n) => [op.message.clientMsgId, n + 1]))
    expect(commit(ops).every((result) => result.status === 'duplicate')).toBe(true)
  })
  it('puts who wrote, left and came back in one batch where coming back puts them', async () => {
    const { db, commit } = await open()
    const member = (userId: string) => ({ userId, role: 'member', reads: 'from-now' }) as const
    const inGroup = { conversationId: 'group', kind: 'c2g', to: null } as const
    commit([changeGroup('made', null, { join: ['alice', 'bob'].map(member) })])
    commit([{ op: 'settings', userId: 'bob', conversationId: 'group', pinned: true, hidden: true, at: 1 }])
    const results = commit([
      say('from bob', { ...inGroup, from: 'bob' }),
      changeGroup('left', 1, { leave: ['bob'] }),
      say('without bob', inGroup),
      changeGroup('back', 2, { join: [member('bob')] }),
    ])
    expect(results).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }, { seq: 5, memberCount: 2 }])
    const row = `SELECT from_seq, to_seq, earlier, read_seq, read_ordinal, pinned, hidden_at FROM im_member
      WHERE member_id = 'bob'`
    expect(db.prepare(row).raw().all([])).toEqual([[4, null, '[[0,3]]', 4, 2, 1, null]])
  })
})
