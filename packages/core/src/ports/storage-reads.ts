// What storage is asked: small roles, each answering from one snapshot, and all of them in batches where many are asked.
import type { Access, ConversationView } from '../model/conversation.js'
import type { Device } from '../model/device.js'
import type { StoredEntry } from '../model/entry.js'
import type { Group, Membership, Roster } from '../model/group.js'
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'
import type { StoredKey } from './stored-key.js'

/** A user's counters. A user without a row has 0 everywhere. */
export interface UserHead {
  /** The last entry of the inbox. */
  readonly seq: Seq
  /** Entries at or below were trimmed. */
  readonly floor: Seq
  /** The storage's login epoch when this user's was last raised; 0 if never. */
  readonly loginEpoch: number
}

export interface InboxPage {
  /** Ascending by `seq`, consecutive. */
  readonly entries: readonly StoredEntry[]
  /** Of the same snapshot as the entries. */
  readonly head: Seq
  readonly floor: Seq
}

export interface MessagePage {
  /** Ascending by `seq`. */
  readonly messages: readonly StoredMessage[]
  /** There are more in the direction read, within the bounds given. */
  readonly more: boolean
}

export interface TimelinePage {
  /** Ascending by `seq`, consecutive. */
  readonly messages: readonly StoredMessage[]
  /** The last message that is for this user: the head, or where the membership ended. Of the same snapshot. */
  readonly head: Seq
  /** Nothing at or below is kept, or for this user. */
  readonly floor: Seq
}

export interface Follow {
  readonly conversationId: ConversationId
  /** The head of its timeline. */
  readonly seq: Seq
  readonly version: number
}

/** A timeline that a user follows now, as a list names it. */
export interface FollowedTimeline {
  readonly conversationId: ConversationId
  /** The head of its timeline. */
  readonly seq: Seq
  /** What comes after this is for the user. */
  readonly from: Seq
}

export interface ConversationHead {
  readonly seq: Seq
  readonly version: number
}

/** Pages of timelines: what a pull and history read. */
export interface TimelineReads {
  /** Entries after a position, at most `limit`, in order. */
  inbox(userId: UserId, after: Seq, limit: number): Promise<InboxPage>
  /**
   * A page of a followed timeline: every message after a position, control messages too, up to the end of the user's last
   * interval; null where the user never was a member.
   */
  timeline(userId: UserId, conversationId: ConversationId, after: Seq, limit: number): Promise<TimelinePage | null>
  /**
   * Messages of one conversation with `after < seq < before`, in ascending order: the first `limit` of them after
   * `after` where only that bound is given, otherwise the last `limit` before `before` (or of all). Recalls, edits and
   * reactions are left out: they are folded into what they change.
   * @param range `reader`, left out for the host: only what was sequenced inside this user's intervals, and `withheld` what was
   *   changed outside of them. `limit` counts what is returned.
   */
  messages(
    conversationId: ConversationId,
    range: { readonly after?: Seq; readonly before?: Seq; readonly limit: number; readonly reader?: UserId },
  ): Promise<MessagePage>
  /** One user's own reactions to each of these messages, in the order asked. */
  reactions(
    userId: UserId,
    messages: readonly { readonly conversationId: ConversationId; readonly seq: Seq }[],
  ): Promise<readonly (readonly string[])[]>
  /** `at` of one inbox entry; null where there is none. */
  entryAt(userId: UserId, seq: Seq): Promise<number | null>
}

/** How far timelines go: what logins, heartbeats and the gate compare with. */
export interface HeadReads {
  /** The counters of many users, in the order asked. */
  users(userIds: readonly UserId[]): Promise<readonly UserHead[]>
  /** The counters of many conversations, in the order asked; null for each that does not exist. */
  conversations(conversationIds: readonly ConversationId[]): Promise<readonly (ConversationHead | null)[]>
  /** The conversation timelines that a user follows now: groups that are fanned out on read. */
  follows(userId: UserId): Promise<readonly Follow[]>
  /** A page of the same, by their ids, ascending as bytes, after the one given. */
  followsAfter(
    userId: UserId,
    after: ConversationId | null,
    limit: number,
  ): Promise<{ readonly timelines: readonly FollowedTimeline[]; readonly more: boolean }>
  /** The storage's login epoch: every raise of any user's raises it. */
  loginEpoch(): Promise<number>
}

/** What is known of writes that may be sent again. */
export interface KeyReads {
  /** What is stored under a key, the system's where `from` is null; null where nothing is. */
  find(from: UserId | null, clientMsgId: string): Promise<StoredKey | null>
}

/** Where the next page of a list begins: after this row. */
export interface ListPosition {
  readonly updatedAt: number
  readonly conversationId: ConversationId
}

export interface ConversationReads {
  /** One user's view of conversations; null for each of which the user is no member. */
  views(userId: UserId, conversationIds: readonly ConversationId[]): Promise<readonly (ConversationView | null)[]>
  /** Latest activity first (`updatedAt`, then `conversationId`, both descending), after the position given. */
  list(
    userId: UserId,
    after: ListPosition | null,
    limit: number,
  ): Promise<{
    readonly conversations: readonly ConversationView[]
    readonly unreadTotal: number
    readonly more: boolean
  }>
}

export interface MemberReads {
  /**
   * What the authorisation function needs; null where the user is no member or there is no such conversation. For the
   * host, which is a member of nothing and may speak everywhere, `userId` is null.
   */
  access(conversationId: ConversationId, userId: UserId | null): Promise<Access | null>
  /** Those of `others` with whom the user shares a conversation now. */
  sharing(userId: UserId, others: readonly UserId[]): Promise<readonly UserId[]>
  /**
   * Who of a conversation's members has read as far as a message, after the one given. Of a group only those count whose
   * present membership has the message: who joined after it has not read it, though their position begins behind it.
   */
  readers(conversationId: ConversationId, seq: Seq, after: UserId | null, limit: number): Promise<ReadersPage>
}

export interface GroupReads {
  /** Null where there is none, or where it was dissolved. */
  group(groupId: ConversationId): Promise<Group | null>
  /** Everybody in a group, with what decides whether they may speak; null where there is none. */
  roster(groupId: ConversationId): Promise<Roster | null>
  /** The memberships of these users, ended ones too, in the order asked; null for each that never was a member. */
  memberships(
    groupId: ConversationId,
    userIds: readonly UserId[],
  ): Promise<{ readonly version: number; readonly memberships: readonly (Membership | null)[] } | null>
  /** Members by their ids, ascending as bytes, after the one given. */
  members(
    groupId: ConversationId,
    after: UserId | null,
    limit: number,
  ): Promise<{ readonly members: readonly Membership[]; readonly more: boolean }>
  /** The groups in which a user is a member, by their ids, ascending as bytes, after the one given. */
  memberOf(
    userId: UserId,
    after: ConversationId | null,
    limit: number,
  ): Promise<{ readonly groupIds: readonly ConversationId[]; readonly more: boolean }>
  /** How many groups a user owns. */
  owned(userId: UserId): Promise<number>
}

/** Who has read how far. */
export interface ReadersPage {
  /** Members whose read position is at or beyond the message, and all those to whom it was said. */
  readonly read: number
  readonly total: number
  /** Of those who have read it, by their ids, ascending as bytes. */
  readonly userIds: readonly UserId[]
  readonly more: boolean
}

export interface DeviceReads {
  /** Every device remembered of these users. */
  list(userIds: readonly UserId[]): Promise<readonly Device[]>
}
