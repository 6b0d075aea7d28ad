// A message of a conversation came, by the inbox or by the conversation's own timeline.
import { isControlType, type ExpiredMessage, type GroupEvent, type Message, type OwnReactions } from '@rookery/protocol'
import { keyOf, type ConversationRow } from '../ports/rows.js'
import { asOf, changeOf, fold, isChange, merge } from './fold.js'
import type { Step } from './step.js'
import { counted, isCountable, isOwnSend, uncounted } from './unread.js'

/** How a message came. */
export interface Coming {
  readonly mine?: OwnReactions
  readonly isLive: boolean
}

/** Takes the next message of a conversation. Messages of one conversation come in order. */
export async function receive(step: Step, message: Message | ExpiredMessage, { mine, isLive }: Coming): Promise<void> {
  const { conversationId, seq } = message
  if (message.expired) {
    step.hold(conversationId, { from: seq, to: seq })
    const row = step.conversation(conversationId)
    if (row !== undefined) step.put({ ...row, seq: Math.max(row.seq, seq), isStale: true })
    return
  }
  if (isReturn(message, step.me)) step.cut(conversationId)
  const row = step.conversation(conversationId) ?? begun(message, step.me)
  const now = { ...row, seq: Math.max(row.seq, seq) }
  const change = isChange(message.type)
  const after = change ? await applyChange(step, now, message) : await insert(step, now, message, mine)
  step.hold(conversationId, { from: seq, to: seq })
  step.put(after)
  if (!change) step.signals.push({ kind: 'message', message, isLive })
}

/** This user is a member again: what was changed meanwhile was not told. */
function isReturn({ type, content }: Message, me: string): boolean {
  const told = content as Partial<GroupEvent> | undefined
  return type === 'im.group' && told?.event === 'added' && told.userIds?.includes(me) === true
}

async function insert(
  step: Step,
  row: ConversationRow,
  message: Message,
  mine: OwnReactions | undefined,
): Promise<ConversationRow> {
  const { conversationId, seq } = message
  // Only a place that lies before what came already may be held, or have been changed.
  const isBehind = step.runs(conversationId).some(({ to }) => to >= seq) || seq <= row.atSeq
  const held = isBehind ? (await step.messages(conversationId, [seq])).get(seq) : undefined
  const changes = isBehind ? ((await step.kept(conversationId, [seq])).get(seq) ?? []) : []
  const stored = merge(held, message, mine?.[message.msgId], changes, step.me)
  step.putMessage(stored)
  leaveOutbox(step, message)
  return withLast(counted(row, message, step.me), stored.message, isControlType(message.type))
}

/** A message that this device sent is no more on its way once it stands in its conversation. */
export function leaveOutbox(step: Step, message: Message): void {
  if (isOwnSend(message, step.me) && step.outbox(message.clientMsgId) !== undefined)
    step.putOutbox(message.clientMsgId, null)
}

async function applyChange(step: Step, row: ConversationRow, message: Message): Promise<ConversationRow> {
  const change = changeOf(message)
  const { target } = change
  const held = (await step.messages(row.conversationId, [target])).get(target)
  if (held === undefined) step.keep(change)
  else step.putMessage(fold(held, change, step.me))
  const number =
    change.type === 'im.recall'
      ? uncounted(row, held?.message ?? lastAt(row, target), target, change.seq, step.me)
      : counted(row, message, step.me)
  const last = lastAt(number, target)
  if (last === undefined) return number
  const folded = fold({ conversationId: row.conversationId, seq: target, message: last, mine: [] }, change, step.me)
  return { ...number, lastMessage: folded.message }
}

const lastAt = ({ lastMessage }: ConversationRow, seq: number): Message | undefined =>
  lastMessage?.seq === seq ? lastMessage : undefined

/** The last countable message shows in the list, and a hidden conversation is shown again. */
function withLast(row: ConversationRow, message: Message, isControl: boolean): ConversationRow {
  // A change of a group may have changed its name, and who is a member.
  if (isControl) return { ...row, isStale: true }
  if (!isCountable(message)) return row
  const last = row.lastMessage
  if (last !== undefined && last.seq > message.seq) return row
  if (last?.seq === message.seq && asOf(last) >= asOf(message)) return row
  return { ...row, lastMessage: message, updatedAt: message.serverTime, hidden: false }
}

/** What is known of a conversation from one of its messages alone. */
function begun(message: Message, me: string): ConversationRow {
  const { conversationId, seq, from, to, groupId, subject, serverTime } = message
  const peerId = from === me ? to : (from ?? undefined)
  return {
    conversationId,
    kind: groupId === undefined ? 'c2c' : 'c2g',
    ...(groupId === undefined ? { peerId } : { groupId }),
    ...(subject !== undefined && { subject }),
    seq: 0,
    readSeq: 0,
    unread: 0,
    mentioned: 0,
    pinned: false,
    muted: false,
    hidden: false,
    updatedAt: serverTime,
    atSeq: 0,
    ...(seq > 1 && { isStale: true as const }),
  } as ConversationRow
}

/** The key of the conversation that a message belongs to. */
export const keyOfMessage = ({ from, to, subject, groupId }: Message, me: string): string =>
  keyOf({ peerId: from === me ? to : (from ?? undefined), subject, groupId })
