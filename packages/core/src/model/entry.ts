// An entry of a user's inbox, the sync timeline: a pointer to a message, or a small fact.
import type { ConversationId, JsonText, Seq } from '@rookery/protocol'
import type { StoredMessage } from './message.js'

/** What an entry tells besides a message; clients ignore kinds that they do not know. */
export type FactKind = 'read' | 'conversation' | 'follow' | 'unfollow' | 'custom'

/** An entry that points at a message. */
export interface MessageEntry {
  readonly seq: Seq
  readonly at: number
  readonly kind: 'message'
  readonly conversationId: ConversationId
  readonly conversationSeq: Seq
  /** Null where retention took the message: the entry is delivered as `expired`. */
  readonly message: StoredMessage | null
}

/** An entry that is itself the fact. */
export interface FactEntry {
  readonly seq: Seq
  readonly at: number
  readonly kind: FactKind
  /** A JSON object with the entry's own fields, as PROTOCOL lists them for its kind. */
  readonly body: JsonText
}

export type StoredEntry = MessageEntry | FactEntry
