// What the small integers in our columns mean. They are stored: never change one, only add new ones.
import type { FactKind, FanOutMode, Role } from '@rookery/core'

/** Bits of a message's `flags`. */
export const flag = {
  countable: 1,
  silent: 2,
  viaServer: 4,
  recalled: 8,
  /**
   * Countable, but not unread for every member whose position is before it: the message was recalled, or its sender's
   * position did not move to it. It is the highest bit, so that `flags >= 16` selects these few rows for the partial
   * index.
   */
  exceptional: 16,
} as const

/** An entry's `kind`. */
export const entryKind = { message: 0, read: 1, conversation: 2, follow: 3, unfollow: 4, custom: 5 } as const

const facts: readonly (FactKind | null)[] = [null, 'read', 'conversation', 'follow', 'unfollow', 'custom']

/** The name of a fact's kind; null for a pointer to a message. */
export function factKindOf(kind: number): FactKind | null {
  const fact = facts[kind]
  if (fact === undefined) throw new Error(`an inbox entry of kind ${kind} was written by a newer version`)
  return fact
}

/** A member's `role`. */
export const roleCode = { member: 0, admin: 1, owner: 2 } as const

const roles: readonly Role[] = ['member', 'admin', 'owner']

/** The name of a role. A role that a newer version wrote counts as `member` here. */
export const roleOf = (code: number): Role => roles[code] ?? 'member'

/** A group's `fan_out`. */
export const fanOutCode = { write: 0, read: 1 } as const

export const fanOutOf = (code: number): FanOutMode => (code === fanOutCode.read ? 'read' : 'write')

/** Keys of system messages are stored under this user number, which no user has. */
export const systemUser = 0
