// What storage can be asked, in small roles. Each answer comes from one snapshot. Questions about many things take a batch.
import type { Access, ConversationView } from '../model/conversation.js'
import type { Device } from '../model/device.js'
import type { StoredEntry } from '../model/entry.js'
import type { Group, Membership, Roster } from '../model/group.js'
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'
import type { StoredKey } from './stored-key.js'

/** A user's counters. They are 0 for a user without a row. */
export interface UserHead {
  /** The last entry of the inbox. */
  readonly seq: Seq
  /** Retention took the entries at or below. */
  readonly floor: Seq
  /** The storage's login epoch when this user's was last raised; 0 if it never was. */
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
  /** There are more messages in the direction of the read, within its bounds. */
  readonly more: boolean
}

export interface TimelinePage {
  /** Ascending by `seq`, consecutive. */
  readonly messages: readonly StoredMessage[]
  /** The last message that this user may read: the head, or where the membership ended. Of the same snapshot. */
  readonly head: Seq
  /** What is at or below is not kept, or this user may not read it. */
  readonly floor: Seq
}

export interface Follow {
  readonly conversationId: ConversationId
  /** The head of its timeline. */
  readonly seq: Seq
  readonly version: number
}

/** A timeline that a user follows now. */
export interface FollowedTimeline {
  readonly conversationId: ConversationId
  /** The head of its timeline. */
  readonly seq: Seq
  /** The user may read what comes after this. */
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
   * A page of a followed timeline: every message after a position, with control messages, up to the end of the user's
   * last interval. Null if the user never was a member.
   */
  timeline(userId: UserId, conversationId: ConversationId, after: Seq, limit: number): Promise<TimelinePage | null>
  /**
   * Messages of one conversation with `after < seq < before`, in ascending order. If only `after` is given, the first
   * `limit` of them; otherwise the last `limit`. Recalls, edits and reactions are left out: they are folded into what
   * they change.
   * @param range with a `reader`, the page has only what was sequenced inside this user's intervals, and a message that
   *   was changed outside of them is `withheld`. The host reads without one. `limit` counts what is returned.
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
  /** `at` of one inbox entry; null if there is none. */
  entryAt(userId: UserId, seq: Seq): Promise<number | null>
}

/** How far timelines go. Logins, heartbeats and the gate compare positions with it. */
export interface HeadReads {
  /** The counters of many users, in the order asked. */
  users(userIds: readonly UserId[]): Promise<readonly UserHead[]>
  /** The counters of many conversations, in the order asked; null for a conversation that does not exist. */
  conversations(conversationIds: readonly ConversationId[]): Promise<readonly (ConversationHead | null)[]>
  /** The conversation timelines that a user follows now: its groups that are fanned out on read. */
  follows(userId: UserId): Promise<readonly Follow[]>
  /** A page of the same, sorted by the bytes of their ids, after the one given. */
  followsAfter(
    userId: UserId,
    after: ConversationId | null,
    limit: number,
  ): Promise<{ readonly timelines: readonly FollowedTimeline[]; readonly more: boolean }>
  /** The storage's login epoch: every raise of any user's raises it. */
  loginEpoch(): Promise<number>
}

/** What storage knows of writes that may be sent again. */
export interface KeyReads {
  /** What is stored under a key, which is the system's if `from` is null. Null if nothing is. */
  find(from: UserId | null, clientMsgId: string): Promise<StoredKey | null>
}

/** The next page of a list begins after this row. */
export interface ListPosition {
  readonly updatedAt: number
  readonly conversationId: ConversationId
}

export interface ConversationReads {
  /** One user's views of conversations, in the order asked; null for a conversation of which the user is no member. */
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
   * What decides whether a user may act in a conversation. Null if there is no such conversation, or the user is no
   * member. `userId` is null for the host, which is a member of nothing and may speak everywhere.
   */
  access(conversationId: ConversationId, userId: UserId | null): Promise<Access | null>
  /** The users among `others` with whom this user shares a conversation now. */
  sharing(userId: UserId, others: readonly UserId[]): Promise<readonly UserId[]>
  /**
   * The members of a conversation who have read a message, after the user given. In a group a member counts only if the
   * present membership includes the message: who joined after it has not read it, though their position begins behind it.
   */
  readers(conversationId: ConversationId, seq: Seq, after: UserId | null, limit: number): Promise<ReadersPage>
}

export interface GroupReads {
  /** Null if there is none, or it was dissolved. */
  group(groupId: ConversationId): Promise<Group | null>
  /** Everybody in a group, with what decides whether they may speak; null if there is no such group. */
  roster(groupId: ConversationId): Promise<Roster | null>
  /** The memberships of these users, ended ones too, in the order asked; null for a user who never was a member. */
  memberships(
    groupId: ConversationId,
    userIds: readonly UserId[],
  ): Promise<{ readonly version: number; readonly memberships: readonly (Membership | null)[] } | null>
  /** Members, sorted by the bytes of their ids, after the one given. */
  members(
    groupId: ConversationId,
    after: UserId | null,
    limit: number,
  ): Promise<{ readonly members: readonly Membership[]; readonly more: boolean }>
  /** The groups in which a user is a member, sorted by the bytes of their ids, after the one given. */
  memberOf(
    userId: UserId,
    after: ConversationId | null,
    limit: number,
  ): Promise<{ readonly groupIds: readonly ConversationId[]; readonly more: boolean }>
  /** The number of groups that a user owns. */
  owned(userId: UserId): Promise<number>
}

/** Who has read a message. */
export interface ReadersPage {
  /** The number of members who have read it. */
  readonly read: number
  /** The number of members who could read it. */
  readonly total: number
  /** A page of those who have read it, sorted by the bytes of their ids. */
  readonly userIds: readonly UserId[]
  readonly more: boolean
}

export interface DeviceReads {
  /** Every device that is remembered of these users. */
  list(userIds: readonly UserId[]): Promise<readonly Device[]>
}
