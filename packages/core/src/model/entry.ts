// An entry of a user's inbox, the sync timeline: a pointer to a message, or a small fact.
import type { ConversationId, JsonText, Seq } from '@rookery/protocol'
import type { StoredMessage } from './message.js'

/** The kinds of entries that are not messages. Clients ignore kinds that they do not know. */
export type FactKind = 'read' | 'conversation' | 'follow' | 'unfollow' | 'custom'

/** An entry that points at a message. */
export interface MessageEntry {
  readonly seq: Seq
  readonly at: number
  readonly kind: 'message'
  readonly conversationId: ConversationId
  readonly conversationSeq: Seq
  /** Null where retention removed the message: then the entry is delivered as `expired`. */
  readonly message: StoredMessage | null
}

/** An entry that holds a fact itself. */
export interface FactEntry {
  readonly seq: Seq
  readonly at: number
  readonly kind: FactKind
  /** A JSON object with the entry's own fields, as the protocol lists them for its kind. */
  readonly body: JsonText
}

export type StoredEntry = MessageEntry | FactEntry
