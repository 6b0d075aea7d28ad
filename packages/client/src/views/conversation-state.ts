// A conversation as a list shows it.
import type { Message } from '@rookery/protocol'
import { keyOf, type ConversationRow } from '../ports/rows.js'

export interface ConversationState {
  /** Absent while nobody has said anything. */
  readonly id?: string
  /** The same before and after it has an id. */
  readonly key: string
  readonly kind: 'c2c' | 'c2g'
  readonly peerId?: string
  readonly subject?: string
  readonly groupId?: string
  readonly name?: string
  readonly avatar?: string
  readonly ext?: Readonly<Record<string, unknown>>
  readonly lastMessage?: Message
  readonly readSeq: number
  readonly unread: number
  /** How many of the unread messages mention me. */
  readonly mentioned: number
  readonly pinned: boolean
  readonly muted: boolean
  readonly hidden: boolean
  /** False after one left, was removed, or the group was dissolved. */
  readonly isMember: boolean
  /** Unix ms. */
  readonly updatedAt: number
}

/** The state of a row; the same object for the same row. */
export function stateOf(row: ConversationRow): ConversationState {
  const known = states.get(row)
  if (known !== undefined) return known
  const { conversationId, kind, peerId, subject, groupId, name, avatar, ext, lastMessage } = row
  const state: ConversationState = {
    id: conversationId,
    key: keyOf(row),
    kind,
    ...(peerId !== undefined && { peerId }),
    ...(subject !== undefined && { subject }),
    ...(groupId !== undefined && { groupId }),
    ...(name !== undefined && { name }),
    ...(avatar !== undefined && { avatar }),
    ...(ext !== undefined && { ext }),
    ...(lastMessage !== undefined && { lastMessage }),
    readSeq: row.readSeq,
    unread: row.unread,
    mentioned: row.mentioned,
    pinned: row.pinned,
    muted: row.muted,
    hidden: row.hidden,
    isMember: row.isGone !== true,
    updatedAt: row.updatedAt,
  }
  states.set(row, state)
  return state
}

const states = new WeakMap<ConversationRow, ConversationState>()

/** A conversation of which nothing is held yet. */
export const emptyState = (target: {
  readonly id?: string
  readonly peerId?: string
  readonly subject?: string
  readonly groupId?: string
}): ConversationState => ({
  key: target.id === undefined ? keyOf(target) : `id ${target.id}`,
  kind: target.groupId === undefined ? 'c2c' : 'c2g',
  ...target,
  readSeq: 0,
  unread: 0,
  mentioned: 0,
  pinned: false,
  muted: false,
  hidden: false,
  isMember: true,
  updatedAt: 0,
})
