// Groups under load, on each server: members who leave while others send, a group that changes to fan-out on read
// meanwhile, and a large group.
import type { AppendOp, GroupChange, GroupOp, StoredMessage } from '@rookery/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as mysql from '../testing/mysql.js'
import * as postgres from '../testing/postgres.js'
import { changeGroup, say } from '../testing/scene.js'
import { TypeOrmStorage } from './typeorm-storage.js'

type Server = Pick<typeof postgres | typeof mysql, 'freshDatabase' | 'ask'>

function cases(type: 'postgres' | 'mysql', { freshDatabase, ask }: Server): void {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  const running: TypeOrmStorage[] = []
  const open = async (): Promise<TypeOrmStorage> => {
    const storage = new TypeOrmStorage({ type, ...database.where })
    await storage.start()
    running.push(storage)
    return storage
  }
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(async () => {
    for (const storage of running) await storage.stop()
    await database.drop()
  })

  const change = (groupId: string, version: number | null, members: readonly string[], given: GroupChange): GroupOp => {
    const op = changeGroup(`${groupId} ${version}`, version, given)
    return { ...op, members, message: { ...op.message, conversationId: groupId, from: null } }
  }
  const send = (groupId: string, key: string, from: string, version: number, members: readonly string[]): AppendOp => ({
    ...say(key, { conversationId: groupId, kind: 'c2g', from, to: null }),
    members,
    version,
  })
  const joining = (userIds: readonly string[]): GroupChange['join'] =>
    userIds.map((userId, index) => ({ userId, role: index === 0 ? 'owner' : 'member', reads: 'from-now' }))

  it('of what 8 nodes send while members are removed, nothing decided before a removal is stored after it, and whoever stays gets all', async () => {
    const groupId = 'race'
    const nodes = await Promise.all(Array.from({ length: 8 }, open))
    const users = Array.from({ length: 12 }, (_, n) => `race-${n}`)
    const stay = users.slice(0, 8)
    await nodes[0]!.commit([change(groupId, null, users, { name: 'race', join: joining(users) })])
    let stale = 0
    const write = async (storage: TypeOrmStorage, writer: number): Promise<void> => {
      for (let n = 0; n < 40; n += 1) {
        // What a node remembers of the group: it is asked again only where it turns out to be stale.
        for (let roster = await storage.groups.roster(groupId); ; roster = await storage.groups.roster(groupId)) {
          const members = roster!.members.map(({ userId }) => userId)
          const keys = [`race ${writer} ${n} a`, `race ${writer} ${n} b`]
          // Others come between, so that it is old sometimes.
          if (n % 3 === 0) await storage.heads.loginEpoch()
          const results = await storage.commit(
            keys.map((key) => send(groupId, key, stay[writer]!, roster!.version, members)),
          )
          if (results.every(({ status }) => status === 'stored')) break
          expect(results.map(({ status }) => status)).toEqual(['stale', 'stale'])
          stale += 1
        }
      }
    }
    const removedAt = new Map<string, number>()
    const remove = async (storage: TypeOrmStorage): Promise<void> => {
      for (const userId of users.slice(8)) {
        for (;;) {
          const { seq } = (await storage.heads.conversations([groupId]))[0]!
          const roster = (await storage.groups.roster(groupId))!
          const members = roster.members.map((one) => one.userId)
          const [result] = await storage.commit([change(groupId, roster.version, members, { leave: [userId] })])
          if (result?.status !== 'stored') continue
          removedAt.set(userId, result.seq)
          // The next one goes once somebody has sent something.
          await expect
            .poll(async () => (await storage.heads.conversations([groupId]))[0]?.seq, { timeout: 20_000 })
            .toBeGreaterThan(Math.min(seq + 60, 600))
          break
        }
      }
    }
    await Promise.all([...nodes.map(write), remove(await open())])

    const { messages } = await nodes[0]!.timelines.messages(groupId, { after: 0, limit: 10_000 })
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1))
    expect(messages).toHaveLength(8 * 40 * 2 + 5)
    for (const userId of users) {
      const { entries } = await nodes[0]!.timelines.inbox(userId, 0, 10_000)
      const got = entries.map((entry) => (entry.kind === 'message' ? entry.conversationSeq : 0))
      const last = removedAt.get(userId) ?? messages.length
      expect([userId, got]).toEqual([userId, Array.from({ length: last }, (_, index) => index + 1)])
    }
    // Where none was stale nothing was tried.
    expect(stale).toBeGreaterThan(0)
  }, 60_000)

  it('a group crosses to fan-out on read while 4 nodes send to it and to its members: nothing is missed, nothing waits for another', async () => {
    const groupId = 'cross'
    const nodes = await Promise.all(Array.from({ length: 4 }, open))
    const users = Array.from({ length: 40 }, (_, n) => `cross-${n}`)
    await nodes[0]!.commit([change(groupId, null, users, { name: 'cross', join: joining(users) })])
    const write = async (storage: TypeOrmStorage, writer: number): Promise<void> => {
      for (let n = 0; n < 30; n += 1) {
        const [from, to] = [users[writer]!, users[39 - ((n * 7 + writer) % 30)]!]
        const other = say(`c2c ${writer} ${n}`, { conversationId: [from, to].toSorted().join('-'), from, to })
        for (;;) {
          const roster = (await storage.groups.roster(groupId))!
          const members = roster.members.map(({ userId }) => userId)
          const [own] = await storage.commit([
            send(groupId, `cross ${writer} ${n}`, from, roster.version, members),
            { ...other, members: [from, to] },
          ])
          if (own!.status === 'stored') break
        }
        if (writer === 0 && n === 10) {
          const [crossed] = await storage.commit([change(groupId, 1, users, { fanOut: 'read' })])
          expect(crossed).toMatchObject({ status: 'stored', version: 2 })
        }
      }
    }
    await Promise.all(nodes.map(write))
    const { messages } = await nodes[0]!.timelines.messages(groupId, { after: 0, limit: 10_000 })
    expect(messages).toHaveLength(4 * 30 + 2)
    for (const userId of users) {
      const { entries } = await nodes[0]!.timelines.inbox(userId, 0, 10_000)
      const ofGroup = entries.flatMap((one) =>
        one.kind === 'message' && one.conversationId === groupId ? one.conversationSeq : [],
      )
      const [follow, ...more] = entries.flatMap((one) =>
        one.kind === 'message' ? [] : (JSON.parse(one.body) as object),
      )
      expect([follow, more]).toEqual([{ conversationId: groupId, from: expect.any(Number) }, []])
      const { from } = follow as { readonly from: number }
      // By the inbox up to the message that tells of it, by the timeline from there on.
      expect(ofGroup).toEqual(Array.from({ length: from + 1 }, (_, index) => index + 1))
      const page = await nodes[0]!.timelines.timeline(userId, groupId, from, 10_000)
      const seqs = (list: readonly StoredMessage[]): number[] => list.map(({ seq }) => seq)
      expect(seqs(page!.messages)).toEqual(seqs(messages.slice(from)))
    }
  }, 60_000)

  it('10,000 members join by 200, read the timeline above 500, and are written to at the cost of one', async () => {
    const groupId = 'large'
    const storage = await open()
    const users = Array.from({ length: 10_000 }, (_, n) => `large-${n}`)
    let members: readonly string[] = []
    for (let at = 0; at < users.length; at += 200) {
      const some = users.slice(at, at + 200)
      const crosses = at + 200 > 500 && at <= 500
      const to = at > 500 ? [] : [...members, ...some]
      members = [...members, ...some]
      const join = joining(some)!.map((one, n) => (at + n > 0 ? { ...one, role: 'member' as const } : one))
      const [result] = await storage.commit([
        change(groupId, at === 0 ? null : at / 200, to, {
          ...(at === 0 ? { name: 'large' } : {}),
          join,
          ...(crosses ? { fanOut: 'read' as const } : {}),
        }),
      ])
      expect(result).toMatchObject({ status: 'stored', version: at / 200 + 1, memberCount: at + 200 })
    }
    const written = async (): Promise<unknown> =>
      ask(database.where, `SELECT (SELECT count(*) FROM im_inbox) AS entries, (SELECT sum(head) FROM im_user) AS heads`)
    const before = await written()
    const sends = Array.from({ length: 50 }, (_, n) => send(groupId, `large ${n}`, users[n]!, 50, []))
    expect((await storage.commit(sends)).map(({ status }) => status)).toEqual(sends.map(() => 'stored'))
    expect(await written()).toEqual(before)
    expect(await storage.groups.roster(groupId)).toMatchObject({ fanOut: 'read', memberCount: 10_000, members: [] })
    const [follow] = await storage.heads.follows('large-9999')
    expect(follow).toEqual({ conversationId: groupId, seq: 100, version: 50 })
    const page = await storage.timelines.timeline('large-9999', groupId, 0, 30)
    expect(page).toMatchObject({ head: 100, floor: 49 })
    expect(page!.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, n) => n + 50))
    const [view] = await storage.conversations.views('large-9999', [groupId])
    expect(view).toMatchObject({ unread: 50, readSeq: 49 })
    const named = [...users].sort()
    const listed = await storage.groups.members(groupId, named[4999]!, 100)
    expect(listed.members.map(({ userId }) => userId)).toEqual(named.slice(5000, 5100))
    const [dissolved] = await storage.commit([change(groupId, 50, [], { dissolve: true })])
    expect(dissolved?.status === 'stored' && 'facts' in dissolved && dissolved.facts.length).toBe(10_000)
    expect(await storage.heads.follows('large-9999')).toEqual([])
  }, 60_000)
}

postgres.describeOnPostgres('groups on PostgreSQL', () => cases('postgres', postgres))
mysql.describeOnMysql('groups on MySQL', () => cases('mysql', mysql))
