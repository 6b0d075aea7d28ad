// The counter rows of a batch, as the batch reads them under their locks.
import type { Target } from '../../operations/control.js'
import { fanOutCode } from '../../rows/codes.js'
import type { Row } from '../link.js'
import { asText, type Sql } from '../sql.js'

export interface UserRow {
  readonly person: number
  readonly userId: string
  /** The last sequence of the inbox. */
  head: number
}

/**
 * The two users of a c2c conversation are its sides. A user who writes to itself is both sides, and the first one
 * counts.
 */
export interface Side {
  readonly person: number
  readSeq: number
  /** The place of the message at `readSeq` among the countable ones. */
  readOrdinal: number
}

export interface ConversationRow {
  readonly id: number
  readonly conversationId: string
  readonly kind: string
  readonly subject: string
  readonly floorCount: number
  readonly a: Side | null
  readonly b: Side | null
  lastSeq: number
  countable: number
  lastCountableSeq: number
  /** The last exceptional message, and the last one that mentions somebody; 0 where there is none. */
  lastExceptionalSeq: number
  lastMentionSeq: number
  version: number
  updatedAt: number
  /** For groups only. */
  owner: number | null
  members: number
  isRead: boolean
  isDissolved: boolean
}

/**
 * Locks these conversations. The ids must be ascending as bytes, because the server locks the rows in the order of the
 * index.
 */
export const lockConversations = (sql: Sql, ids: readonly string[]): string =>
  `SELECT id, ${asText('conversation_id')}, kind, subject, floor_count, last_seq, countable, last_countable_seq,
    last_exceptional_seq, last_mention_seq, version, updated_at, owner, members, fan_out, dissolved,
    user_a, a_read_seq, a_read_ordinal, user_b, b_read_seq, b_read_ordinal
  FROM ${sql.t.conversation} FORCE INDEX (by_id) WHERE conversation_id IN ${sql.list(ids)}
  ORDER BY conversation_id FOR UPDATE`

export function conversationOf(row: Row): ConversationRow {
  const [id, conversationId, kind, subject, floorCount, lastSeq, countable, lastCountableSeq, ...rest] = row as [
    number,
    string,
    string,
    string,
    number,
    number,
    number,
    number,
    ...(number | null)[],
  ]
  const [lastExceptionalSeq, lastMentionSeq, version, updatedAt, owner, members, fanOut, dissolved] = rest as [
    number,
    number,
    number,
    number,
    number | null,
    number,
    number,
    number,
  ]
  const a = sideOf(rest.slice(8, 11))
  const b = rest[11] === rest[8] ? a : sideOf(rest.slice(11, 14))
  return {
    id,
    conversationId,
    kind,
    subject,
    floorCount,
    a,
    b,
    lastSeq,
    countable,
    lastCountableSeq,
    lastExceptionalSeq,
    lastMentionSeq,
    version,
    updatedAt,
    owner,
    members,
    isRead: fanOut === fanOutCode.read,
    isDissolved: dissolved === 1,
  }
}

function sideOf([person, readSeq, readOrdinal]: readonly (number | null)[]): Side | null {
  if (typeof person !== 'number') return null
  return { person, readSeq: readSeq as number, readOrdinal: readOrdinal as number }
}

/** As `lockConversations`. */
export const lockUsers = (sql: Sql, ids: readonly string[]): string =>
  `SELECT id, ${asText('user_id')}, head FROM ${sql.t.user} FORCE INDEX (by_id)
    WHERE user_id IN ${sql.list(ids)} ORDER BY user_id FOR UPDATE`

export function userOf(row: Row): UserRow {
  const [person, userId, head] = row as [number, string, number]
  return { person, userId, head }
}

/** One membership. For a c2c conversation only the user's settings of it are used; `Side` holds the read positions. */
export interface MemberRow {
  fromSeq: number
  toSeq: number | null
  joinedAt: number
  mutedUntil: number
  readSeq: number
  readOrdinal: number
  deliveredSeq: number
  clearedSeq: number
  hiddenAt: number | null
  role: number
  pinned: boolean
  muted: boolean
  /** Its group is fanned out on read. */
  follows: boolean
  /** The user's id, in groups. */
  memberId: string | null
  /** Intervals before this one, as JSON. */
  earlier: string | null
}

/** Columns of membership `mb`, in the order in which `memberOf` reads them. */
export const memberColumns = `mb.from_seq, mb.to_seq, mb.joined_at, mb.muted_until, mb.read_seq, mb.read_ordinal,
  mb.delivered_seq, mb.cleared_seq, mb.hidden_at, mb.role, mb.pinned, mb.muted, mb.follows, ${asText('mb.member_id')},
  mb.earlier`

export function memberOf(row: Row): MemberRow {
  const [fromSeq, toSeq, joinedAt, mutedUntil, readSeq, readOrdinal, deliveredSeq, clearedSeq, hiddenAt] = row as [
    number,
    number | null,
    number,
    number,
    number,
    number,
    number,
    number,
    number | null,
  ]
  const [role, pinned, muted, follows, memberId, earlier] = row.slice(9) as [
    number,
    number,
    number,
    number,
    string | null,
    string | null,
  ]
  return {
    fromSeq,
    toSeq,
    joinedAt,
    mutedUntil,
    readSeq,
    readOrdinal,
    deliveredSeq,
    clearedSeq,
    hiddenAt,
    role,
    pinned: pinned === 1,
    muted: muted === 1,
    follows: follows === 1,
    memberId,
    earlier,
  }
}

export const newMember = (fromSeq: number, joinedAt: number): MemberRow => ({
  fromSeq,
  toSeq: null,
  joinedAt,
  mutedUntil: 0,
  readSeq: fromSeq,
  readOrdinal: 0,
  deliveredSeq: 0,
  clearedSeq: 0,
  hiddenAt: null,
  role: 0,
  pinned: false,
  muted: false,
  follows: false,
  memberId: null,
  earlier: null,
})

export interface DeviceRow {
  readonly deviceType: string
  readonly from: number
  readonly to: number
  readonly seenAt: number | null
}

/** A message that an operation changes, as it is stored. */
export interface TargetRow extends Target {
  readonly sender: number | null
  readonly content: string | null
}

/** Columns of message `m`, in the order in which `targetOf` reads them. */
export const targetColumns = 'm.seq, m.type, m.flags, m.sender, m.content, m.as_of, m.edit_seq, m.reactions'

export function targetOf(row: Row): TargetRow {
  const [seq, type, flags, sender, content, asOf, editSeq, reactions] = row as [
    number,
    string,
    number,
    number | null,
    string | null,
    number | null,
    number | null,
    string | null,
  ]
  return { seq, type, flags, sender, content, asOf, editSeq, reactions }
}
