// A group as its members see it, and what becomes of it.
import type { ConversationId, UserId } from './ids.js'

export type Role = 'owner' | 'admin' | 'member'

/** What a group shows of itself. */
export interface GroupProfile {
  readonly name?: string
  readonly avatar?: string | null
  readonly announcement?: string | null
  readonly ext?: Readonly<Record<string, unknown>>
}

/** A group, as one of its members is told of it. */
export interface GroupInfo {
  readonly groupId: ConversationId
  /** The same as `groupId`. */
  readonly conversationId: ConversationId
  readonly name: string
  readonly avatar?: string
  readonly announcement?: string
  /** The host's own JSON object. */
  readonly ext?: Readonly<Record<string, unknown>>
  readonly ownerId: UserId
  /** The role of the user who asks; absent for the host. */
  readonly role?: Role
  readonly memberCount: number
  /** Every change of the group raises it. */
  readonly version: number
  /** Until then only owner and admins may speak, Unix ms. */
  readonly mutedUntil?: number
  /** Unix ms. */
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

export const groupEvents = ['created', 'added', 'left', 'removed', 'updated', 'role', 'muted', 'dissolved'] as const

/** The content of an `im.group` message: what has become of a group. */
export interface GroupEvent {
  readonly event: (typeof groupEvents)[number]
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
