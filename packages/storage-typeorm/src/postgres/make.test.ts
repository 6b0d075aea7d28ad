// When a batch makes a c2c conversation, and when it does not.
import type { AppendOp, Storage } from '@rookery/core'
import { expect, it } from 'vitest'
import { ask, describeOnPostgres, freshStorage } from '../../testing/postgres.js'
import { say } from '../../testing/scene.js'

describeOnPostgres('a conversation is made on PostgreSQL', () => {
  const open = async (): Promise<{ storage: Storage; made(): Promise<readonly string[]> }> => {
    const { storage, where } = await freshStorage()
    const sql = `SELECT conversation_id AS id, (SELECT count(*) FROM im_member m WHERE m.conversation = c.id)::int AS members
      FROM im_conversation c ORDER BY 1`
    const made = async (): Promise<readonly string[]> =>
      (await ask<{ id: string; members: number }>(where, sql)).map(({ id, members }) => `${id} ${members}`)
    return { storage, made }
  }
  const to = (other: string, key: string): AppendOp => ({
    ...say(key, { to: other, conversationId: `alice-${other}` }),
    members: other === 'alice' ? ['alice'] : ['alice', other],
  })

  it('with its members, by the first message', async () => {
    const { storage, made } = await open()
    await storage.commit([to('carol', '1'), to('bob', '2'), to('carol', '3'), to('alice', '4')])
    expect(await made()).toEqual(['alice-alice 1', 'alice-bob 2', 'alice-carol 2'])
  })

  it('not by a repeat of what was said elsewhere, earlier or in the same commit, alone or among others', async () => {
    const { storage, made } = await open()
    await storage.commit([to('bob', '1')])
    expect(await storage.commit([to('carol', '1')])).toMatchObject([{ status: 'duplicate' }])
    const read = { op: 'read', userId: 'bob', conversationId: 'alice-bob', seq: 1, at: 1 } as const
    const results = await storage.commit([to('dave', '2'), to('erin', '2'), read, to('frank', '1')])
    expect(results.map(({ status }) => status)).toEqual(['stored', 'duplicate', 'ok', 'duplicate'])
    expect(await made()).toEqual(['alice-bob 2', 'alice-dave 2'])
    // It is not taken for known.
    expect(await storage.commit([to('erin', '3')])).toMatchObject([{ status: 'stored', seq: 1 }])
    expect(await made()).toEqual(['alice-bob 2', 'alice-dave 2', 'alice-erin 2'])
  })

  // The random comparison with memory found it: the repeat took away what the message behind it needed, at every try.
  it('by a message behind a repeat, whatever stands between them in the commit', async () => {
    const { storage, made } = await open()
    await storage.commit([to('bob', '1')])
    const read = { op: 'read', userId: 'alice', conversationId: 'alice-bob', seq: 1, at: 1 } as const
    const custom = { op: 'custom', userId: 'alice', topic: 't', payload: '1', at: 1 } as const
    const results = await storage.commit([to('carol', '1'), read, custom, to('carol', '2'), custom, to('carol', '1')])
    expect(results.map(({ status }) => status)).toEqual(['duplicate', 'ok', 'ok', 'stored', 'ok', 'duplicate'])
    expect(await made()).toEqual(['alice-bob 2', 'alice-carol 2'])
    expect(await storage.commit([to('carol', '3')])).toMatchObject([{ status: 'stored', seq: 2 }])
  })

  it('not by repeats alone, whatever stands between them in the commit', async () => {
    const { storage, made } = await open()
    await storage.commit([to('bob', '1')])
    const custom = { op: 'custom', userId: 'alice', topic: 't', payload: '1', at: 1 } as const
    const ops = [to('dave', '2'), custom, to('carol', '2'), custom, to('carol', '2')]
    const results = await storage.commit(ops)
    expect(results.map(({ status }) => status)).toEqual(['stored', 'ok', 'duplicate', 'ok', 'duplicate'])
    expect(await made()).toEqual(['alice-bob 2', 'alice-dave 2'])
  })

  it('at the time of the first message that is none of the repeats', async () => {
    const { storage, where } = await freshStorage()
    const at = (op: AppendOp, serverTime: number): AppendOp => ({ ...op, message: { ...op.message, serverTime } })
    const silent = (op: AppendOp): AppendOp => ({ ...op, message: { ...op.message, silent: true, countable: false } })
    await storage.commit([at(to('bob', '1'), 1), at(to('carol', '1'), 2), silent(at(to('carol', '2'), 3))])
    const sql = `SELECT c.conversation_id AS id, c.created_at::int AS made, c.updated_at::int AS updated, m.joined_at::int AS joined
      FROM im_conversation c JOIN im_member m ON m.conversation = c.id GROUP BY 1, 2, 3, 4 ORDER BY 1`
    expect(await ask(where, sql)).toEqual([
      { id: 'alice-bob', made: 1, updated: 1, joined: 1 },
      { id: 'alice-carol', made: 3, updated: 3, joined: 3 },
    ])
  })
})
