// Operations that change what was said, and groups. Each one makes its change and appends the control message that tells
// of it, with its entries, in one transaction.
import type { JsonText, Role, Seq, UserId } from '@rookery/protocol'
import type { FanOutMode } from '../model/group.js'
import type { NewMessage } from '../model/message.js'
import type { StoredKey } from './stored-key.js'

/** Recalls, edits or reacts to a message of the same conversation. Logic has checked before that the sender may. */
export interface ControlOp {
  readonly op: 'control'
  /** Of type `im.recall`, `im.edit` or `im.reaction`; not countable. */
  readonly message: NewMessage
  /** As in `append`. */
  readonly members: readonly UserId[]
  /** As in `append`. */
  readonly version?: number
  readonly change: ControlChange
}

/** `seq` is the sequence of the message to change. */
export type ControlChange =
  /** Deletes its content and ext, in its edits too. It counts as unread no more, and its edits read as recalled. */
  | { readonly kind: 'recall'; readonly seq: Seq }
  | { readonly kind: 'edit'; readonly seq: Seq; readonly content: JsonText }
  /** `max`: how many different reactions a message may have. */
  | {
      readonly kind: 'reaction'
      readonly seq: Seq
      readonly userId: UserId
      readonly reaction: string
      readonly remove: boolean
      readonly max: number
    }

export type ControlResult =
  | { readonly status: 'stored'; readonly seq: Seq; readonly ordinal: number; readonly inbox: readonly Seq[] }
  /**
   * The message was so already. Nothing is written, not even the key. `seq` is that of the control message that made it so,
   * or of the last one folded in, or else the message's own.
   */
  | { readonly status: 'unchanged'; readonly seq: Seq }
  | ({ readonly status: 'duplicate' } & StoredKey)
  | { readonly status: 'stale' }
  /** There is no such message, or it was recalled or trimmed, or it is a control message itself. */
  | { readonly status: 'gone' }
  /** The message has as many different reactions as it may have. */
  | { readonly status: 'too-many' }

/** Makes or changes a group, and raises its version. Counters, memberships, message and entries are one transaction. */
export interface GroupOp {
  readonly op: 'group'
  /** Of type `im.group`; not countable. Its `conversationId` is the group's id. */
  readonly message: NewMessage
  /** The version under which this was decided; null to make the group. If the group has another: `stale`. */
  readonly version: number | null
  /** As in `append`, with the users who leave and the users who join. None if the group is fanned out on read. */
  readonly members: readonly UserId[]
  readonly change: GroupChange
}

/** A field that is left out stays as it is. */
export interface GroupChange {
  readonly name?: string
  readonly avatar?: string | null
  readonly announcement?: string | null
  readonly ext?: JsonText | null
  /**
   * Who becomes a member, and whether they read from this message on or everything before it, too. Their read position
   * stands before this message. Who is a member already stays one, without a change. A new group has exactly one owner.
   */
  readonly join?: readonly { readonly userId: UserId; readonly role: Role; readonly reads: 'from-now' | 'everything' }[]
  /** Whose membership ends with this message. It is the last one that they get. */
  readonly leave?: readonly UserId[]
  readonly roles?: readonly { readonly userId: UserId; readonly role: Role }[]
  /** Until when each of these users may not speak, Unix ms; 0 ends it. */
  readonly mutes?: readonly { readonly userId: UserId; readonly until: number }[]
  /** Until when only owner and admins may speak, Unix ms; 0 ends it. */
  readonly mutedUntil?: number
  /** Every membership ends with this message. */
  readonly dissolve?: true
  /**
   * From this message on the group is fanned out on read. Every member, with those who join now, gets an entry
   * `follow { conversationId, from }`. `from` is the sequence before this message's.
   */
  readonly fanOut?: Extract<FanOutMode, 'read'>
}

export type GroupResult =
  | {
      readonly status: 'stored'
      readonly seq: Seq
      readonly ordinal: number
      readonly version: number
      readonly memberCount: number
      /** The entry's sequence in each member's inbox, in the order of `members`. */
      readonly inbox: readonly Seq[]
      /**
       * Further entries in a group that is fanned out on read: `follow` for everybody who joins, and
       * `unfollow { conversationId, to }` for everybody who leaves, where `to` is this message's sequence. When a group
       * becomes one, `follow` for everybody.
       */
      readonly facts: readonly { readonly userId: UserId; readonly seq: Seq; readonly kind: 'follow' | 'unfollow' }[]
    }
  | ({ readonly status: 'duplicate' } & StoredKey)
  | { readonly status: 'stale' }
