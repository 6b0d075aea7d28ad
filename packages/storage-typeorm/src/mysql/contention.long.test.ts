// Other sessions use the same rows: held locks, deadlocks, and connections that are killed during a commit.
import { StorageError, type AppendOp, type Storage } from '@rookery/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, connect, describeOnMysql, freshDatabase, settingsFor } from '../../testing/mysql.js'
import { heldRows } from '../../testing/held-rows.js'
import { say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { loadDriver } from './driver.js'
import { Link } from './link.js'
import type { MysqlOptions } from './options.js'
import { frameOf, sessionOf } from './session.js'

describeOnMysql('contention on MySQL', () => {
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
  const open = async (options: Partial<MysqlOptions> = {}): Promise<Storage> => {
    const storage = new TypeOrmStorage({ ...options, type: 'mysql', ...database.where })
    await storage.start()
    running.push(storage)
    return storage
  }
  const between = (from: string, to: string, key: string): AppendOp => ({
    ...say(key, { from, to, conversationId: [from, to].toSorted().join('-') }),
    members: [from, to],
  })
  /** Sessions of this database that wait for a lock. */
  const waiting = (): Promise<unknown[]> =>
    ask(
      database.where,
      `SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
        WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`,
    )

  it('of two that wait for each other the commit is run again, and its caller sees nothing of it', async () => {
    const storage = await open({ lockTimeoutMs: 5000 })
    await storage.commit([between('a', 'b', '1'), between('c', 'd', '2')])
    const other = await connect(database.where)
    try {
      // The server ends the transaction that has written less.
      await other.query('CREATE TABLE weight (n int PRIMARY KEY)')
      await other.query('START TRANSACTION')
      await other.query(`INSERT INTO weight VALUES ${Array.from({ length: 500 }, (_, n) => `(${n})`).join(',')}`)
      const lock = (id: string) =>
        other.query('SELECT 1 FROM im_conversation WHERE conversation_id = ? FOR UPDATE', [id])
      await lock('c-d')
      const committing = storage.commit([between('a', 'b', '3'), between('c', 'd', '4')])
      await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1)
      // The server grants this lock only after the commit has released its locks.
      await lock('a-b')
      await other.query('COMMIT')
      expect(await committing).toMatchObject([
        { status: 'stored', seq: 2 },
        { status: 'stored', seq: 2 },
      ])
    } finally {
      await other.end()
    }
  })

  it('rows of every kind that somebody holds keep back what needs them, and nothing else', async () => {
    await heldRows(await open({ lockTimeoutMs: 1000 }), async (sql, work) => {
      const holder = await connect(database.where)
      try {
        await holder.query('START TRANSACTION')
        await holder.query(sql)
        await work()
        await holder.query('ROLLBACK')
      } finally {
        await holder.end()
      }
    })
  }, 60_000)

  it('a row that somebody else holds fails what needs it, soon and as not stored, and nothing else', async () => {
    const storage = await open({ lockTimeoutMs: 1000 })
    await storage.commit([between('a', 'b', '1'), between('c', 'd', '2')])
    const other = await connect(database.where)
    try {
      await other.query('START TRANSACTION')
      await other.query(`SELECT 1 FROM im_user WHERE user_id = 'b' FOR UPDATE`)
      const held = storage.commit([between('a', 'b', '3')]).catch((error: unknown) => error)
      expect(await storage.commit([between('c', 'd', '4')])).toMatchObject([{ status: 'stored', seq: 2 }])
      const error = await held
      expect(error).toBeInstanceOf(StorageError)
      expect(error).toMatchObject({ outcome: 'none' })
      // What it held itself is free again.
      await other.query(`SELECT 1 FROM im_conversation WHERE conversation_id = 'a-b' FOR UPDATE`)
      await other.query('ROLLBACK')
      expect(await storage.commit([between('a', 'b', '3')])).toMatchObject([{ status: 'stored', seq: 2 }])
    } finally {
      await other.end()
    }
  })

  it('8 connections in the same few rows, in crossing orders, are never told of a deadlock', async () => {
    const storage = await open({ writers: 8 })
    const people = ['a', 'b', 'c', 'd', 'e', 'f']
    const write = async (writer: number): Promise<number> => {
      let stored = 0
      for (let n = 0; n < 40; n += 1) {
        const batch = Array.from({ length: 6 }, (_, m) => {
          const [from, to] = [
            people[(writer * 5 + n + m * 7) % 6] as string,
            people[(writer + n * 3 + m) % 6] as string,
          ]
          return from === to
            ? { ...between(from, to, `${writer}.${n}.${m}`), members: [from] }
            : between(from, to, `${writer}.${n}.${m}`)
        })
        for (const result of await storage.commit(batch)) if (result.status === 'stored') stored += 1
      }
      return stored
    }
    const stored = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write))
    expect(stored).toEqual(Array.from({ length: 8 }, () => 240))
    for (const userId of people) {
      const { entries, head } = await storage.timelines.inbox(userId, 0, 10_000)
      expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, at) => at + 1))
    }
  })

  it('a session that goes silent within a transaction is ended by the server, and its locks with it', async () => {
    const storage = await open()
    await storage.commit([between('a', 'b', '1')])
    const settings = settingsFor(database.where, { callTimeoutMs: 1500, lockTimeoutMs: 1000 })
    const link = await Link.open(await loadDriver(), {
      address: settings.address,
      connectTimeoutMs: 5000,
      session: sessionOf(settings, 'write'),
      packetBytes: 1 << 20,
      applicationName: 'silent',
    })
    await link.ask([...frameOf(settings).begin, `SELECT 1 FROM im_user WHERE user_id = 'b' FOR UPDATE`], 5000)
    const status = async (): Promise<string | undefined> =>
      (await storage.commit([between('a', 'b', '2')]).catch(() => []))[0]?.status
    await expect.poll(status, { timeout: 20_000 }).toBe('stored')
    await expect.poll(() => link.isOpen).toBe(false)
  })

  it('connections that were ended while they rested cost nobody an answer', async () => {
    const storage = await open()
    await Promise.all([storage.commit([between('a', 'b', '1')]), storage.heads.users(['a'])])
    await killAll(false)
    expect(await storage.commit([between('a', 'b', '2')])).toMatchObject([{ status: 'stored', seq: 2 }])
    expect(await storage.heads.users(['a'])).toMatchObject([{ seq: 2 }])
  })

  /** Ends connections of this database, which only the storages of this test have: all, or one that is at work. */
  const killAll = async (isAtWork: boolean): Promise<void> => {
    const gun = await connect(database.where)
    const found = `SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()`
    const [rows] = await gun.query(isAtWork ? `${found} AND command = 'Query' LIMIT 1` : found)
    for (const { id } of rows as { id: number }[]) await gun.query(`KILL ${id}`).catch(() => {})
    await gun.end()
  }

  it('connections ended in the middle of commits lose nothing that was answered, store nothing twice, and skip nothing', async () => {
    const storage = await open({ writers: 4 })
    const people = ['a', 'b', 'c', 'd']
    const outcomes = { none: 0, unknown: 0 }
    const answered: { key: string; seq: number }[] = []
    let isWriting = true
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < 100; n += 1) {
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
              if (result.status === 'stale') throw new Error('stale')
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
      for (let after = 0; isWriting;) {
        // Between two shots something is stored, or this would never end.
        await expect.poll(() => !isWriting || answered.length > after, { interval: 5, timeout: 30_000 }).toBe(true)
        after = answered.length + 25
        await killAll(true)
      }
    }
    const shooting = shoot()
    await Promise.all([0, 1, 2, 3].map(write)).finally(() => (isWriting = false))
    await shooting

    expect(outcomes.unknown).toBeGreaterThan(0)
    expect(answered).toHaveLength(2000)
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
    expect(seqs.size).toBe(2000)
    for (const { key, seq } of answered) expect(seqs.get(key)).toBe(seq)
  }, 120_000)

  it('rows that vanished under a running node, as after a restore, are made again instead of failing for ever', async () => {
    const storage = await open()
    const tables = ['user', 'conversation', 'member', 'message', 'inbox', 'key', 'device']
    const vanish = () => ask(database.where, tables.map((table) => `TRUNCATE im_${table}`).join('; '))
    const device = { op: 'device', userId: 'b', deviceId: 'd', deviceType: 'phone' } as const
    await storage.commit([between('a', 'b', '1'), between('a', 'b', '2')])
    await storage.commit([{ ...device, delivered: { from: 0, to: 2 } }])
    await vanish()
    expect(await storage.commit([between('a', 'b', '3')])).toMatchObject([{ status: 'stored', seq: 1, inbox: [1, 1] }])
    // The cached position of the device is beyond the end.
    expect(await storage.commit([{ ...device, delivered: { from: 0, to: 1 } }])).toEqual([
      { status: 'ok', delivered: [{ conversationId: 'a-b', peerId: 'a', deliveredSeq: 1 }] },
    ])
    await vanish()
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
