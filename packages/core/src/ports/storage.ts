// Durable timelines. The one place that must never lie: what `commit` has answered is on disk.
//
// Guarantees every adapter keeps, and `describeStorage` in @rookery/core/testing checks:
//  1. `commit` is one transaction. When it resolves everything in it is durable; when it rejects with
//     `StorageError` and `outcome: 'none'` nothing of it is, and with `outcome: 'unknown'` either may be.
//  2. Sequence numbers are allocated in that transaction from a locked counter row, so that they have no gap and
//     commit order is sequence order: a reader that has seen N never finds anything new at or below N.
//  3. Operations take effect in the order given; a later one sees what an earlier one of the same batch did.
//  4. A key (from, clientMsgId), compared byte for byte, is stored at most once, over all conversations and
//     over commits that run at the same time. A repeat answers the first result and writes nothing.
//  5. Positions (read, delivered, heads, login epoch) never go back.
//  6. Text comes back byte for byte.
//  7. Reads see everything committed before they were called.
//  8. Every call settles within a bounded time, whatever the database does.
// Any number of calls may be under way at once. Rows are locked conversations first, then users, each sorted.
import type { Access, ConversationView } from '../model/conversation.js'
import type { Device } from '../model/device.js'
import type { StoredEntry } from '../model/entry.js'
import type { ConversationId, DeviceId, DeviceType, JsonText, MessageId, Seq, UserId } from '../model/ids.js'
import type { NewMessage, StoredMessage } from '../model/message.js'

/**
 * Appends a message to its conversation, and an entry pointing at it, with the message's `serverTime` as its `at`, to the
 * inbox of each member.
 */
export interface AppendOp {
  readonly op: 'append'
  readonly message: NewMessage
  /**
   * Whose inboxes get an entry, without repeats. A c2c conversation that does not exist yet is made with these as its
   * members, starting before its first message.
   */
  readonly members: readonly UserId[]
  /** The sender's read position moves to this message: true for what a session sends. */
  readonly movesPosition: boolean
}
export type AppendResult =
  | {
      readonly status: 'stored'
      readonly seq: Seq
      readonly ordinal: number
      /** The entry's place in each member's inbox, in the order of `members`. */ readonly inbox: readonly Seq[]
    }
  | ({ readonly status: 'duplicate' } & StoredKey)

/** What is known under a key. Under that of a settings change `msgId` is empty, `seq` 0 and `serverTime` its `at`. */
export interface StoredKey {
  readonly digest: string
  readonly msgId: MessageId
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly serverTime: number
}

/** Moves a user's read position up to `seq`, clamped to the head; writes a `read` entry when it moved. */
export interface ReadOp {
  readonly op: 'read'
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly at: number
}
export type ReadResult =
  | {
      readonly status: 'ok'
      readonly readSeq: Seq
      readonly unread: number
      readonly atSeq: Seq
      /** The entry's place, null when nothing moved. */ readonly inboxSeq: Seq | null
    }
  | { readonly status: 'not-member' }

/** Changes how one user keeps a conversation; writes a `conversation` entry when something changed. */
export interface SettingsOp {
  readonly op: 'settings'
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly pinned?: boolean
  readonly muted?: boolean
  readonly hidden?: boolean
  readonly at: number
  /**
   * A request's own key, stored beside the change with the meaning that it has for messages: also where nothing changes,
   * so that a repeat cannot undo what came between, and not where the user is no member.
   */
  readonly key?: { readonly clientMsgId: string; readonly digest: string }
}
export type SettingsResult =
  | {
      readonly status: 'ok'
      readonly pinned: boolean
      readonly muted: boolean
      readonly hidden: boolean
      readonly inboxSeq: Seq | null
    }
  /** The key is known: with the same digest the change was made before, otherwise the request is a conflict. */
  | { readonly status: 'duplicate'; readonly digest: string }
  | { readonly status: 'not-member' }

/** Writes a `custom` entry, a fact from the business server, to one inbox. */
export interface CustomOp {
  readonly op: 'custom'
  readonly userId: UserId
  readonly topic: string
  readonly payload: JsonText
  readonly at: number
  /** A key of the system's, in one space with those of its messages: under it the entry is written once. */
  readonly key?: string
}
export interface CustomResult {
  readonly status: 'ok'
  /** The entry's place; null where the key was known and nothing was written. */
  readonly inboxSeq: Seq | null
}

/**
 * Remembers a device and what it acknowledged. `delivered.from` is where its session began: a range that does not
 * reach the stored one's end replaces it, one that does extends it. `to` is clamped to the head.
 */
export interface DeviceOp {
  readonly op: 'device'
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  readonly delivered?: { readonly from: Seq; readonly to: Seq }
  readonly seenAt?: number
}
export interface DeviceResult {
  readonly status: 'ok'
  /** c2c conversations in which the highest delivered sequence of this user rose, and to what. */
  readonly delivered: readonly {
    readonly conversationId: ConversationId
    readonly peerId: UserId
    readonly deliveredSeq: Seq
  }[]
}

/** Forgets a device: its row goes. */
export interface ForgetDeviceOp {
  readonly op: 'forget-device'
  readonly userId: UserId
  readonly deviceId: DeviceId
}

/** Raises the login epoch, the storage's and with it the user's, so that no login begun before takes a slot. */
export interface RaiseLoginOp {
  readonly op: 'raise-login'
  readonly userId: UserId
}
export interface RaiseLoginResult {
  readonly status: 'ok'
  readonly loginEpoch: number
}

export type StorageOp = AppendOp | ReadOp | SettingsOp | CustomOp | DeviceOp | ForgetDeviceOp | RaiseLoginOp

export interface OpResults {
  append: AppendResult
  read: ReadResult
  settings: SettingsResult
  custom: CustomResult
  device: DeviceResult
  'forget-device': { readonly status: 'ok' }
  'raise-login': RaiseLoginResult
}
export type StorageResult = OpResults[StorageOp['op']]
/**
 * An operation that the database refused while others of its batch went through: nothing of it is stored, and the same
 * operation would be refused again. `error` is for the log, never for a client.
 */
export interface RefusedResult {
  readonly status: 'refused'
  readonly error: Error
}
export type ResultsOf<Ops extends readonly StorageOp[]> = {
  -readonly [K in keyof Ops]: OpResults[Ops[K]['op']] | RefusedResult
}

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

export interface TimelineReads {
  /** Entries after a position, at most `limit`, in order. */
  inbox(userId: UserId, after: Seq, limit: number): Promise<InboxPage>
  /**
   * Messages of one conversation with `after < seq < before`, in ascending order: the first `limit` of them after
   * `after` where only that bound is given, otherwise the last `limit` before `before` (or of all).
   */
  messages(
    conversationId: ConversationId,
    range: { readonly after?: Seq; readonly before?: Seq; readonly limit: number },
  ): Promise<MessagePage>
  /** The counters of many users, in the order asked. */
  heads(userIds: readonly UserId[]): Promise<readonly UserHead[]>
  /** `at` of one inbox entry; null where there is none. */
  entryAt(userId: UserId, seq: Seq): Promise<number | null>
  /** What is stored under a key, the system's where `from` is null; null where nothing is. */
  key(from: UserId | null, clientMsgId: string): Promise<StoredKey | null>
  /** The storage's login epoch: every raise of any user's raises it. */
  loginEpoch(): Promise<number>
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
}

export interface DeviceReads {
  /** Every device remembered of these users. */
  list(userIds: readonly UserId[]): Promise<readonly Device[]>
}

export interface StorageInfo {
  /** Changes when storage was lost; under another epoch a reader starts over. */
  readonly epoch: string
  /** Settings weaker than the promises need, each with its remedy in one line. */
  readonly warnings: readonly string[]
}

export interface Storage {
  /** Opens, migrates, and tells what was found. Called once, before anything else. */
  start(): Promise<StorageInfo>
  /** Waits for what is under way and closes what it opened. Called once, last. */
  stop(): Promise<void>
  /**
   * The only write: one transaction, one result for each operation.
   * @throws StorageError
   */
  commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>>
  readonly timelines: TimelineReads
  readonly conversations: ConversationReads
  readonly members: MemberReads
  readonly devices: DeviceReads
}

/** A transaction or read that failed as a whole. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  constructor(
    message: string,
    /** Whether anything of it can have been stored. */
    readonly outcome: 'none' | 'unknown',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
