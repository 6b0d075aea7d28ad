// What `Storage.commit` takes and answers, operation by operation. storage-groups.ts has control messages and groups.
import type { ConversationId, DeviceId, DeviceType, JsonText, Seq, UserId } from '@rookery/protocol'
import type { NewMessage } from '../model/message.js'
import type { ControlOp, ControlResult, GroupOp, GroupResult } from './storage-groups.js'
import type { PushClaimResult, PushOp } from './storage-push.js'
import type { StoredKey } from './stored-key.js'

/**
 * Appends a message to its conversation, and an entry that points at it to the inbox of each member. The entry's `at` is
 * the message's `serverTime`.
 */
export interface AppendOp {
  readonly op: 'append'
  readonly message: NewMessage
  /**
   * The users whose inboxes get an entry, without repeats. None for a group that is fanned out on read. A c2c
   * conversation that does not exist yet is made with these members, who see it from its first message on.
   */
  readonly members: readonly UserId[]
  /** Whether the sender's read position moves to this message: true for what a session sends. */
  readonly movesPosition: boolean
  /**
   * The version of the group under which the send was decided. If the group has another version now, or is dissolved,
   * nothing is stored and the result is `stale`.
   */
  readonly version?: number
}
export type AppendResult =
  | {
      readonly status: 'stored'
      readonly seq: Seq
      readonly ordinal: number
      /** The entry's sequence in each member's inbox, in the order of `members`. */ readonly inbox: readonly Seq[]
    }
  | ({ readonly status: 'duplicate' } & StoredKey)
  /** The group has changed since the send was decided. Nothing is stored, and logic decides again. */
  | { readonly status: 'stale' }

/** Moves a user's read position up to `seq`, but not beyond the head. If it moved, writes a `read` entry. */
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
      /** The entry's sequence; null if nothing moved. */ readonly inboxSeq: Seq | null
    }
  | { readonly status: 'not-member' }

/** Changes how one user keeps a conversation. If something changed, writes a `conversation` entry. */
export interface SettingsOp {
  readonly op: 'settings'
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly pinned?: boolean
  readonly muted?: boolean
  readonly hidden?: boolean
  readonly at: number
  /**
   * The request's own key. It is stored with the change and means what it means for messages. It is stored even if
   * nothing changes, so that a repeat cannot undo what came in between; but not if the user is no member.
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
  /** The key is known. With the same digest the change was made before; with another the request is a conflict. */
  | { readonly status: 'duplicate'; readonly digest: string }
  | { readonly status: 'not-member' }

/** Writes a `custom` entry to one inbox: a fact from the business server. */
export interface CustomOp {
  readonly op: 'custom'
  readonly userId: UserId
  readonly topic: string
  readonly payload: JsonText
  readonly at: number
  /** A key of the system, in one space with the keys of its messages. Under one key the entry is written once. */
  readonly key?: string
}
export interface CustomResult {
  readonly status: 'ok'
  /** The entry's sequence; null if the key was known, so that nothing was written. */
  readonly inboxSeq: Seq | null
}

/**
 * Remembers a device and what it acknowledged. `delivered.from` is where its session began; `to` goes no further than the
 * head. If the range touches the stored one, the two become one. If it begins after the stored one, it replaces that. If it
 * ends before, the stored one stays.
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
  /** The c2c conversations in which this user's highest delivered sequence rose, with the new sequence. */
  readonly delivered: readonly {
    readonly conversationId: ConversationId
    readonly peerId: UserId
    readonly deliveredSeq: Seq
  }[]
}

/** Deletes what is kept of a device, its push registrations too. */
export interface ForgetDeviceOp {
  readonly op: 'forget-device'
  readonly userId: UserId
  readonly deviceId: DeviceId
}

/** Raises the storage's login epoch, and the user's to the same. So a login that began before takes no slot. */
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
  | PushOp

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
  'push-register': { readonly status: 'ok' }
  'push-unregister': { readonly status: 'ok' }
  'push-claim': PushClaimResult
  pushed: { readonly status: 'ok' }
}
export type StorageResult = OpResults[StorageOp['op']]
/**
 * The database refused this operation and stored others of its batch. Nothing of it is stored, and the database would
 * refuse it again, unless `isHeld`. `error` is for the log, never for a client.
 */
export interface RefusedResult {
  readonly status: 'refused'
  readonly error: Error
  /** Somebody else holds a row that this operation needs, or that an earlier one of its conversation needs. */
  readonly isHeld?: true
}
export type ResultsOf<Ops extends readonly StorageOp[]> = {
  -readonly [K in keyof Ops]: OpResults[Ops[K]['op']] | RefusedResult
}
