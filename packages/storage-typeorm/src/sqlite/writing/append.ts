// Appending a message: numbers, the message, its key, and a pointer in each member's inbox.
import type { AppendOp, AppendResult, NewMessage, RefusedResult } from '@rookery/core'
import { flag, systemUser } from '../../rows/codes.js'
import { packMentions } from '../../rows/mentions.js'
import type { Batch } from './batch.js'
import { sideOf } from './counters.js'

export function append(batch: Batch, op: AppendOp): AppendResult | RefusedResult {
  const { counters } = batch
  const { message, members } = op
  const sender = message.from === null ? null : counters.userRow(message.from)
  const keyUser = sender?.id ?? systemUser
  const known = batch.known(keyUser, message.clientMsgId)
  if (known) return { status: 'duplicate', ...known }

  let conversation = counters.conversation(message.conversationId)
  if (!conversation) {
    if (message.kind !== 'c2c' || members.length < 1 || members.length > 2) {
      return { status: 'refused', error: new Error(`no conversation to append a ${message.kind} message to`) }
    }
    conversation = counters.makeC2c(message.conversationId, message.subject, members, message.serverTime)
  }

  const seq = conversation.lastSeq + 1
  conversation.lastSeq = seq
  if (message.countable) {
    conversation.countable += 1
    conversation.lastCountableSeq = seq
    conversation.updatedAt = message.serverTime
  }
  const ordinal = conversation.countable
  const side = message.from === null ? undefined : sideOf(conversation, message.from)
  if (side && op.movesPosition) {
    side.readSeq = seq
    side.readOrdinal = ordinal
  }
  counters.touch(conversation)

  const { msgId, conversationId, digest, serverTime } = message
  const id = counters.nextMessage()
  batch.addMessage(
    keyUser,
    { digest, msgId, conversationId, seq, serverTime },
    [
      id,
      conversation.id,
      seq,
      ordinal,
      flagsOf(message, side !== undefined && op.movesPosition),
      sender?.id ?? null,
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
    ],
  )
  const inbox: number[] = []
  for (const userId of members) {
    inbox.push(batch.addPointer(counters.userRow(userId), serverTime, id, conversation.id, seq))
  }
  return { status: 'stored', seq, ordinal, inbox }
}

function flagsOf(message: NewMessage, movedPosition: boolean): number {
  let flags = 0
  if (message.countable) flags |= flag.countable
  if (message.silent) flags |= flag.silent
  if (message.viaServer) flags |= flag.viaServer
  if (message.countable && message.from !== null && !movedPosition) flags |= flag.exceptional
  return flags
}
