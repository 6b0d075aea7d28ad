// An entry of a user's inbox. A client ignores kinds that it does not know.
import type { ConversationId, Seq } from './ids.js'
import type { ExpiredMessage, Message } from './message.js'

interface At<Kind extends string> {
  /** Its place in the user's inbox, from 1 without a gap. */
  readonly seq: Seq
  readonly kind: Kind
  /** When the server stored it, Unix ms. */
  readonly at: number
}

/** A message of mine or to me. */
export interface MessageEntry extends At<'message'> {
  readonly message: Message | ExpiredMessage
}

/** I read this far on some device. */
export interface ReadEntry extends At<'read'> {
  readonly conversationId: ConversationId
  readonly readSeq: Seq
  /** Unread messages up to `atSeq`. */
  readonly unread: number
  readonly atSeq: Seq
}

/** I changed this on some device. */
export interface ConversationEntry extends At<'conversation'> {
  readonly conversationId: ConversationId
  readonly pinned: boolean
  readonly muted: boolean
  readonly hidden: boolean
}

/** Messages of this conversation after `from` come through its own timeline. */
export interface FollowEntry extends At<'follow'> {
  readonly conversationId: ConversationId
  readonly from: Seq
}

/** Nothing after `to` is for me. */
export interface UnfollowEntry extends At<'unfollow'> {
  readonly conversationId: ConversationId
  readonly to: Seq
}

/** A stored fact from the business server. */
export interface CustomEntry extends At<'custom'> {
  readonly topic: string
  readonly payload: unknown
}

export type Entry = MessageEntry | ReadEntry | ConversationEntry | FollowEntry | UnfollowEntry | CustomEntry
