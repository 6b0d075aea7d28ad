// How many messages are unread. The server's number counts up to a sequence; later messages are added one by one.
// Rules:
// 1. A message is counted once: at or below `atSeq` the number has it already.
// 2. The read position never goes back, and an answer that is older than what is known changes nothing.
// 3. Where the number cannot be known from what is held, it is marked stale, and the server is asked.
import { isControlType, type Message, type Seq } from '@rookery/protocol'
import type { ConversationRow } from '../ports/rows.js'

/** A number as the server tells it. */
export interface ServerCount {
  readonly readSeq: Seq
  readonly unread: number
  readonly atSeq: Seq
  /** Absent where only the number of messages is told. */
  readonly mentioned?: number
}

export const isCountable = ({ type, silent }: Message): boolean => !isControlType(type) && silent !== true

/** Whether this user's own session sent it: its position moved with it. */
export const isOwnSend = (message: Message, me: string): boolean => message.from === me && message.via === undefined

const mentionsMe = ({ mentions }: Message, me: string): boolean =>
  mentions !== undefined && (mentions.includes(me) || mentions.includes('@all'))

/** A message came, in the order of the conversation. */
export function counted(row: ConversationRow, message: Message, me: string): ConversationRow {
  const { seq } = message
  if (seq <= row.atSeq) return row
  if (isOwnSend(message, me) && !isControlType(message.type))
    return { ...row, atSeq: seq, readSeq: seq, unread: 0, mentioned: 0 }
  if (!isCountable(message) || message.from === me || seq <= row.readSeq) return { ...row, atSeq: seq }
  const mentioned = row.mentioned + (mentionsMe(message, me) ? 1 : 0)
  return { ...row, atSeq: seq, unread: row.unread + 1, mentioned }
}

/**
 * A message was recalled by the control message at `seq`.
 * @param target as it stood before; undefined where it is not held
 */
export function uncounted(
  row: ConversationRow,
  target: Message | undefined,
  targetSeq: Seq,
  seq: Seq,
  me: string,
): ConversationRow {
  if (seq <= row.atSeq) return row
  const after = { ...row, atSeq: seq }
  if (targetSeq <= row.readSeq) return after
  if (target === undefined) return { ...after, isStale: true }
  if (!isCountable(target) || target.from === me) return after
  const unread = Math.max(0, row.unread - 1)
  // A message that came recalled does not tell any more whom it mentioned.
  if (target.recalled && row.mentioned > 0) return { ...after, unread, isStale: true }
  return { ...after, unread, mentioned: Math.max(0, row.mentioned - (mentionsMe(target, me) ? 1 : 0)) }
}

/** The server told its number. */
export function told(row: ConversationRow, count: ServerCount): ConversationRow {
  const { readSeq, unread, atSeq } = count
  if (readSeq < row.readSeq || (readSeq === row.readSeq && atSeq < row.atSeq)) return row
  const { isStale, ...rest } = row
  const isOlder = atSeq < row.atSeq
  const mentioned = count.mentioned ?? (unread === 0 ? 0 : Math.min(row.mentioned, unread))
  // Only a whole answer tells how many mentions are among them, and among messages that have not come yet.
  const isUnsure =
    isOlder ||
    (count.mentioned === undefined && (isStale === true || (unread > 0 && (row.mentioned > 0 || atSeq > row.atSeq))))
  const now = isOlder
    ? { ...rest, readSeq, unread: Math.min(row.unread, unread) }
    : { ...rest, readSeq, unread, atSeq, mentioned }
  return isUnsure ? { ...now, isStale: true } : now
}

/**
 * A person has read up to `seq`, on this device.
 * @param passed the messages between the old position and the new one; null where they are not all held
 */
export function readLocally(
  row: ConversationRow,
  seq: Seq,
  passed: readonly Message[] | null,
  me: string,
): ConversationRow {
  if (seq <= row.readSeq) return row
  const at = { ...row, readSeq: seq, readTo: seq }
  if (seq >= row.atSeq) return { ...at, unread: 0, mentioned: 0 }
  if (passed === null) return { ...at, isStale: true }
  const read = passed.filter((message) => isCountable(message) && message.from !== me && !message.recalled)
  const mentions = read.filter((message) => mentionsMe(message, me)).length
  return {
    ...at,
    unread: Math.max(0, row.unread - read.length),
    mentioned: Math.max(0, row.mentioned - mentions),
  }
}
