// Appends a message: gives it numbers, and writes the message, its key and a pointer in each member's inbox.
import type { AppendOp, AppendResult, RefusedResult } from '@rookery/core'
import { isStale } from '../../operations/stale.js'
import { systemUser } from '../../rows/codes.js'
import { sideOf, type Batch } from './batch.js'
import type { ConversationRow } from './rows.js'

export function append(batch: Batch, op: AppendOp): AppendResult | RefusedResult {
  const { message, members } = op
  const known = batch.known(message.from, message.clientMsgId)
  if (known) return { status: 'duplicate', ...known }
  const existing = batch.conversation(message.conversationId)
  if (isStale(existing, op.version)) return { status: 'stale' }
  const conversation = existing ?? begun(batch, op)
  if (conversation === null) {
    return { status: 'refused', error: new Error(`no conversation to append a ${message.kind} message to`) }
  }
  // The caller does not get this answer: the batch begins again once the conversation's row is there.
  if (conversation === undefined) return { status: 'stale' }

  const sender = message.from === null ? null : batch.userRow(message.from)
  const person = sender?.person ?? systemUser
  const side = sender === null ? undefined : sideOf(conversation, sender.person)
  const member = sender === null || side !== undefined ? undefined : batch.member(sender.person, conversation)
  const isMember = side !== undefined || member?.toSeq === null
  const moves = op.movesPosition && isMember
  const { seq, ordinal } = batch.addMessage(conversation, message, person, moves)
  if (moves && side !== undefined) Object.assign(side, { readSeq: seq, readOrdinal: ordinal })
  if (moves && member !== undefined) {
    batch.touchMember(person, conversation, { ...member, readSeq: seq, readOrdinal: ordinal })
  }
  return { status: 'stored', seq, ordinal, inbox: point(batch, conversation, seq, message.serverTime, members) }
}

/** Null where a message cannot begin the conversation. */
function begun(batch: Batch, { message, members }: AppendOp): ConversationRow | null | undefined {
  const { conversationId, kind, subject, serverTime: createdAt } = message
  if (kind !== 'c2c' || members.length < 1 || members.length > 2) return null
  const persons = members.map((userId) => batch.userRow(userId).person)
  return batch.begin({ conversationId, kind, subject, createdAt, persons })
}

/** Adds an entry for a message to each inbox; answers the entries' sequences. */
export const point = (
  batch: Batch,
  { id }: ConversationRow,
  seq: number,
  at: number,
  members: readonly string[],
): number[] => members.map((userId) => batch.addPointer(batch.userRow(userId), at, id, seq))
