// Decides whether a recall, an edit or a reaction has anything left to do, and counts a message's reactions.
import type { ControlChange, ControlResult } from '@rookery/core'
import { flag } from '../rows/codes.js'

type Reaction = Extract<ControlChange, { kind: 'reaction' }>

/** The stored message that a change is about. */
export interface Target {
  readonly seq: number
  readonly type: string
  readonly flags: number
  /** The last control message that changed it; null where none did. */
  readonly asOf: number | null
  readonly editSeq: number | null
  /** The number of each reaction, as JSON; null where there is none. */
  readonly reactions: string | null
}

/** What only the dialect can read; it is asked only where the answer matters. */
interface Look {
  /** Whether the message has this content already. */
  hasContent(content: string): boolean
  /** The control message of this reaction; undefined where the user has not reacted so. */
  reactionOf(userId: string, reaction: string): number | undefined
}

/** Why a change has nothing to do; null where it has. */
export function already(target: Target, change: ControlChange, look: Look): ControlResult | null {
  const last = target.asOf ?? target.seq
  const isRecalled = (target.flags & flag.recalled) !== 0
  if (change.kind === 'recall') return isRecalled ? { status: 'unchanged', seq: last } : null
  if (isRecalled) return { status: 'gone' }
  if (change.kind === 'edit') {
    return look.hasContent(change.content) ? { status: 'unchanged', seq: target.editSeq ?? last } : null
  }
  const mine = look.reactionOf(change.userId, change.reaction)
  if (change.remove) return mine === undefined ? { status: 'unchanged', seq: last } : null
  if (mine !== undefined) return { status: 'unchanged', seq: mine }
  const counts = countsOf(target.reactions)
  return !counts.has(change.reaction) && counts.size >= change.max ? { status: 'too-many' } : null
}

/** The counts after a reaction was added or removed; null where none is left. */
export function counted(reactions: string | null, { reaction, remove }: Reaction): string | null {
  const counts = countsOf(reactions)
  const count = (counts.get(reaction) ?? 0) + (remove ? -1 : 1)
  if (count > 0) counts.set(reaction, count)
  else counts.delete(reaction)
  return counts.size === 0 ? null : JSON.stringify(Object.fromEntries(counts))
}

const countsOf = (reactions: string | null): Map<string, number> =>
  new Map(reactions === null ? [] : Object.entries(JSON.parse(reactions) as Record<string, number>))
