// This version opens a database that a released version made: every read answers as before, numbers go on, and newer
// features work in it.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { UserId } from '@rookery/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type FixtureReads, type FixtureScene, record } from '../../testing/fixtures/record.mjs'
import { ask, describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { saidBefore, sayAgain } from '../../testing/said-before.js'
import { changeGroup, say } from '../../testing/scene.js'
import { takesPush } from '../../testing/takes-push.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const fixture = (ending: string): string =>
  brotliDecompressSync(
    readFileSync(new URL(`../../testing/fixtures/postgres-initial.${ending}.br`, import.meta.url)),
  ).toString()

const { given, reads } = JSON.parse(fixture('json')) as { given: FixtureScene; reads: FixtureReads }

describeOnPostgres('a database of the initial schema', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  const open = (): TypeOrmStorage => new TypeOrmStorage({ type: 'postgres', ...database.where })
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
    const names = (await ask<{ name: string }>(database.where, 'SELECT name FROM im_migrations ORDER BY id')).map(
      ({ name }) => name.replace(/_[0-9a-f]{8}_/, '_'),
    )
    expect(names).toEqual([
      'ImInitialSchema1763700000000',
      'ImGroups1763740000000',
      'ImMaintenance1763900000000',
      'ImPush1764540000000',
      'ImFunctions_9000000000000',
    ])
  })

  it('keeps the functions of the version before, whose nodes may still run', async () => {
    const names = await ask<{ proname: string }>(database.where, `SELECT proname FROM pg_proc WHERE proname LIKE 'im%'`)
    for (const name of ['im_lock', 'im_append', 'im_apply']) {
      expect(names.filter(({ proname }) => proname === name)).toHaveLength(1)
      expect(names.filter(({ proname }) => new RegExp(`^${name}_[0-9a-f]{8}$`).test(proname))).toHaveLength(1)
    }
  })

  let storage: TypeOrmStorage
  beforeEach(async () => {
    storage = open()
    await storage.start()
  })
  afterEach(() => storage.stop())

  it('reads as before', async () => {
    const count = Object.values(reads.messages).reduce((sum, { messages }) => sum + messages.length, 0)
    expect(count).toBe(1000)
    expect(JSON.parse(JSON.stringify(await record(storage, given)))).toEqual(reads)
  })

  it('goes on with its numbers, and knows its keys', async () => {
    for (const [conversationId, { messages }] of Object.entries(reads.messages)) {
      const last = messages.at(-1)!
      const [from, to] = [last.to!, last.from ?? last.to!]
      const members = [...new Set([from, to])]
      const heads = await storage.heads.users(members)
      const [stored] = await storage.commit([
        { ...say(`next ${conversationId}`, { conversationId, from, to, subject: last.subject }), members },
      ])
      expect(stored).toEqual({
        status: 'stored',
        seq: last.seq + 1,
        ordinal: last.ordinal + 1,
        inbox: heads.map(({ seq }) => seq + 1),
      })
    }
    const [from, clientMsgId] = given.keys[0]!
    expect(await storage.commit([say(clientMsgId, { from })])).toEqual([{ status: 'duplicate', ...reads.keys[0] }])
  })

  it('takes push registrations', () => takesPush(storage, given.users))

  it('takes a group, and changes of what was said before', async () => {
    const heads = await storage.heads.users(given.users)
    const join = given.users.map((userId) => ({ userId, role: 'member' as const, reads: 'from-now' as const }))
    const hello = {
      ...say('hello', { conversationId: 'group', kind: 'c2g', to: null }),
      version: 1,
      members: given.users,
    }
    expect(await storage.commit([changeGroup('made', null, { name: 'all', join }), hello])).toMatchObject([
      { status: 'stored', seq: 1, version: 1, memberCount: given.users.length },
      { status: 'stored', seq: 2, inbox: heads.map(({ seq }) => seq + 1) },
    ])
    const unread = async (userId: UserId) => (await storage.conversations.views(userId, ['group']))[0]?.unread
    expect([await unread('alice'), await unread('bob')]).toEqual([0, 1])

    const [conversationId, { messages }] = Object.entries(reads.messages)[0]!
    const target = messages.find(({ countable, content }) => countable && content !== null)!
    const { message } = say('recall', { conversationId, type: 'im.recall', countable: false })
    const change = { kind: 'recall', seq: target.seq } as const
    expect(await storage.commit([{ op: 'control', message, members: [], change }])).toMatchObject([
      { status: 'stored' },
    ])
    const { messages: after } = await storage.timelines.messages(conversationId, { limit: 10_000 })
    expect(after.find(({ seq }) => seq === target.seq)).toMatchObject({ recalled: true, content: null })
  })
})

describeOnPostgres('a database in which an earlier version spoke', () => {
  it('has keys that are known: of clients, of their host, and of the system', async () => {
    const { sql, talk } = saidBefore('postgres')
    const database = await freshDatabase()
    try {
      await ask(database.where, sql)
      await sayAgain(new TypeOrmStorage({ type: 'postgres', ...database.where }), talk)
    } finally {
      await database.drop()
    }
  })
})
