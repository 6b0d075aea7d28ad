// The rows of a database in memory: what a table would hold, and the numbers that follow from it. Values that readers
// get (messages, devices, keys) are frozen or replaced, never changed.
import type { Device } from '../model/device.js'
import type { FactKind } from '../model/entry.js'
import type { ConversationId, ConversationKind, DeviceId, JsonText, Role, Seq, UserId } from '@rookery/protocol'
import type { FanOutMode } from '../model/group.js'
import type { StoredMessage } from '../model/message.js'
import type { PushRegistration, StoredKey } from '../ports/storage.js'

/** A conversation's counters, its store timeline, and its members with their positions. */
export interface ConversationRow {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  readonly subject: string
  /** Every change of a group raises it. */
  version: number
  readonly createdAt: number
  /** The fields that only groups have; null for c2c. */
  group: GroupRow | null
  /**
   * The message with sequence N is at index N - 1. Messages that retention removed are holes, which array methods skip.
   */
  readonly messages: StoredMessage[]
  /** Messages at or below `floor` were removed; `floorCount` of them were countable. */
  floor: Seq
  floorCount: number

  readonly members: Map<UserId, MemberRow>
  /** How many messages are countable, and the sequence of the last one (0 while there is none). */
  countable: number
  lastCountable: Seq
  /** `serverTime` of the last countable message, or the time of creation. */
  updatedAt: number
  /** Sequences of each sender's countable messages, ascending. They correct the unread count. */
  readonly countableOf: Map<UserId, Seq[]>
  /** Sequences of the countable messages with mentions, ascending. */
  readonly mentioning: Seq[]
  /** Sequences of the recalled countable messages, ascending. They are in neither of the lists above. */
  readonly recalled: Seq[]
  /** Sequences of the edits of each message, by its sequence. */
  readonly edits: Map<Seq, Seq[]>
  /** Reactions by message sequence: for each reaction the users, with the sequence of the control message of each. */
  readonly reactions: Map<Seq, Map<string, Map<UserId, Seq>>>
}

/** The fields that only groups have. */
export interface GroupRow {
  name: string
  avatar: string | null
  announcement: string | null
  ext: JsonText | null
  fanOut: FanOutMode
  mutedUntil: number
  isDissolved: boolean
}

export interface MemberRow {
  /**
   * The member may see messages after `from`, up to `to` once the membership has ended; and those of earlier intervals.
   */
  from: Seq
  to: Seq | null
  earlier: readonly Interval[]
  role: Role
  joinedAt: number
  mutedUntil: number
  readSeq: Seq
  deliveredSeq: Seq
  pinned: boolean
  muted: boolean
  /**
   * The conversation's `countable` at the time of hiding. The conversation is hidden while that number stays the same.
   */
  hiddenAt: number | null
}

/** Messages after `from` up to `to`. */
export interface Interval {
  readonly from: Seq
  readonly to: Seq | null
}

/** An inbox row: a pointer to a message, or a fact. */
export type EntryRow =
  | {
      readonly kind: 'message'
      readonly at: number
      readonly conversationId: ConversationId
      readonly conversationSeq: Seq
    }
  | { readonly kind: FactKind; readonly at: number; readonly body: JsonText }

export interface UserRow {
  /** The entry with sequence N is at index N - 1. Entries that retention removed are holes. */
  readonly inbox: EntryRow[]
  /** Entries at or below were removed. */
  floor: Seq
  readonly conversations: Set<ConversationId>
  readonly keys: Map<string, StoredKey>
  readonly devices: Map<DeviceId, Device>
  /** By device, provider and app. */
  readonly push: Map<string, PushRow>
  loginEpoch: number
}

/** A push registration, with what tells its token apart. */
export interface PushRow extends PushRegistration {
  readonly tokenHash: string
}

export interface Tables {
  epoch: string
  loginEpoch: number
  readonly conversations: Map<ConversationId, ConversationRow>
  readonly users: Map<UserId, UserRow>
  /** Keys of the system, which is not a user. */
  readonly systemKeys: Map<string, StoredKey>
}

export const emptyTables = (epoch: string): Tables => ({
  epoch,
  loginEpoch: 0,
  conversations: new Map(),
  users: new Map(),
  systemKeys: new Map(),
})

/** A user's row; makes it if it is missing. Only for writers. */
export function userRow(tables: Tables, userId: UserId): UserRow {
  const known = tables.users.get(userId)
  if (known) return known
  const row: UserRow = {
    inbox: [],
    floor: 0,
    conversations: new Set(),
    keys: new Map(),
    devices: new Map(),
    push: new Map(),
    loginEpoch: 0,
  }
  tables.users.set(userId, row)
  return row
}

/** Appends an entry to an inbox. Answers its sequence. */
export const appendEntry = (tables: Tables, userId: UserId, entry: EntryRow): Seq =>
  userRow(tables, userId).inbox.push(Object.freeze(entry))

export const isHidden = (conversation: ConversationRow, member: MemberRow): boolean =>
  member.hiddenAt === conversation.countable

/** A current member, or undefined. */
export function activeMember(conversation: ConversationRow | undefined, userId: UserId): MemberRow | undefined {
  const member = conversation?.members.get(userId)
  return member?.to === null ? member : undefined
}

/**
 * Whether a member can see anything. If the user was erased, its c2c conversations begin again with the next message.
 */
export const isBegun = ({ kind, messages }: ConversationRow, { from }: MemberRow): boolean =>
  kind !== 'c2c' || from === 0 || messages.length > from

/** The number of current members. */
export function memberCount({ members }: ConversationRow): number {
  let count = 0
  for (const { to } of members.values()) if (to === null) count += 1
  return count
}

/** The number of countable messages behind the reader's position that are neither the reader's own nor recalled. */
export function unreadOf(conversation: ConversationRow, userId: UserId, readSeq: Seq): number {
  // Removed messages are not unread: a position below the floor counts as the floor.
  const ordinal = conversation.messages[readSeq - 1]?.ordinal ?? conversation.floorCount
  const own = conversation.countableOf.get(userId)
  return conversation.countable - ordinal - countAfter(conversation.recalled, readSeq) - countAfter(own ?? [], readSeq)
}

const countAfter = (ascending: readonly Seq[], seq: Seq): number => ascending.length - indexAfter(ascending, seq)

/** The index of the first number above `seq` in an ascending list. */
export function indexAfter(ascending: readonly Seq[], seq: Seq): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= seq) low = middle + 1
    else high = middle
  }
  return low
}

/** A copy that shares only values that never change. */
export function copyTables(tables: Tables): Tables {
  return {
    epoch: tables.epoch,
    loginEpoch: tables.loginEpoch,
    systemKeys: new Map(tables.systemKeys),
    conversations: mapValues(tables.conversations, (row) => ({
      ...row,
      // Unlike a spread, `slice` keeps the holes.
      messages: row.messages.slice(),
      members: mapValues(row.members, (member) => ({ ...member })),
      countableOf: mapValues(row.countableOf, (seqs) => [...seqs]),
      mentioning: [...row.mentioning],
      recalled: [...row.recalled],
      edits: mapValues(row.edits, (seqs) => [...seqs]),
      reactions: mapValues(row.reactions, (of) => mapValues(of, (users) => new Map(users))),
      group: row.group && { ...row.group },
    })),
    users: mapValues(tables.users, (row) => ({
      inbox: row.inbox.slice(),
      floor: row.floor,
      conversations: new Set(row.conversations),
      keys: new Map(row.keys),
      devices: new Map(row.devices),
      push: new Map(row.push),
      loginEpoch: row.loginEpoch,
    })),
  }
}

function mapValues<K, V>(map: ReadonlyMap<K, V>, copy: (value: V) => V): Map<K, V> {
  const copied = new Map<K, V>()
  for (const [key, value] of map) copied.set(key, copy(value))
  return copied
}
