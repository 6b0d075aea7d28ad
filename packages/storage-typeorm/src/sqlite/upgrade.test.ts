// This version opens a file that a released version made: every read answers as before, numbers go on, and newer
// features work in it.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { UserId } from '@rookery/core'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type FixtureReads, type FixtureScene, record } from '../../testing/fixtures/record.mjs'
import { saidBefore, sayAgain } from '../../testing/said-before.js'
import { changeGroup, chatFile, peek, say } from '../../testing/scene.js'
import { takesPush } from '../../testing/takes-push.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

const fixture = (ending: string): string =>
  brotliDecompressSync(
    readFileSync(new URL(`../../testing/fixtures/sqlite-initial.${ending}.br`, import.meta.url)),
  ).toString()

const { given, reads } = JSON.parse(fixture('json')) as { given: FixtureScene; reads: FixtureReads }

describe('a file of the initial schema', () => {
  let storage: TypeOrmStorage
  beforeEach(async () => {
    const database = chatFile()
    peek(database, (db) => db.exec(`BEGIN; ${fixture('sql')} COMMIT`))
    storage = new TypeOrmStorage({ type: 'better-sqlite3', database })
    await storage.start()
    onTestFinished(() => storage.stop())
  })

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
      const given = { conversationId, from, to, subject: last.subject }
      const [stored] = await storage.commit([{ ...say(`next ${conversationId}`, given), members }])
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
    const join = given.users.map((userId) => ({ userId, role: 'member' as const, reads: 'from-now' as const }))
    const hello = {
      ...say('hello', { conversationId: 'group', kind: 'c2g', to: null }),
      version: 1,
      members: given.users,
    }
    expect(await storage.commit([changeGroup('made', null, { name: 'all', join }), hello])).toMatchObject([
      { status: 'stored', seq: 1, version: 1, memberCount: given.users.length },
      { status: 'stored', seq: 2, inbox: reads.heads.map(({ seq }) => seq + 1) },
    ])
    const unread = async (userId: UserId) => (await storage.conversations.views(userId, ['group']))[0]?.unread
    expect([await unread('alice'), await unread('bob')]).toEqual([0, 1])

    const [conversationId, { messages }] = Object.entries(reads.messages)[0]!
    const target = messages.find(({ countable, content }) => countable && content !== null)!
    const { message } = say('recall', { conversationId, type: 'im.recall', countable: false })
    const change = { kind: 'recall', seq: target.seq } as const
    expect(await storage.commit([{ op: 'control', message, members: [], change }])).toMatchObject([
      { status: 'stored', seq: messages.length + 1 },
    ])
    const { messages: after } = await storage.timelines.messages(conversationId, { limit: 10_000 })
    expect(after.find(({ seq }) => seq === target.seq)).toMatchObject({ recalled: true, content: null })
    expect(after.length).toBe(messages.length)
  })
})

it('knows what an earlier version stored under keys: of clients, of their host, and of the system', async () => {
  const { sql, talk } = saidBefore('sqlite')
  const database = chatFile()
  peek(database, (db) => db.exec(`BEGIN; ${sql} COMMIT`))
  await sayAgain(new TypeOrmStorage({ type: 'better-sqlite3', database }), talk)
})
