// A message as storage keeps it, and what a sender gives before it has numbers.
import type { ConversationId, ConversationKind, JsonText, MessageId, Seq, UserId } from '@rookery/protocol'

/** A message that is to be stored: all but what the commit allocates. */
export interface NewMessage {
  readonly msgId: MessageId
  /** As stored: with `from` the key under which the message is stored once. The host's begin with a space (keys.ts). */
  readonly clientMsgId: string
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** Null where the system speaks. */
  readonly from: UserId | null
  /** The other user of a c2c conversation; null in groups. */
  readonly to: UserId | null
  readonly subject: string
  readonly type: string
  /** A JSON object. */
  readonly content: JsonText
  readonly ext: JsonText | null
  readonly replyTo: Seq | null
  /** Notifies nobody and is not counted as unread. */
  readonly silent: boolean
  readonly mentions: readonly (UserId | '@all')[] | null
  /** What the host sent on behalf of a user. */
  readonly viaServer: boolean
  /** Counts towards unread: neither silent nor a control message. */
  readonly countable: boolean
  readonly clientTime: number | null
  readonly serverTime: number
  /** Of the values (to, subject, type, content, mentions) as received; tells a repeat from a conflict. */
  readonly digest: string
}

/** A stored message as it stands now. */
export interface StoredMessage extends Omit<NewMessage, 'content' | 'digest'> {
  readonly seq: Seq
  /** Its place among the countable messages of its conversation; of an uncountable one, the count before it. */
  readonly ordinal: number
  /** Null once the message was recalled, and where it is withheld. */
  readonly content: JsonText | null
  readonly recalled: boolean
  readonly editedAt: number | null
  /** The sequence of the last control message folded in; null while nothing was. */
  readonly asOf: Seq | null
  /** `{ [reaction]: count }`. */
  readonly reactions: JsonText | null
  /** It was changed outside the reader's membership: what it says, now or then, is not for this reader. */
  readonly withheld: boolean
}
