// Finds values that the database would not return unchanged, before they reach it: text with a NUL or a lone surrogate,
// and numbers that an integer column cannot hold.
import type { AppendOp, ControlOp, GroupOp, NewMessage, StorageOp } from '@rookery/core'
import { isAllKeepable, isKeepable } from '../../rows/text.js'

const spoiltText = 'its text holds a NUL or a lone surrogate, which the database cannot keep'
const spoiltNumber = 'one of its numbers is not a whole number that the database can keep'
const spoiltMention = 'a mentioned id contains a line end'

/** Why an operation cannot be stored; null where it can. */
export function whyUnstorable(op: StorageOp): string | null {
  if ('message' in op) return whyMessage(op.message, op.members) ?? whyRest(op)
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

/** The other values of an operation with a message. */
function whyRest(op: AppendOp | ControlOp | GroupOp): string | null {
  if (!Number.isSafeInteger(op.version ?? 0)) return spoiltNumber
  if (op.op === 'append') return null
  if (!isAllKeepable(op.change)) return spoiltText
  return hasOnlyWhole(op.change) ? null : spoiltNumber
}

function hasOnlyWhole(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(hasOnlyWhole)
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
