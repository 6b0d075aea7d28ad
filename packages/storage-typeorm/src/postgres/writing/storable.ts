// What the database would not give back as it was given, told before it gets there: text with a NUL or half a character,
// and numbers that no integer column holds.
import type { NewMessage, StorageOp } from '@rookery/core'
import { isKeepable } from '../../rows/text.js'

const spoiltText = 'its text holds a NUL or a lone surrogate, which the database cannot keep'
const spoiltNumber = 'one of its numbers is no whole number that the database can keep'
const spoiltMention = 'a mentioned id contains a line end'

/** Why an operation cannot be stored; null where it can. */
export function whyUnstorable(op: StorageOp): string | null {
  if (op.op === 'append') return whyMessage(op.message, op.members)
  for (const value of Object.values(op) as unknown[]) {
    if (typeof value === 'string' && !isKeepable(value)) return spoiltText
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return spoiltNumber
  }
  if (op.op === 'settings' && op.key && !(isKeepable(op.key.clientMsgId) && isKeepable(op.key.digest)))
    return spoiltText
  if (op.op === 'device' && op.delivered) {
    const { from, to } = op.delivered
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return spoiltNumber
  }
  return null
}

function whyMessage(message: NewMessage, members: readonly string[]): string | null {
  const isKept =
    isKeepable(message.content) &&
    isKeepable(message.clientMsgId) &&
    isKeepable(message.msgId) &&
    isKeepable(message.conversationId) &&
    isKeepable(message.subject) &&
    isKeepable(message.type) &&
    isKeepable(message.digest) &&
    (message.from === null || isKeepable(message.from)) &&
    (message.to === null || isKeepable(message.to)) &&
    (message.ext === null || isKeepable(message.ext)) &&
    members.every(isKeepable)
  if (!isKept) return spoiltText
  const { serverTime, clientTime, replyTo, mentions } = message
  const isWhole =
    Number.isSafeInteger(serverTime) &&
    (clientTime === null || Number.isSafeInteger(clientTime)) &&
    (replyTo === null || Number.isSafeInteger(replyTo))
  if (!isWhole) return spoiltNumber
  if (mentions === null) return null
  if (!mentions.every(isKeepable)) return spoiltText
  return mentions.some((id) => id.includes('\n')) ? spoiltMention : null
}
