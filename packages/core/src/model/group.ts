// A group, and what is kept of each of its members.
import type { ConversationId, JsonText, Role, Seq, UserId } from '@rookery/protocol'

/** Whether a group's messages go to its members' inboxes, or its members read its own timeline. There is no way back to `write`. */
export type FanOutMode = 'write' | 'read'

/** A group as storage keeps it. Its id is that of its conversation. */
export interface Group {
  readonly groupId: ConversationId
  readonly name: string
  readonly avatar: string | null
  readonly announcement: string | null
  readonly ext: JsonText | null
  readonly ownerId: UserId
  readonly memberCount: number
  /** Raised by every change of the group. */
  readonly version: number
  readonly fanOut: FanOutMode
  /** Until then only owner and admins may speak, Unix ms; 0 where everybody may. */
  readonly mutedUntil: number
  readonly createdAt: number
}

/** One user's membership: the last of its intervals. */
export interface Membership {
  readonly userId: UserId
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** Until then this member may not speak, Unix ms; 0 where it may. */
  readonly mutedUntil: number
  /** Messages after `from`, up to `to`, are for this member; `to` is null while the membership lasts. */
  readonly from: Seq
  readonly to: Seq | null
}

/** Everybody in a group under one version. */
export interface Roster {
  readonly version: number
  readonly fanOut: FanOutMode
  readonly mutedUntil: number
  readonly memberCount: number
  /** Empty where the group is fanned out on read: it may have very many. In no order. */
  readonly members: readonly Membership[]
}
