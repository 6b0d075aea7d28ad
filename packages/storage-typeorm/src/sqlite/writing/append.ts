// Appends a message: gives it numbers, and writes the message, its key and a pointer in each member's inbox.
import type { AppendOp, AppendResult, NewMessage, RefusedResult, StoredKey } from '@rookery/core'
import { isStale } from '../../operations/stale.js'
import { systemUser } from '../../rows/codes.js'
import { flagsOf } from '../../rows/flags.js'
import { packMentions } from '../../rows/mentions.js'
import type { Batch } from './batch.js'
import type { ConversationCounters } from './counters.js'

export function append(batch: Batch, op: AppendOp): AppendResult | RefusedResult {
  const { counters } = batch
  const { message, members } = op
  const known = knownKey(batch, message)
  if (known) return { status: 'duplicate', ...known }

  let conversation = counters.conversation(message.conversationId)
  if (isStale(conversation, op.version)) return { status: 'stale' }
  if (!conversation) {
    if (message.kind !== 'c2c' || members.length < 1 || members.length > 2) {
      return { status: 'refused', error: new Error(`no conversation to append a ${message.kind} message to`) }
    }
    conversation = counters.makeC2c(message.conversationId, message.subject, members, message.serverTime)
  }

  const { from } = message
  const position = op.movesPosition && from !== null ? counters.position(conversation, from) : undefined
  const stored = store(batch, conversation, message, position !== undefined)
  if (position) counters.move(conversation, position, stored.seq, stored.ordinal)
  const inbox = point(batch, stored, conversation, message.serverTime, members)
  return { status: 'stored', seq: stored.seq, ordinal: stored.ordinal, inbox }
}

/** What is stored under a message's key. This makes a row for a sender that has none. */
export const knownKey = (batch: Batch, { from, clientMsgId }: NewMessage): StoredKey | undefined =>
  batch.known(from === null ? systemUser : batch.counters.userRow(from).id, clientMsgId)

/** A message that has its numbers. */
export interface Stored {
  readonly seq: number
  readonly ordinal: number
  /** Its row. */
  readonly id: number
}

/**
 * Puts a message at the end of its timeline, under its key.
 * @param movesPosition whether the sender's position moves to the message
 * @param target the message that an edit changes
 */
export function store(
  batch: Batch,
  conversation: ConversationCounters,
  message: NewMessage,
  movesPosition: boolean,
  target: number | null = null,
): Stored {
  const { counters } = batch
  const seq = conversation.lastSeq + 1
  conversation.lastSeq = seq
  if (message.countable) {
    conversation.countable += 1
    conversation.lastCountableSeq = seq
    conversation.updatedAt = message.serverTime
  }
  const ordinal = conversation.countable
  counters.touch(conversation)

  const sender = message.from === null ? null : counters.userRow(message.from).id
  const { msgId, conversationId, digest, serverTime } = message
  const id = counters.nextMessage()
  batch.addMessage(
    sender ?? systemUser,
    { digest, msgId, conversationId, seq, serverTime },
    [
      id,
      conversation.id,
      seq,
      ordinal,
      flagsOf(message, movesPosition),
      sender,
      message.to === null ? null : counters.userRow(message.to).id,
      message.type,
      message.content,
      msgId,
      message.clientMsgId,
      digest,
      serverTime,
    ],
    [
      message.clientTime,
      message.subject === conversation.subject ? null : message.subject,
      message.ext,
      message.replyTo,
      packMentions(message.mentions),
      target,
    ],
  )
  return { seq, ordinal, id }
}

/** Adds an entry for a message to each inbox; answers the entries' sequences. */
export function point(
  batch: Batch,
  { seq, id }: Stored,
  conversation: ConversationCounters,
  at: number,
  members: readonly string[],
): number[] {
  const inbox: number[] = []
  for (const userId of members) {
    inbox.push(batch.addPointer(batch.counters.userRow(userId), at, id, conversation.id, seq))
  }
  return inbox
}
