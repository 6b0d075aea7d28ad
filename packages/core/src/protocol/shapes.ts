// What clients and host services see, as types. The same as on the wire.
import type { ConversationId, DeviceType, MessageId, Seq, UserId } from '../model/ids.js'
import type { Role } from '../model/group.js'
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

/** A `Group` of PROTOCOL. */
export interface GroupInfo {
  readonly groupId: ConversationId
  /** The same as `groupId`. */
  readonly conversationId: ConversationId
  readonly name: string
  readonly avatar?: string
  readonly announcement?: string
  readonly ext?: Readonly<Record<string, unknown>>
  readonly ownerId: UserId
  /** Of whom asked; absent for the host. */
  readonly role?: Role
  readonly memberCount: number
  /** Raised by every change of the group. */
  readonly version: number
  /** Until then only owner and admins may speak, Unix ms. */
  readonly mutedUntil?: number
  readonly createdAt: number
}

/** A member of a group. */
export interface GroupMember {
  readonly userId: UserId
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** Until then this member may not speak, Unix ms. */
  readonly mutedUntil?: number
}

/** The content of an `im.group` message: what has become of a group. */
export interface GroupEvent {
  readonly event: 'created' | 'added' | 'left' | 'removed' | 'updated' | 'role' | 'muted' | 'dissolved'
  /** Who did it; null for the host. */
  readonly by: UserId | null
  /** To whom it happened; of `muted` absent where it is everybody. */
  readonly userIds?: readonly UserId[]
  readonly role?: Role
  /** Of `muted`: until when, Unix ms; 0 where it ended. */
  readonly until?: number
  /** Of `created` and `updated`; null for what was taken away. */
  readonly changes?: GroupProfile
}

/** What a group shows of itself. */
export interface GroupProfile {
  readonly name?: string
  readonly avatar?: string | null
  readonly announcement?: string | null
  readonly ext?: Readonly<Record<string, unknown>>
}

/** Whether a user is online, and on which kinds of device. */
export interface UserPresence {
  readonly userId: UserId
  readonly online: boolean
  readonly devices: readonly DeviceType[]
  /** When the last session ended, Unix ms; absent while online and where nothing is known. */
  readonly lastSeen?: number
}
