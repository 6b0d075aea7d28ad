// What a member may see of a group: messages that were sequenced inside the member's intervals, unless they were
// changed outside of them.
import type { Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'
import type { ConversationRow, Interval } from './rows.js'

const isIn = (intervals: readonly Interval[], seq: Seq): boolean =>
  intervals.some(({ from, to }) => seq > from && (to === null || seq <= to))

function intervalsOf(row: ConversationRow, userId: UserId): readonly Interval[] {
  const member = row.members.get(userId)
  return member === undefined ? [] : [...member.earlier, member]
}

/** The message as this reader may see it: `withheld` if it was changed outside the reader's membership. */
export function asSeen(row: ConversationRow, userId: UserId, message: StoredMessage): StoredMessage {
  if (row.kind !== 'c2g' || message.asOf === null) return message
  const intervals = intervalsOf(row, userId)
  const lastEdit = row.edits.get(message.seq)?.at(-1)
  if (isIn(intervals, message.asOf) && (lastEdit === undefined || isIn(intervals, lastEdit))) return message
  const nothing = { content: null, ext: null, reactions: null, editedAt: null, asOf: null, recalled: false }
  return { ...message, ...nothing, withheld: true }
}

/** The messages of a conversation that this reader may see, in their current state. */
export function seenBy(row: ConversationRow, userId: UserId, messages: readonly StoredMessage[]): StoredMessage[] {
  const intervals = intervalsOf(row, userId)
  return messages.filter(({ seq }) => isIn(intervals, seq)).map((message) => asSeen(row, userId, message))
}
