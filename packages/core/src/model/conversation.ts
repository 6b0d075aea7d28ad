// A conversation as one of its members sees it, and the facts for the authorisation function.
import type { FanOutMode, Membership } from './group.js'
import type { ConversationId, ConversationKind, JsonText, Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from './message.js'

/** A conversation in one user's list, with that user's own positions. */
export interface ConversationView {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** The other user of a c2c conversation; the user itself where it talks to itself. Null in groups. */
  readonly peerId: UserId | null
  readonly subject: string
  readonly name: string | null
  readonly avatar: string | null
  readonly ext: JsonText | null
  /** The last countable message in its current state. */
  readonly lastMessage: StoredMessage | null
  /** The head of the conversation's timeline. */
  readonly seq: Seq
  readonly readSeq: Seq
  readonly unread: number
  readonly mentioned: number
  /** c2c only. */
  readonly peerReadSeq: Seq | null
  /** c2c only: the highest sequence that any device of the peer has acknowledged. */
  readonly peerDeliveredSeq: Seq | null
  readonly pinned: boolean
  readonly muted: boolean
  /** Hidden until the next countable message. */
  readonly hidden: boolean
  /** `serverTime` of the last countable message, or the time of creation. */
  readonly updatedAt: number
}

/** The facts from which the authorisation function decides. */
export interface Access {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  /** c2c: both users, or the one user that talks to itself. Empty in groups. */
  readonly users: readonly UserId[]
  readonly subject: string
  /** Every change of a group raises it: of its members, their roles, or who may speak. */
  readonly version: number
  /** The head of the timeline when this was read. */
  readonly seq: Seq
  /** Messages at or below this sequence are not kept. */
  readonly floor: Seq
  /** Null for c2c. */
  readonly group: GroupAccess | null
}

/** The facts that only groups have. */
export interface GroupAccess {
  readonly fanOut: FanOutMode
  readonly memberCount: number
  /** Until this time only the owner and the admins may speak, Unix ms; 0 where everybody may. */
  readonly mutedUntil: number
  /** Null for the host. */
  readonly membership: Membership | null
}
