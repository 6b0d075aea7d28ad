// Other sessions use the same rows: held locks, deadlocks, and connections that are killed during a commit.
import { StorageError, type AppendOp, type Storage } from '@rookery/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, connect, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { heldRows } from '../../testing/held-rows.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import type { PostgresOptions } from './options.js'

describeOnPostgres('contention on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let running: Storage[] = []
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(async () => {
    for (const storage of running) await storage.stop()
    running = []
    await database.drop()
  })
  const open = async (options: Partial<PostgresOptions> = {}): Promise<Storage> => {
    const storage = new TypeOrmStorage({ ...options, type: 'postgres', ...database.where })
    await storage.start()
    running.push(storage)
    return storage
  }
  const between = (from: string, to: string, key: string): AppendOp => ({
    ...say(key, { from, to, conversationId: [from, to].toSorted().join('-') }),
    members: [from, to],
  })

  it('of many who begin the same conversations at once, among the same users, none waits for one that waits for it', async () => {
    const nodes = await Promise.all([open(), open(), open(), open()])
    const people = ['a', 'b', 'c', 'd', 'e', 'f']
    for (let round = 0; round < 12; round += 1) {
      const pairs = people.flatMap((one, at) => people.slice(at + 1).map((other) => [one, other] as const))
      const commits = nodes.flatMap((node, n) =>
        [0, 1].map((turn) => {
          const ops = ((n + turn) % 2 === 0 ? pairs : pairs.toReversed()).map(([from, to], at) => {
            const op = between(from, to, `${round}.${n}.${turn}.${at}`)
            return { ...op, message: { ...op.message, conversationId: `${op.message.conversationId}-${round}` } }
          })
          // In pieces, so that some come upon what others have begun.
          return Promise.all([node.commit(ops.slice(0, 9)), node.commit(ops.slice(6, 15))])
        }),
      )
      for (const results of (await Promise.all(commits)).flat(2))
        expect(['stored', 'duplicate']).toContain(results.status)
    }
    // Sessions tell of their deadlocks now and then, and when they end.
    for (const node of nodes) await node.stop()
    const found = `SELECT (SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()) AS deadlocks,
      (SELECT count(*)::int FROM im_conversation) AS made,
      (SELECT count(*)::int FROM im_conversation WHERE last_seq = 0) AS empty`
    expect(await ask(database.where, found)).toEqual([{ deadlocks: 0, made: 180, empty: 0 }])
  })

  it('of two that wait for each other the commit is run again, and its caller sees nothing of it', async () => {
    const storage = await open({ lockTimeoutMs: 5000 })
    await storage.commit([between('a', 'b', '1'), between('c', 'd', '2')])
    const other = await connect(database.where)
    try {
      // The commit waits first, so it is the one that finds the circle, and is made to give way.
      await other.query(`SET deadlock_timeout = '20s'; BEGIN`)
      const lock = (id: string) =>
        other.query('SELECT 1 FROM im_conversation WHERE conversation_id = $1 FOR UPDATE', [id])
      await lock('c-d')
      const committing = storage.commit([between('a', 'b', '3'), between('c', 'd', '4')])
      const isWaiting = (): Promise<unknown[]> =>
        ask(
          database.where,
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
      await expect.poll(isWaiting, { timeout: 10_000 }).toHaveLength(1)
      await lock('a-b')
      await other.query('COMMIT')
      expect(await committing).toMatchObject([
        { status: 'stored', seq: 2 },
        { status: 'stored', seq: 2 },
      ])
      const deadlocks = (): Promise<unknown[]> =>
        ask(database.where, `SELECT 1 FROM pg_stat_database WHERE datname = current_database() AND deadlocks > 0`)
      await expect.poll(deadlocks, { timeout: 10_000 }).toHaveLength(1)
    } finally {
      await other.end()
    }
  })

  it('a row that somebody else holds fails what needs it, soon and as not stored, and nothing else', async () => {
    const storage = await open({ lockTimeoutMs: 300 })
    await storage.commit([between('a', 'b', '1'), between('c', 'd', '2')])
    const other = await connect(database.where)
    try {
      await other.query('BEGIN')
      await other.query(`SELECT 1 FROM im_user WHERE user_id = 'b' FOR UPDATE`)
      const began = performance.now()
      const held = storage.commit([between('a', 'b', '3')]).catch((error: unknown) => error)
      expect(await storage.commit([between('c', 'd', '4')])).toMatchObject([{ status: 'stored', seq: 2 }])
      const error = await held
      expect(error).toBeInstanceOf(StorageError)
      expect(error).toMatchObject({ outcome: 'none' })
      expect(performance.now() - began).toBeLessThan(3000)
      await other.query('ROLLBACK')
      expect(await storage.commit([between('a', 'b', '3')])).toMatchObject([{ status: 'stored', seq: 2 }])
    } finally {
      await other.end()
    }
  })

  it('rows of every kind that somebody holds keep back what needs them, and nothing else', async () => {
    await heldRows(await open({ lockTimeoutMs: 1000 }), async (sql, work) => {
      const holder = await connect(database.where)
      try {
        await holder.query('BEGIN')
        await holder.query(sql)
        await work()
        await holder.query('ROLLBACK')
      } finally {
        await holder.end()
      }
    })
  }, 60_000)

  it('backends ended in the middle of commits lose nothing that was answered, store nothing twice, and skip nothing', async () => {
    const storage = await open({ writers: 4, applicationName: 'under fire' })
    const people = ['a', 'b', 'c', 'd']
    const outcomes = { none: 0, unknown: 0 }
    const answered: { key: string; seq: number }[] = []
    let isWriting = true
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < 150; n += 1) {
        const batch = Array.from({ length: 5 }, (_, m) => {
          const from = people[(writer + m) % 4] as string
          const to = people[(writer + m + 1 + (n % 3)) % 4] as string
          return between(from, to, `${writer}.${n}.${m}`)
        })
        for (;;) {
          try {
            const results = await storage.commit(batch)
            for (const [index, result] of results.entries()) {
              if (result.status === 'refused') throw result.error
              answered.push({ key: batch[index]?.message.clientMsgId as string, seq: result.seq })
            }
            break
          } catch (error) {
            if (!(error instanceof StorageError)) throw error
            outcomes[error.outcome] += 1
          }
        }
      }
    }
    const shoot = async (): Promise<void> => {
      const gun = await connect(database.where)
      for (let after = 0; isWriting;) {
        // Between two shots something is stored, or this would never end.
        await expect.poll(() => !isWriting || answered.length > after, { interval: 5, timeout: 30_000 }).toBe(true)
        after = answered.length + 25
        await gun.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'under fire' AND state = 'active' LIMIT 1`,
        )
      }
      await gun.end()
    }
    const shooting = shoot()
    await Promise.all([0, 1, 2, 3].map(write)).finally(() => (isWriting = false))
    await shooting

    expect(outcomes.unknown).toBeGreaterThan(5)
    expect(answered).toHaveLength(3000)
    const seqs = new Map<string, number>()
    for (const [index, one] of people.entries()) {
      for (const other of people.slice(index + 1)) {
        const { messages } = await storage.timelines.messages(`${one}-${other}`, { after: 0, limit: 10_000 })
        expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, at) => at + 1))
        for (const { clientMsgId, seq } of messages) {
          expect(seqs.has(clientMsgId)).toBe(false)
          seqs.set(clientMsgId, seq)
        }
      }
      const { entries } = await storage.timelines.inbox(one, 0, 10_000)
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1))
    }
    expect(seqs.size).toBe(3000)
    for (const { key, seq } of answered) expect(seqs.get(key)).toBe(seq)
  }, 120_000)

  it('rows that vanished under a running node, as after a restore, are made again instead of failing for ever', async () => {
    const storage = await open()
    await storage.commit([between('a', 'b', '1')])
    await ask(database.where, 'TRUNCATE im_user, im_conversation, im_member, im_message, im_inbox, im_key')
    expect(await storage.commit([between('a', 'b', '2')])).toMatchObject([{ status: 'stored', seq: 1, inbox: [1, 1] }])
    await ask(database.where, 'TRUNCATE im_user, im_conversation, im_member, im_message, im_inbox, im_key')
    expect(await storage.commit([{ op: 'custom', userId: 'a', topic: 't', payload: '1', at: 1 }])).toEqual([
      { status: 'ok', inboxSeq: 1 },
    ])
  })

  it('the system uses one key in two commits at once, and one of them stores it', async () => {
    const storage = await open({ writers: 8 })
    await storage.commit([between('a', 'b', '1'), between('c', 'd', '2')])
    for (let n = 0; n < 20; n += 1) {
      const fact = (userId: string) =>
        ({ op: 'custom', userId, topic: 't', payload: '1', at: 1, key: `k${n}` }) as const
      const results = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((userId) => storage.commit([fact(userId)])))
      expect(results.filter(([result]) => result.status === 'ok' && result.inboxSeq !== null)).toHaveLength(1)
      expect(results.map(([result]) => result.status)).toEqual(Array.from({ length: 6 }, () => 'ok'))
    }
  })
})
