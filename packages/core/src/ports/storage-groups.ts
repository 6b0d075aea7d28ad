// Operations that change what was said, and groups. Each appends the control message that tells of its change, with its
// entries, in the same transaction; both or neither.
import type { JsonText, Role, Seq, UserId } from '@rookery/protocol'
import type { FanOutMode } from '../model/group.js'
import type { NewMessage } from '../model/message.js'
import type { StoredKey } from './stored-key.js'

/** Recalls, edits or reacts to a message of the same conversation. Whoever asks for it has made sure that the sender may. */
export interface ControlOp {
  readonly op: 'control'
  /** Of type `im.recall`, `im.edit` or `im.reaction`; not countable. */
  readonly message: NewMessage
  /** Whose inboxes get an entry pointing at it, as in `append`. */
  readonly members: readonly UserId[]
  /** Of a group, as in `append`. */
  readonly version?: number
  readonly change: ControlChange
}

/** `seq` is that of the message to be changed. */
export type ControlChange =
  /**
   * Its content and ext go, from edits of it too; it counts as unread no more. A recalled edit is shown as recalled.
   */
  | { readonly kind: 'recall'; readonly seq: Seq }
  | { readonly kind: 'edit'; readonly seq: Seq; readonly content: JsonText }
  /** `max` different reactions a message may have. */
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
   * It stood so already: nothing is written, the key neither. `seq` is that of the control message that made it so, or of
   * the last one folded in, or the message's own where there is none.
   */
  | { readonly status: 'unchanged'; readonly seq: Seq }
  | ({ readonly status: 'duplicate' } & StoredKey)
  | { readonly status: 'stale' }
  /** There is no such message, or it was recalled or trimmed, or is itself a control message. */
  | { readonly status: 'gone' }
  /** The message has as many different reactions as it may. */
  | { readonly status: 'too-many' }

/**
 * Makes or changes a group. Raises its version; counters, memberships, the message and every entry are one transaction.
 */
export interface GroupOp {
  readonly op: 'group'
  /** Of type `im.group`; not countable. Its `conversationId` is the group's. */
  readonly message: NewMessage
  /** The version under which this was decided; null to make the group. Where the group has another: `stale`. */
  readonly version: number | null
  /**
   * Whose inboxes get an entry pointing at the message, as in `append`: with those who leave, and those who join. Nobody's
   * where the group is fanned out on read.
   */
  readonly members: readonly UserId[]
  readonly change: GroupChange
}

/** What is left out stays as it is. */
export interface GroupChange {
  readonly name?: string
  readonly avatar?: string | null
  readonly announcement?: string | null
  readonly ext?: JsonText | null
  /**
   * Who becomes a member, from this message on, or with everything before it. Their read position stands before this
   * message. Somebody who is a member already keeps everything and only gets no second membership. Exactly one owner, when
   * the group is made.
   */
  readonly join?: readonly { readonly userId: UserId; readonly role: Role; readonly reads: 'from-now' | 'everything' }[]
  /** Whose membership ends with this message, the last one that they are given. */
  readonly leave?: readonly UserId[]
  readonly roles?: readonly { readonly userId: UserId; readonly role: Role }[]
  /** Who may not speak until when, Unix ms; 0 ends it. */
  readonly mutes?: readonly { readonly userId: UserId; readonly until: number }[]
  /** Until when only owner and admins may speak. */
  readonly mutedUntil?: number
  /** Everybody's membership ends with this message. */
  readonly dissolve?: true
  /**
   * From this message on the group is fanned out on read: `follow { conversationId, from }`, `from` being the sequence before
   * this message's, is written to the inbox of every member, of those who join now too.
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
      /** The entry's place in each member's inbox, in the order of `members`. */
      readonly inbox: readonly Seq[]
      /**
       * Entries written besides: in a group fanned out on read `follow` for everybody who joins, `unfollow { conversationId,
       * to }`, `to` being this message's sequence, for everybody who leaves; when it becomes one, `follow` for all.
       */
      readonly facts: readonly { readonly userId: UserId; readonly seq: Seq; readonly kind: 'follow' | 'unfollow' }[]
    }
  | ({ readonly status: 'duplicate' } & StoredKey)
  | { readonly status: 'stale' }
