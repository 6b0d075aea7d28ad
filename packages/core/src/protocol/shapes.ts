// What clients and host services see, as types. The same as on the wire.
import type { ConversationId, DeviceType, MessageId, Seq, UserId } from '../model/ids.js'
import type { ConversationKind } from '../model/message.js'

/** A `Message` of PROTOCOL. */
export interface Message<Content = Readonly<Record<string, unknown>>> {
  readonly msgId: MessageId
  readonly clientMsgId: string
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly from: UserId | null
  readonly to?: UserId
  readonly subject?: string
  readonly groupId?: ConversationId
  readonly type: string
  /** Absent where the message was recalled. */
  readonly content?: Content
  readonly ext?: Readonly<Record<string, unknown>>
  readonly replyTo?: Seq
  readonly silent?: true
  readonly mentions?: readonly string[]
  readonly via?: 'server'
  readonly clientTime?: number
  readonly serverTime: number
  readonly asOf?: Seq
  readonly recalled?: true
  readonly editedAt?: number
  readonly reactions?: Readonly<Record<string, number>>
}

/** A `Conversation` of PROTOCOL, as one of its members sees it. */
export interface Conversation {
  readonly conversationId: ConversationId
  readonly kind: ConversationKind
  readonly peerId?: UserId
  readonly subject?: string
  readonly groupId?: ConversationId
  readonly name?: string
  readonly avatar?: string
  readonly ext?: Readonly<Record<string, unknown>>
  readonly lastMessage?: Message
  readonly seq: Seq
  readonly readSeq: Seq
  readonly unread: number
  readonly mentioned: number
  readonly peerReadSeq?: Seq
  readonly peerDeliveredSeq?: Seq
  readonly pinned: boolean
  readonly muted: boolean
  readonly hidden: boolean
  readonly updatedAt: number
}

/** Whether a user is online, and on which kinds of device. */
export interface UserPresence {
  readonly userId: UserId
  readonly online: boolean
  readonly devices: readonly DeviceType[]
  /** When the last session ended, Unix ms; absent while online and where nothing is known. */
  readonly lastSeen?: number
}
