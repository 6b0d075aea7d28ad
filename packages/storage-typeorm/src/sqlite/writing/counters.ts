// The counter rows of users and conversations. A transaction reads each once, advances it here and writes it back once
// at its end. The cache keeps them after a transaction only while SQLite reports that no other connection has changed
// the file.
import type { SqliteDatabase, SqliteStatement, SqlValue } from '../driver.js'
import { fanOutCode } from '../../rows/codes.js'
import type { Tables } from '../../rows/tables.js'
import { Cache } from '../../cache.js'
import { Members, type Member } from './members.js'
import { ManyRows } from './rows.js'

export interface UserCounters {
  readonly id: number
  readonly userId: string
  /** The last sequence of the inbox. */
  head: number
}

/**
 * The two users of a c2c conversation are its sides. A user who writes to itself is both sides, and the first one
 * counts.
 */
export interface Side {
  readonly userId: string
  readonly id: number
  readSeq: number
  /** The place of the message at `readSeq` among the countable ones. */
  readOrdinal: number
  deliveredSeq: number
}

/** How far a member has read: a side, or a member of a group. `id` is the user's row. */
export type Position = Side | Member

export interface ConversationCounters {
  readonly id: number
  readonly conversationId: string
  readonly kind: string
  readonly subject: string
  readonly floorSeq: number
  readonly floorCount: number
  readonly a: Side | null
  readonly b: Side | null
  /** The version of a group. Every change of the group raises it. */
  version: number
  isDissolved: boolean
  isRead: boolean
  members: number
  lastSeq: number
  countable: number
  lastCountableSeq: number
  updatedAt: number
}

/** How many users and conversations the cache keeps from one batch to the next, at most twice these numbers. */
const usersKept = 100_000
const conversationsKept = 50_000

export class Counters {
  readonly members: Members
  readonly #users = new Cache<UserCounters>(usersKept)
  readonly #conversations = new Cache<ConversationCounters>(conversationsKept)
  readonly #dirtyUsers = new Set<UserCounters>()
  readonly #dirtyConversations = new Set<ConversationCounters>()
  readonly #version: SqliteStatement
  readonly #lastMessage: SqliteStatement
  readonly #readUsers: ManyRows
  readonly #readConversations: ManyRows
  readonly #makeUser: SqliteStatement
  readonly #makeConversation: SqliteStatement
  readonly #makeMember: SqliteStatement
  readonly #writeUsers: ManyRows
  readonly #writeConversations: ManyRows
  #seen = -1
  #messageId = 0

  constructor(db: SqliteDatabase, t: Tables) {
    this.members = new Members(db, t)
    this.#version = db.prepare('PRAGMA data_version').raw()
    this.#lastMessage = db.prepare(`SELECT ifnull(max(id), 0) FROM ${t.message}`).raw()
    this.#readUsers = new ManyRows(
      db,
      1,
      (rows) => `SELECT id, user_id, head FROM ${t.user} WHERE user_id IN (VALUES ${rows})`,
    )
    this.#readConversations = new ManyRows(
      db,
      1,
      (rows) => `SELECT c.id, c.conversation_id, c.kind, c.subject, c.floor_seq, c.floor_count,
          c.last_seq, c.countable, c.last_countable_seq, c.updated_at,
          a.id, a.user_id, c.a_read_seq, c.a_read_ordinal, c.a_delivered_seq,
          b.id, b.user_id, c.b_read_seq, c.b_read_ordinal, c.b_delivered_seq,
          c.version, c.dissolved, c.fan_out, c.members
        FROM ${t.conversation} c LEFT JOIN ${t.user} a ON a.id = c.user_a LEFT JOIN ${t.user} b ON b.id = c.user_b
        WHERE c.conversation_id IN (VALUES ${rows})`,
    )
    this.#makeUser = db.prepare(`INSERT INTO ${t.user} (user_id) VALUES (?)`)
    this.#makeConversation = db.prepare(
      `INSERT INTO ${t.conversation} (conversation_id, kind, subject, created_at, updated_at, user_a, user_b)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#makeMember = db.prepare(`INSERT INTO ${t.member} (user, conversation, joined_at) VALUES (?, ?, ?)`)
    this.#writeUsers = new ManyRows(
      db,
      2,
      (rows) => `WITH v (id, head) AS (VALUES ${rows})
        UPDATE ${t.user} SET head = v.head FROM v WHERE ${t.user}.id = v.id`,
    )
    this.#writeConversations = new ManyRows(
      db,
      11,
      (rows) => `WITH v (id, last_seq, countable, last_countable_seq, updated_at,
          a_read_seq, a_read_ordinal, a_delivered_seq, b_read_seq, b_read_ordinal, b_delivered_seq) AS (VALUES ${rows})
        UPDATE ${t.conversation} SET last_seq = v.last_seq, countable = v.countable,
          last_countable_seq = v.last_countable_seq, updated_at = v.updated_at,
          a_read_seq = v.a_read_seq, a_read_ordinal = v.a_read_ordinal, a_delivered_seq = v.a_delivered_seq,
          b_read_seq = v.b_read_seq, b_read_ordinal = v.b_read_ordinal, b_delivered_seq = v.b_delivered_seq
        FROM v WHERE ${t.conversation}.id = v.id`,
    )
  }

  /**
   * Called first in each transaction, under the write lock. It drops the cache if another connection has changed the
   * file.
   */
  begin(): void {
    const [version] = this.#version.get([]) as [number]
    if (version !== this.#seen) {
      this.forget()
      this.#seen = version
    }
    if (this.#messageId === 0) this.#messageId = (this.#lastMessage.get([]) as [number])[0]
    this.#users.trim()
    this.#conversations.trim()
    this.members.trim()
  }

  /** Called after a rollback, also of a savepoint: the changes here were not written. */
  forget(): void {
    this.#users.clear()
    this.#conversations.clear()
    this.#dirtyUsers.clear()
    this.#dirtyConversations.clear()
    this.members.forget()
    this.#messageId = 0
  }

  /** Reads those that the cache lacks. */
  load(conversationIds: Iterable<string>, userIds: Iterable<string>): void {
    const conversations = missing(conversationIds, this.#conversations)
    if (conversations.length > 0) {
      for (const row of this.#readConversations.all(conversations)) {
        const conversation = conversationOf(row as ConversationTuple)
        this.#conversations.set(conversation.conversationId, conversation)
      }
    }
    const users = missing(userIds, this.#users)
    if (users.length === 0) return
    for (const row of this.#readUsers.all(users)) {
      const [id, userId, head] = row as [number, string, number]
      this.#users.set(userId, { id, userId, head })
    }
  }

  /** A user that was loaded; undefined where there is no row. */
  user(userId: string): UserCounters | undefined {
    return this.#users.get(userId)
  }

  /** A user that was loaded. This makes a row where there was none. */
  userRow(userId: string): UserCounters {
    const known = this.#users.get(userId)
    if (known) return known
    const user = { id: Number(this.#makeUser.run([userId]).lastInsertRowid), userId, head: 0 }
    this.#users.set(userId, user)
    return user
  }

  /** The next number of an inbox. */
  nextEntry(user: UserCounters): number {
    this.#dirtyUsers.add(user)
    user.head += 1
    return user.head
  }

  /** Where the next message's row goes. */
  nextMessage(): number {
    this.#messageId += 1
    return this.#messageId
  }

  /** A conversation that was loaded; undefined where there is none. */
  conversation(conversationId: string): ConversationCounters | undefined {
    return this.#conversations.get(conversationId)
  }

  /** Makes a c2c conversation and its members, who have read nothing. */
  makeC2c(conversationId: string, subject: string, members: readonly string[], at: number): ConversationCounters {
    const users = members.map((userId) => this.userRow(userId))
    const sides = users.map(({ id, userId }) => ({ id, userId, readSeq: 0, readOrdinal: 0, deliveredSeq: 0 }))
    const a = sides[0] ?? null
    const b = sides[1] ?? a
    const made = this.#makeConversation.run([conversationId, 'c2c', subject, at, at, a?.id ?? null, b?.id ?? null])
    const id = Number(made.lastInsertRowid)
    for (const user of users) this.#makeMember.run([user.id, id, at])
    return this.#made({ ...fresh, id, conversationId, kind: 'c2c', subject, a, b, updatedAt: at })
  }

  /** Makes a group without members and without a version. The caller gives it both. */
  makeGroup(conversationId: string, at: number): ConversationCounters {
    const made = this.#makeConversation.run([conversationId, 'c2g', '', at, at, null, null])
    const id = Number(made.lastInsertRowid)
    return this.#made({ ...fresh, id, conversationId, kind: 'c2g', subject: '', a: null, b: null, updatedAt: at })
  }

  #made(conversation: ConversationCounters): ConversationCounters {
    this.#conversations.set(conversation.conversationId, conversation)
    return conversation
  }

  /** Reads the positions of these users in those of these conversations that are groups. */
  loadMembers(places: Iterable<readonly [conversationId: string, userId: string]>): void {
    const pairs: number[] = []
    for (const [conversationId, userId] of places) {
      const conversation = this.#conversations.get(conversationId)
      const user = this.#users.get(userId)
      if (conversation && user && conversation.kind !== 'c2c') pairs.push(user.id, conversation.id)
    }
    this.members.load(pairs)
  }

  /** A member's position; undefined for a user who is not a member now. */
  position(conversation: ConversationCounters, userId: string): Position | undefined {
    if (conversation.kind === 'c2c') return sideOf(conversation, userId)
    const user = this.#users.get(userId)
    return user && this.members.active(user.id, conversation.id)
  }

  /** Moves a position that `position` answered. */
  move(conversation: ConversationCounters, position: Position, readSeq: number, readOrdinal: number): void {
    position.readSeq = readSeq
    position.readOrdinal = readOrdinal
    if ('toSeq' in position) this.members.touch(position)
    else this.#dirtyConversations.add(conversation)
  }

  /** Marks it to be written back at the end. */
  touch(conversation: ConversationCounters): void {
    this.#dirtyConversations.add(conversation)
  }

  /** Writes back what was changed. */
  writeBack(): void {
    this.members.writeBack()
    if (this.#dirtyConversations.size > 0) {
      const values: SqlValue[] = []
      for (const c of this.#dirtyConversations) {
        const { a, b } = c
        values.push(c.id, c.lastSeq, c.countable, c.lastCountableSeq, c.updatedAt)
        values.push(a?.readSeq ?? 0, a?.readOrdinal ?? 0, a?.deliveredSeq ?? 0)
        values.push(b?.readSeq ?? 0, b?.readOrdinal ?? 0, b?.deliveredSeq ?? 0)
      }
      this.#writeConversations.run(values)
      this.#dirtyConversations.clear()
    }
    if (this.#dirtyUsers.size === 0) return
    const values: SqlValue[] = []
    for (const user of this.#dirtyUsers) values.push(user.id, user.head)
    this.#writeUsers.run(values)
    this.#dirtyUsers.clear()
  }
}

/** The user's side; undefined for a user who is not a member. */
export function sideOf(conversation: ConversationCounters, userId: string): Side | undefined {
  if (conversation.a?.userId === userId) return conversation.a
  return conversation.b?.userId === userId ? conversation.b : undefined
}

/** The other side of a c2c conversation; the same side for a user who writes to itself. */
export const peerOf = (conversation: ConversationCounters, side: Side): Side =>
  (side === conversation.a ? conversation.b : conversation.a) ?? side

const fresh = {
  floorSeq: 0,
  floorCount: 0,
  version: 1,
  isDissolved: false,
  isRead: false,
  members: 0,
  lastSeq: 0,
  countable: 0,
  lastCountableSeq: 0,
} as const

function missing(ids: Iterable<string>, known: Cache<unknown>): string[] {
  const found = new Set<string>()
  for (const id of ids) if (known.get(id) === undefined) found.add(id)
  return [...found]
}

type SideTuple = [number | null, string | null, number, number, number]
type ConversationTuple = [
  number,
  string,
  string,
  string,
  number,
  number,
  number,
  number,
  number,
  number,
  ...SideTuple,
  ...SideTuple,
  number,
  number,
  number,
  number,
]

function conversationOf(row: ConversationTuple): ConversationCounters {
  const [id, conversationId, kind, subject, floorSeq, floorCount, lastSeq, countable, lastCountableSeq, updatedAt] = row
  const a = sideFrom(row.slice(10, 15) as SideTuple)
  const b = row[15] === row[10] ? a : sideFrom(row.slice(15, 20) as SideTuple)
  const group = { version: row[20], isDissolved: row[21] === 1, isRead: row[22] === fanOutCode.read, members: row[23] }
  const counts = { lastSeq, countable, lastCountableSeq, updatedAt, ...group }
  return { id, conversationId, kind, subject, floorSeq, floorCount, a, b, ...counts }
}

function sideFrom([id, userId, readSeq, readOrdinal, deliveredSeq]: SideTuple): Side | null {
  return id === null || userId === null ? null : { id, userId, readSeq, readOrdinal, deliveredSeq }
}
