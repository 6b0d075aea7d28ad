// What a change of a group decides in every dialect: whether it may still be made, and who follows the group's timeline
// after it.
import type { GroupChange, GroupOp } from '@rookery/core'
import { isStale, type Versioned } from './stale.js'

interface Group extends Versioned {
  readonly kind: string
}

/**
 * Whether the group has changed since somebody decided the change; for a change that makes the group, whether it exists
 * already.
 */
export const isStaleChange = (existing: Group | undefined, { version }: GroupOp): boolean =>
  version === null ? existing !== undefined : existing?.kind !== 'c2g' || isStale(existing, version)

/** How a group is fanned out before and after a change. */
interface FanOutChange {
  readonly wasRead: boolean
  /** From this change on it is fanned out on read. */
  readonly crosses: boolean
  readonly isRead: boolean
}

export function fanOutChange(wasRead: boolean, { fanOut }: GroupChange): FanOutChange {
  const crosses = fanOut === 'read' && !wasRead
  return { wasRead, crosses, isRead: wasRead || crosses }
}

/** A change that is made. */
interface Made {
  readonly conversationId: string
  /** The place of its control message. */
  readonly seq: number
  readonly joined: readonly string[]
  readonly left: readonly string[]
  /** The members after it. */
  everybody(): readonly string[]
}

/** The same fact for several users. */
interface Told {
  readonly kind: 'follow' | 'unfollow'
  readonly userIds: readonly string[]
  readonly body: string
}

/** The facts for the inboxes of those who follow the timeline from now on, or no longer. */
export function factsTold({ wasRead, crosses }: FanOutChange, made: Made): readonly Told[] {
  const { conversationId, seq, joined, left } = made
  return [
    {
      kind: 'follow',
      userIds: crosses ? made.everybody() : wasRead ? joined : [],
      body: JSON.stringify({ conversationId, from: seq - 1 }),
    },
    { kind: 'unfollow', userIds: wasRead ? left : [], body: JSON.stringify({ conversationId, to: seq }) },
  ]
}
