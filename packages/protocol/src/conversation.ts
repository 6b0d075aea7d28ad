// A conversation as one of its members sees it.
import type { ConversationId, Seq, UserId } from './ids.js'
import type { ConversationKind, Message } from './message.js'

export interface Conversation {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** c2c: the other user. */
  readonly peerId?: UserId
  readonly subject?: string
  readonly groupId?: ConversationId
  readonly name?: string
  readonly avatar?: string
  /** The host's own JSON object. */
  readonly ext?: Readonly<Record<string, unknown>>
  /** The last countable message. */
  readonly lastMessage?: Message
  /** The head of its timeline. */
  readonly seq: Seq
  readonly readSeq: Seq
  /** Countable messages behind my read position, neither mine nor recalled. */
  readonly unread: number
  /** Unread messages that mention me. */
  readonly mentioned: number
  /** c2c only. */
  readonly peerReadSeq?: Seq
  /** c2c only: the highest sequence that some device of the peer acknowledged. */
  readonly peerDeliveredSeq?: Seq
  readonly pinned: boolean
  readonly muted: boolean
  /** Hidden until the next countable message. */
  readonly hidden: boolean
  /** `serverTime` of the last countable message, or the time of creation, Unix ms. */
  readonly updatedAt: number
}
