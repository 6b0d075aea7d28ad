// A conversation as one of its members sees it, and what decides whether somebody is one.
import type { FanOutMode, Membership } from './group.js'
import type { ConversationId, ConversationKind, JsonText, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from './message.js'

/** A conversation in one user's list, with that user's own positions. */
export interface ConversationView {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** The other user of a c2c conversation (oneself, where one talks to oneself); null in groups. */
  readonly peerId: UserId | null
  readonly subject: string
  readonly name: string | null
  readonly avatar: string | null
  readonly ext: JsonText | null
  /** The last countable message, as it stands. */
  readonly lastMessage: StoredMessage | null
  /** The head of the conversation's timeline. */
  readonly seq: Seq
  readonly readSeq: Seq
  readonly unread: number
  readonly mentioned: number
  /** c2c only. */
  readonly peerReadSeq: Seq | null
  /** c2c only: the highest sequence that some device of the peer acknowledged. */
  readonly peerDeliveredSeq: Seq | null
  readonly pinned: boolean
  readonly muted: boolean
  /** Hidden until the next countable message. */
  readonly hidden: boolean
  /** `serverTime` of the last countable message, or the time of creation. */
  readonly updatedAt: number
}

/** What the authorisation function decides from. */
export interface Access {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** c2c: both users, or the one who talks to oneself; empty in groups. */
  readonly users: readonly UserId[]
  readonly subject: string
  /** Raised by every change of a group: of its members, of their roles, of who may speak. */
  readonly version: number
  /** The head of the timeline when this was read. */
  readonly seq: Seq
  /** Nothing at or below is kept. */
  readonly floor: Seq
  /** Null for c2c. */
  readonly group: GroupAccess | null
}

/** What decides in a group. */
export interface GroupAccess {
  readonly fanOut: FanOutMode
  readonly memberCount: number
  /** Until then only owner and admins may speak, Unix ms; 0 where everybody may. */
  readonly mutedUntil: number
  /** Null for the host. */
  readonly membership: Membership | null
}
