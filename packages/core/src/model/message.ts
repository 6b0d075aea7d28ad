// A message as storage keeps it, and a new message before it has numbers.
import type { ConversationId, ConversationKind, JsonText, MessageId, Seq, UserId } from '@rookery/protocol'

/** A message to store: everything but what the commit allocates. */
export interface NewMessage {
  readonly msgId: MessageId
  /**
   * As stored. Together with `from` it is the key under which the message is stored once. Keys of the host begin with a
   * space (keys.ts).
   */
  readonly clientMsgId: string
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** Null for the system. */
  readonly from: UserId | null
  /** The other user of a c2c conversation; null in groups. */
  readonly to: UserId | null
  readonly subject: string
  readonly type: string
  /** A JSON object. */
  readonly content: JsonText
  readonly ext: JsonText | null
  readonly replyTo: Seq | null
  /** Notifies nobody and does not count as unread. */
  readonly silent: boolean
  readonly mentions: readonly (UserId | '@all')[] | null
  /** Whether the host sent it on behalf of a user. */
  readonly viaServer: boolean
  /** Whether it counts as unread: it is neither silent nor a control message. */
  readonly countable: boolean
  readonly clientTime: number | null
  readonly serverTime: number
  /** Covers the values (to, subject, type, content, mentions) as received. It tells a repeat from a conflict. */
  readonly digest: string
}

/** A stored message in its current state. */
export interface StoredMessage extends Omit<NewMessage, 'content' | 'digest'> {
  readonly seq: Seq
  /**
   * Its number among the countable messages of its conversation. For a message that is not countable, the count before
   * it.
   */
  readonly ordinal: number
  /** Null if the message was recalled or is withheld. */
  readonly content: JsonText | null
  readonly recalled: boolean
  readonly editedAt: number | null
  /** The sequence of the last control message that changed it; null if none did. */
  readonly asOf: Seq | null
  /** `{ [reaction]: count }`. */
  readonly reactions: JsonText | null
  /**
   * Whether it was changed outside the reader's membership. Then this reader may see neither its old nor its new
   * content.
   */
  readonly withheld: boolean
}
