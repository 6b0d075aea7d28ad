// Making and changing a group: its members, roles and profile, and the control message that reports the change.
import type { GroupChange, GroupOp, GroupResult } from '@rookery/core'
import { factsTold, fanOutChange, isStaleChange } from '../../operations/group.js'
import { entryKind, fanOutCode, roleCode } from '../../rows/codes.js'
import type { SqliteStatement, SqlValue } from '../driver.js'
import { knownKey, point, store } from './append.js'
import type { Batch } from './batch.js'
import type { ConversationCounters } from './counters.js'
import { ManyRows } from './rows.js'

type Facts = Extract<GroupResult, { status: 'stored' }>['facts']

export class Groups {
  readonly #write: SqliteStatement
  readonly #join: ManyRows
  readonly #leave: ManyRows
  readonly #follow: SqliteStatement
  readonly #active: SqliteStatement
  readonly #setRole: SqliteStatement
  readonly #setMuted: SqliteStatement

  constructor(private readonly batch: Batch) {
    const { db, tables: t } = batch
    const given = (column: string): string => `${column} = CASE WHEN ? THEN ? ELSE ${column} END`
    this.#write = db.prepare(
      `UPDATE ${t.conversation} SET version = ?, members = ?, fan_out = ?, dissolved = ?, name = coalesce(?, name, ''),
        muted_until = ifnull(?, muted_until), ${given('avatar')}, ${given('announcement')}, ${given('ext')}
        WHERE id = ?`,
    )
    // A member who comes back keeps pinned and muted, and still sees what it could see before.
    this.#join = new ManyRows(
      db,
      9,
      (rows) => `INSERT INTO ${t.member}
          (user, conversation, member_id, from_seq, role, joined_at, read_seq, read_ordinal, follows) VALUES ${rows}
        ON CONFLICT (user, conversation) DO UPDATE SET
          earlier = json_insert(ifnull(earlier, '[]'), '$[#]', json_array(from_seq, to_seq)),
          from_seq = excluded.from_seq, to_seq = NULL, role = excluded.role, joined_at = excluded.joined_at,
          muted_until = NULL, read_seq = excluded.read_seq, read_ordinal = excluded.read_ordinal, delivered_seq = 0,
          cleared_seq = 0, hidden_at = NULL, follows = excluded.follows`,
    )
    this.#leave = new ManyRows(
      db,
      3,
      (rows) => `WITH v (user, conversation, to_seq) AS (VALUES ${rows})
        UPDATE ${t.member} SET to_seq = v.to_seq, role = ${roleCode.member}, follows = 0
        FROM v WHERE ${t.member}.user = v.user AND ${t.member}.conversation = v.conversation`,
    )
    const everybody = 'WHERE conversation = ? AND member_id IS NOT NULL AND to_seq IS NULL'
    this.#follow = db.prepare(`UPDATE ${t.member} SET follows = 1 ${everybody}`)
    this.#active = db.prepare(`SELECT member_id FROM ${t.member} ${everybody}`).raw()
    const one = 'WHERE user = ? AND conversation = ? AND to_seq IS NULL'
    this.#setRole = db.prepare(`UPDATE ${t.member} SET role = ? ${one}`)
    this.#setMuted = db.prepare(`UPDATE ${t.member} SET muted_until = ? ${one}`)
  }

  group(op: GroupOp): GroupResult {
    const { message, change } = op
    const { conversationId, serverTime } = message
    const { counters } = this.batch
    const known = knownKey(this.batch, message)
    if (known) return { status: 'duplicate', ...known }
    const existing = counters.conversation(conversationId)
    if (isStaleChange(existing, op)) return { status: 'stale' }
    const row = existing ?? counters.makeGroup(conversationId, serverTime)
    const fanOut = fanOutChange(row.isRead, change)

    const stored = store(this.batch, row, message, false)
    const { seq, ordinal } = stored
    const inbox = point(this.batch, stored, row, serverTime, op.members)
    const joined = this.#joinAll(row, change.join ?? [], seq, serverTime, fanOut.isRead)
    const left = this.#leaveAll(row, change.dissolve === true ? this.#everybody(row) : (change.leave ?? []), seq)
    for (const { userId, role } of change.roles ?? []) this.#set(this.#setRole, row, userId, roleCode[role])
    for (const { userId, until } of change.mutes ?? []) this.#set(this.#setMuted, row, userId, until)
    row.version = (op.version ?? 0) + 1
    row.members += joined.length - left.length
    row.isRead = fanOut.isRead
    row.isDissolved = change.dissolve === true
    this.#writeGroup(row, change)
    if (fanOut.crosses) this.#follow.run([row.id])

    const everybody = (): string[] => this.#everybody(row)
    const told = factsTold(fanOut, { conversationId, seq, joined, left, everybody })
    const facts = told.flatMap(({ kind, userIds, body }) => this.#facts(userIds, kind, serverTime, body))
    return { status: 'stored', seq, ordinal, version: row.version, memberCount: row.members, inbox, facts }
  }

  #writeGroup(row: ConversationCounters, { name, mutedUntil, avatar, announcement, ext }: GroupChange): void {
    const given = (value: string | null | undefined): SqlValue[] => [value === undefined ? 0 : 1, value ?? null]
    this.#write.run([
      row.version,
      row.members,
      row.isRead ? fanOutCode.read : fanOutCode.write,
      row.isDissolved ? 1 : 0,
      name ?? null,
      mutedUntil ?? null,
      ...given(avatar),
      ...given(announcement),
      ...given(ext),
      row.id,
    ])
  }

  /** Answers which of them were not members before. */
  #joinAll(
    row: ConversationCounters,
    join: NonNullable<GroupChange['join']>,
    seq: number,
    at: number,
    follows: boolean,
  ): string[] {
    const { counters } = this.batch
    const users = join.map(({ userId }) => counters.userRow(userId))
    counters.members.load(users.flatMap(({ id }) => [id, row.id]))
    const joined: string[] = []
    const values: SqlValue[] = []
    // A new member's position is at the end of the countable messages before this control message, which is not
    // countable.
    const position = { toSeq: null, readSeq: seq - 1, readOrdinal: row.countable }
    for (const { userId, role, reads } of join) {
      const { id } = counters.userRow(userId)
      if (counters.members.active(id, row.id)) continue
      counters.members.set({ id, conversation: row.id, ...position })
      joined.push(userId)
      const from = reads === 'everything' ? 0 : seq - 1
      values.push(id, row.id, userId, from, roleCode[role], at, position.readSeq, position.readOrdinal)
      values.push(follows ? 1 : 0)
    }
    this.#join.run(values)
    return joined
  }

  /** Answers which of them were members. */
  #leaveAll(row: ConversationCounters, leave: readonly string[], seq: number): string[] {
    const { counters } = this.batch
    const users = leave.flatMap((userId) => counters.user(userId) ?? [])
    counters.members.load(users.flatMap(({ id }) => [id, row.id]))
    const left: string[] = []
    const values: SqlValue[] = []
    for (const { id, userId } of users) {
      const member = counters.members.active(id, row.id)
      if (!member) continue
      member.toSeq = seq
      left.push(userId)
      values.push(id, row.id, seq)
    }
    this.#leave.run(values)
    return left
  }

  #set(statement: SqliteStatement, row: ConversationCounters, userId: string, value: number): void {
    const user = this.batch.counters.user(userId)
    if (user) statement.run([value, user.id, row.id])
  }

  /** The current members, with their counters loaded. */
  #everybody(row: ConversationCounters): string[] {
    const userIds = (this.#active.all([row.id]) as [string][]).map(([userId]) => userId)
    this.batch.counters.load([], userIds)
    return userIds
  }

  #facts(userIds: readonly string[], kind: 'follow' | 'unfollow', at: number, body: string): Facts {
    return userIds.map((userId) => {
      const user = this.batch.counters.userRow(userId)
      return { userId, kind, seq: this.batch.addFact(user, entryKind[kind], at, body) }
    })
  }
}
