// What `Storage.commit` takes and answers, operation by operation. Control messages and groups stand in storage-groups.ts.
import type { ConversationId, DeviceId, DeviceType, JsonText, Seq, UserId } from '@rookery/protocol'
import type { NewMessage } from '../model/message.js'
import type { ControlOp, ControlResult, GroupOp, GroupResult } from './storage-groups.js'
import type { StoredKey } from './stored-key.js'

/**
 * Appends a message to its conversation, and an entry pointing at it, with the message's `serverTime` as its `at`, to the
 * inbox of each member.
 */
export interface AppendOp {
  readonly op: 'append'
  readonly message: NewMessage
  /**
   * Whose inboxes get an entry, without repeats: nobody's where a group is fanned out on read. A c2c conversation that does
   * not exist yet is made with these as its members, starting before its first message.
   */
  readonly members: readonly UserId[]
  /** The sender's read position moves to this message: true for what a session sends. */
  readonly movesPosition: boolean
  /**
   * Of a group: the version under which the send was decided. Where the group has another by now, or is dissolved, nothing
   * is stored and the result is `stale`.
   */
  readonly version?: number
}
export type AppendResult =
  | {
      readonly status: 'stored'
      readonly seq: Seq
      readonly ordinal: number
      /** The entry's place in each member's inbox, in the order of `members`. */ readonly inbox: readonly Seq[]
    }
  | ({ readonly status: 'duplicate' } & StoredKey)
  /** The group has changed since the send was decided: nothing is stored, and it is decided again. */
  | { readonly status: 'stale' }

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

export type StorageOp =
  | AppendOp
  | ControlOp
  | GroupOp
  | ReadOp
  | SettingsOp
  | CustomOp
  | DeviceOp
  | ForgetDeviceOp
  | RaiseLoginOp

export interface OpResults {
  append: AppendResult
  control: ControlResult
  group: GroupResult
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
 * operation would be refused again, except where it `isHeld`. `error` is for the log, never for a client.
 */
export interface RefusedResult {
  readonly status: 'refused'
  readonly error: Error
  /** Somebody else holds a row that it needs, or one that an operation before it in its conversation needs. */
  readonly isHeld?: true
}
export type ResultsOf<Ops extends readonly StorageOp[]> = {
  -readonly [K in keyof Ops]: OpResults[Ops[K]['op']] | RefusedResult
}
