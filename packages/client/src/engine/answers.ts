// What the server answered to questions about conversations. An answer may be older than what the inbox has told since.
import type { Conversation, DataOf, Message, Ready, Seq, ServerEvents, TimelineHead } from '@rookery/protocol'
import type { ConversationRow } from '../ports/rows.js'
import { asOf, isChange, merge } from './fold.js'
import { leaveOutbox } from './receive.js'
import type { Step } from './step.js'
import { told } from './unread.js'

/**
 * One conversation as the server sees it.
 * @param askedAt the position in the inbox when it was asked for
 */
export async function takeConversation(step: Step, given: Conversation, askedAt: Seq): Promise<void> {
  const { conversationId: id } = given
  const held = step.conversation(id)
  const lastMessage = await lastOf(step, given, held)
  const { isGone: _isGone, lastMessage: _last, ...rest } = held ?? ({} as Partial<ConversationRow>)
  const { readSeq, unread, mentioned, seq } = given
  const base: ConversationRow =
    held === undefined
      ? { ...given, atSeq: seq }
      : ({ ...given, ...numbersOf(rest as ConversationRow), seq: Math.max(held.seq, seq) } as ConversationRow)
  const flags = {
    ...((held?.flagsAt ?? 0) > askedAt && { pinned: held!.pinned, muted: held!.muted, hidden: held!.hidden }),
    ...(held !== undefined && held.seq > seq && { hidden: held.hidden }),
  }
  const peer = {
    peerReadSeq: Math.max(held?.peerReadSeq ?? 0, given.peerReadSeq ?? 0),
    peerDeliveredSeq: Math.max(held?.peerDeliveredSeq ?? 0, given.peerDeliveredSeq ?? 0),
  }
  const now = {
    ...base,
    ...flags,
    ...(given.kind === 'c2c' && peer),
    ...(lastMessage !== undefined && { lastMessage }),
  }
  const updatedAt = Math.max(given.updatedAt, lastMessage?.serverTime ?? 0)
  step.put({ ...told(now, { readSeq, unread, mentioned, atSeq: seq }), updatedAt })
}

const numbersOf = ({
  readSeq,
  unread,
  mentioned,
  atSeq,
  isStale,
  readTo,
  openedAt,
  flagsAt,
}: ConversationRow): object => ({
  readSeq,
  unread,
  mentioned,
  atSeq,
  ...(isStale && { isStale }),
  ...(readTo !== undefined && { readTo }),
  ...(openedAt !== undefined && { openedAt }),
  ...(flagsAt !== undefined && { flagsAt }),
})

/** The later one of two last messages, with every change that is known of it. */
async function lastOf(
  step: Step,
  given: Conversation,
  held: ConversationRow | undefined,
): Promise<Message | undefined> {
  const known = held?.lastMessage
  const told = given.lastMessage
  if (told === undefined) return known
  if (known !== undefined && known.seq > told.seq) return known
  const { conversationId: id } = given
  const row = (await step.messages(id, [told.seq])).get(told.seq)
  const changes = (await step.kept(id, [told.seq])).get(told.seq) ?? []
  const { message } = merge(row, told, undefined, changes, step.me)
  return known?.seq === told.seq && asOf(known) > asOf(message) ? known : message
}

/**
 * This user is no member of it any more.
 * @param head the conversation's last sequence when it was asked for: what came since may have changed that again
 */
export function takeNotFound(step: Step, id: string, head: Seq): void {
  const row = step.conversation(id)
  if (row === undefined || row.seq > head) return
  const { isStale: _isStale, ...rest } = row
  step.put({ ...rest, unread: 0, mentioned: 0, isGone: true })
}

/**
 * The server took a read position, or refused it for good: null.
 * @param asked the position that was sent
 */
export function takeRead(step: Step, id: string, asked: Seq, answer: DataOf<'read'> | null): void {
  const row = step.conversation(id)
  if (row === undefined) return
  const { readTo, ...settled } = row
  const now = readTo === undefined || readTo > asked ? row : settled
  step.put(answer === null ? now : told(now, answer))
}

/** The bounds under which a page of history was asked for. */
export interface HistoryAsked {
  readonly conversationId: string
  readonly before?: Seq
  readonly after?: Seq
  /** Everything up to here had been given when it was asked: the answer has it. */
  readonly head: Seq
}

/** A page of history: it fills a run, and never undoes a change. */
export async function takeHistory(step: Step, asked: HistoryAsked, answer: DataOf<'history'>): Promise<void> {
  const { conversationId: id } = asked
  const { messages, more, mine } = answer
  const seqs = messages.map(({ seq }) => seq)
  const [held, kept] = await Promise.all([step.messages(id, seqs), step.kept(id, seqs)])
  for (const message of messages) {
    if (isChange(message.type)) continue
    const { seq } = message
    step.putMessage(merge(held.get(seq), message, mine[message.msgId], kept.get(seq) ?? [], step.me))
    leaveOutbox(step, message)
  }
  const run = coveredBy(asked, seqs, more)
  if (run !== null) step.hold(id, run)
}

/** The run that a page covers; null where it covers nothing. */
export function coveredBy(
  { before, after, head }: Omit<HistoryAsked, 'conversationId'>,
  seqs: readonly Seq[],
  more: boolean,
): { from: Seq; to: Seq } | null {
  const [first, last] = [seqs[0], seqs.at(-1)]
  if (after !== undefined) {
    const to = more ? (last ?? after) : Math.max(last ?? after, Math.min(head, (before ?? Infinity) - 1))
    return to > after ? { from: after + 1, to } : null
  }
  const from = more ? (first ?? null) : 1
  const to = before !== undefined ? before - 1 : Math.max(last ?? 0, head)
  return from === null || to < from ? null : { from, to }
}

/**
 * The first login of a device: it follows from here on.
 * @param more timelines that `ready` had no room for. Their heads may be later than the login: what was given live since
 *   then waits, and is taken by its `seq`.
 */
export function takeFirstReady(step: Step, ready: Ready, more: readonly TimelineHead[]): void {
  const { userId, seq, epoch } = ready
  const { at: _at, ...rest } = step.meta
  step.meta = { ...rest, userId, seq, epoch }
  learnTimelines(step, [...ready.timelines, ...more])
}

/** What is held belongs to another storage of the server. What was sent is sent again: that storage may not have it. */
export function startOver(step: Step, epoch: string): void {
  step.clear()
  const { at: _at, ...rest } = step.meta
  step.meta = { ...rest, seq: 0, epoch, isListed: false }
  for (const row of step.outgoing()) {
    const { sent: _sent, ...unsent } = row
    if (row.state === 'sent') step.putOutbox(row.clientMsgId, { ...unsent, state: 'queued' })
  }
}

/** Timelines that this device did not know: it follows them from their heads. */
export function learnTimelines(step: Step, timelines: readonly TimelineHead[]): void {
  for (const { conversationId, seq } of timelines)
    if (step.timeline(conversationId) === undefined) step.putTimeline(conversationId, { conversationId, seq })
}

/** A hint that the other side received or read. */
export function takePeer(step: Step, { conversationId, userId, readSeq, deliveredSeq }: ServerEvents['receipt']): void {
  const row = step.conversation(conversationId)
  if (row === undefined || row.peerId !== userId) return
  const peerReadSeq = Math.max(row.peerReadSeq ?? 0, readSeq ?? 0)
  const peerDeliveredSeq = Math.max(row.peerDeliveredSeq ?? 0, deliveredSeq ?? 0)
  if (peerReadSeq !== row.peerReadSeq || peerDeliveredSeq !== row.peerDeliveredSeq)
    step.put({ ...row, peerReadSeq, peerDeliveredSeq })
}

/** Messages that are stored, and that the inbox does not bring any more: retention took their entries. */
export function dropStored(step: Step, keys: readonly string[]): void {
  for (const key of keys) if (step.outbox(key)?.state === 'sent') step.putOutbox(key, null)
}
