// A group as its members see it, and the events of a group.
import type { ConversationId, UserId } from './ids.js'

export type Role = 'owner' | 'admin' | 'member'

/** The profile of a group. */
export interface GroupProfile {
  readonly name?: string
  readonly avatar?: string | null
  readonly announcement?: string | null
  readonly ext?: Readonly<Record<string, unknown>>
}

/** A group, as one of its members gets it. */
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
  /** Until this time only the owner and the admins may speak, Unix ms. */
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
  /** Until this time the member may not speak, Unix ms. */
  readonly mutedUntil?: number
}

export const groupEvents = ['created', 'added', 'left', 'removed', 'updated', 'role', 'muted', 'dissolved'] as const

/** The content of an `im.group` message: an event of a group. */
export interface GroupEvent {
  readonly event: (typeof groupEvents)[number]
  /** The user who did it; null for the host. */
  readonly by: UserId | null
  /** The users to whom it happened. With `muted` it is absent if everybody is muted. */
  readonly userIds?: readonly UserId[]
  readonly role?: Role
  /** With `muted`: the end of the mute, Unix ms; 0 if the mute ended. */
  readonly until?: number
  /** With `created` and `updated`. A removed field is null. */
  readonly changes?: GroupProfile
}
