// A group and its memberships.
import type { ConversationId, JsonText, Role, Seq, UserId } from '@rookery/protocol'

/**
 * `write`: a message goes to every member's inbox. `read`: members read the group's own timeline. A group never goes
 * back to `write`.
 */
export type FanOutMode = 'write' | 'read'

/** A group as storage keeps it. Its id is also the id of its conversation. */
export interface Group {
  readonly groupId: ConversationId
  readonly name: string
  readonly avatar: string | null
  readonly announcement: string | null
  readonly ext: JsonText | null
  readonly ownerId: UserId
  readonly memberCount: number
  /** Every change of the group raises it. */
  readonly version: number
  readonly fanOut: FanOutMode
  /** Until this time only the owner and the admins may speak, Unix ms; 0 where everybody may. */
  readonly mutedUntil: number
  readonly createdAt: number
}

/** A user's membership: the last of its intervals. */
export interface Membership {
  readonly userId: UserId
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** Until this time the member may not speak, Unix ms; 0 where it may. */
  readonly mutedUntil: number
  /** The member may see messages after `from`, up to `to`. `to` is null while the membership lasts. */
  readonly from: Seq
  readonly to: Seq | null
}

/** All members of a group at one version. */
export interface Roster {
  readonly version: number
  readonly fanOut: FanOutMode
  readonly mutedUntil: number
  readonly memberCount: number
  /** In no order. Empty where the group is fanned out on read, because it may have very many members. */
  readonly members: readonly Membership[]
}
