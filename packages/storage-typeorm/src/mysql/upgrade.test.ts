// This version opens a database that a released version made: every read answers as before, numbers go on, and keys are
// known.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { StorageOp } from '@rookery/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type FixtureReads, type FixtureScene, record } from '../../testing/fixtures/record.mjs'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { saidBefore, sayAgain } from '../../testing/said-before.js'
import { changeGroup, say } from '../../testing/scene.js'
import { takesPush } from '../../testing/takes-push.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const fixture = (ending: string): string =>
  brotliDecompressSync(
    readFileSync(new URL(`../../testing/fixtures/mysql-initial.${ending}.br`, import.meta.url)),
  ).toString()

const { given, reads } = JSON.parse(fixture('json')) as { given: FixtureScene; reads: FixtureReads }
const isGroup = (conversationId: string): boolean => given.groups?.includes(conversationId) === true

describeOnMysql('a database of the initial schema on MySQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  const open = (): TypeOrmStorage => new TypeOrmStorage({ type: 'mysql', ...database.where })
  beforeAll(async () => {
    database = await freshDatabase()
    await ask(database.where, fixture('sql'))
  })
  afterAll(() => database.drop())

  it('is upgraded once by eight nodes that start at the same time', async () => {
    const [before] = await ask<{ epoch: string }>(database.where, 'SELECT epoch FROM im_meta')
    const nodes = Array.from({ length: 8 }, open)
    const infos = await Promise.all(nodes.map((node) => node.start()))
    expect(new Set(infos.map(({ epoch }) => epoch))).toEqual(new Set([before?.epoch]))
    await Promise.all(nodes.map((node) => node.stop()))
    const names = await ask<{ name: string }>(database.where, 'SELECT name FROM im_migrations ORDER BY id')
    expect(names.map(({ name }) => name)).toEqual(['ImInitialSchema1763700000000', 'ImPush1764540000000'])
  })

  it('has the tables that are made anew today: no migration that was released has changed', async () => {
    const fresh = await freshDatabase()
    try {
      const storage = new TypeOrmStorage({ type: 'mysql', ...fresh.where })
      await storage.start()
      await storage.stop()
      const tablesOf = async ({ where }: typeof fresh): Promise<string[]> => {
        const tables = (await ask(where, `SHOW TABLES LIKE 'im\\_%'`)).flatMap((row) => Object.values(row) as string[])
        const made: string[] = []
        // TypeORM's own is of the database's character set.
        for (const table of tables.filter((name) => name !== 'im_migrations').toSorted()) {
          const [row] = await ask<Record<string, string>>(where, `SHOW CREATE TABLE ${table}`)
          made.push((row?.['Create Table'] ?? '').replace(/ AUTO_INCREMENT=\d+/, ''))
        }
        return made
      }
      expect(await tablesOf(database)).toEqual(await tablesOf(fresh))
    } finally {
      await fresh.drop()
    }
  })

  let storage: TypeOrmStorage
  beforeEach(async () => {
    storage = open()
    await storage.start()
  })
  afterEach(() => storage.stop())

  it('reads as before', async () => {
    const messages = Object.entries(reads.messages).filter(([conversationId]) => !isGroup(conversationId))
    expect(messages.reduce((sum, [, page]) => sum + page.messages.length, 0)).toBe(1000)
    expect(JSON.parse(JSON.stringify(await record(storage, given)))).toEqual(reads)
  })

  it('takes push registrations', () => takesPush(storage, given.users))

  it('goes on with its numbers, and knows its keys', async () => {
    for (const [conversationId, { messages }] of Object.entries(reads.messages)) {
      const last = messages.at(-1)!
      const from = last.from ?? last.to!
      const to = isGroup(conversationId) ? null : last.to!
      const members = to === null ? ['alice'] : [...new Set([to, from])]
      const heads = await storage.heads.users(members)
      const { seq, ordinal } = await headOf(conversationId)
      const next = say(`next ${conversationId}`, { conversationId, from, to, kind: last.kind, subject: last.subject })
      const [stored] = await storage.commit([{ ...next, members }])
      expect(stored).toEqual({
        status: 'stored',
        seq: seq + 1,
        ordinal: ordinal + 1,
        inbox: heads.map((head) => head.seq + 1),
      })
    }
    const [from, clientMsgId] = given.keys[0]!
    expect(await storage.commit([say(clientMsgId, { from })])).toEqual([{ status: 'duplicate', ...reads.keys[0] }])
  })

  /** Messages that a control message changed are in the group's timeline, too, and are not read with it. */
  const headOf = async (conversationId: string): Promise<{ readonly seq: number; readonly ordinal: number }> => {
    const [row] = await ask<{ last_seq: number; countable: number }>(
      database.where,
      `SELECT last_seq, countable FROM im_conversation WHERE conversation_id = ?`,
      [conversationId],
    )
    return { seq: row!.last_seq, ordinal: row!.countable }
  }

  it('takes changes of its groups and of what was said in them, and agrees with its rows', async () => {
    const [groupId] = given.groups!
    const group = (await storage.groups.group(groupId!))!
    const inIt = { conversationId: groupId!, kind: 'c2g', to: null } as const
    const change = (key: string, version: number, given: Parameters<typeof changeGroup>[2]): StorageOp => {
      const op = changeGroup(key, version, given)
      return { ...op, message: { ...op.message, ...inIt } }
    }
    const { message } = say('recall', { ...inIt, type: 'im.recall', countable: false })
    expect(
      await storage.commit([
        change('back', group.version, { join: [{ userId: 'dave', role: 'member', reads: 'from-now' }] }),
        { op: 'control', message, members: [], change: { kind: 'recall', seq: 5 } },
      ]),
    ).toMatchObject([{ status: 'stored', memberCount: group.memberCount + 1 }, { status: 'stored' }])
    const { messages } = await storage.timelines.messages(groupId!, { limit: 1000 })
    expect(messages.find(({ seq }) => seq === 5)).toMatchObject({ recalled: true, content: null, reactions: null })
    for (let after: string | null = null; ;) {
      const step = await storage.maintenance.verify({ after, rows: 500, repair: false })
      expect(step.findings).toEqual([])
      if (step.next === null) break
      after = step.next
    }
  })
})

describeOnMysql('a database in which an earlier version spoke', () => {
  it('has keys that are known: of clients, of their host, and of the system', async () => {
    const { sql, talk } = saidBefore('mysql')
    const database = await freshDatabase()
    try {
      await ask(database.where, sql)
      await sayAgain(new TypeOrmStorage({ type: 'mysql', ...database.where }), talk)
    } finally {
      await database.drop()
    }
  })
})
