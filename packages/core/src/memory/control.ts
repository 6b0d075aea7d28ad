// Recalls, edits and reactions: the message that each changes, and the control message that tells of it.
import type { Seq } from '@rookery/protocol'
import type { StoredMessage } from '../model/message.js'
import type { ControlChange, ControlOp, ControlResult, RefusedResult } from '../ports/storage.js'
import { isStale, knownKey, point, store } from './append.js'
import { indexAfter, type ConversationRow, type Tables } from './rows.js'

export function control(tables: Tables, op: ControlOp): ControlResult | RefusedResult {
  const { message, members, change } = op
  const known = knownKey(tables, message)
  if (known) return { status: 'duplicate', ...known }
  const conversation = tables.conversations.get(message.conversationId)
  if (isStale(conversation, op.version)) return { status: 'stale' }
  const target = conversation?.messages[change.seq - 1]
  if (conversation === undefined || target === undefined || target.type.startsWith('im.')) return { status: 'gone' }

  const before = already(conversation, target, change)
  if (before !== null) return before
  const stored = store(tables, conversation, message)
  fold(conversation, target, change, stored)
  return { status: 'stored', seq: stored.seq, ordinal: stored.ordinal, inbox: point(tables, stored, members) }
}

/** The result where nothing is to do; null where there is. */
function already(row: ConversationRow, target: StoredMessage, change: ControlChange): ControlResult | null {
  const last = target.asOf ?? target.seq
  if (change.kind === 'recall') return target.recalled ? { status: 'unchanged', seq: last } : null
  if (target.recalled) return { status: 'gone' }
  if (change.kind === 'edit')
    return target.content === change.content
      ? { status: 'unchanged', seq: row.edits.get(target.seq)?.at(-1) ?? last }
      : null
  const reactions = row.reactions.get(target.seq)
  const mine = reactions?.get(change.reaction)?.get(change.userId)
  if (change.remove) return mine === undefined ? { status: 'unchanged', seq: last } : null
  if (mine !== undefined) return { status: 'unchanged', seq: mine }
  const isNew = reactions?.has(change.reaction) !== true
  return isNew && (reactions?.size ?? 0) >= change.max ? { status: 'too-many' } : null
}

function fold(row: ConversationRow, target: StoredMessage, change: ControlChange, by: StoredMessage): void {
  const replace = (given: Partial<StoredMessage>, seq: Seq = target.seq): void => {
    row.messages[seq - 1] = Object.freeze({ ...row.messages[seq - 1]!, ...given, asOf: by.seq })
  }
  switch (change.kind) {
    case 'recall': {
      const gone = { content: null, ext: null, recalled: true, reactions: null, editedAt: null }
      replace(gone)
      for (const edit of row.edits.get(target.seq) ?? []) replace(gone, edit)
      row.reactions.delete(target.seq)
      uncount(row, target)
      return
    }
    case 'edit': {
      replace({ content: change.content, editedAt: by.serverTime })
      row.edits.set(target.seq, [...(row.edits.get(target.seq) ?? []), by.seq])
      return
    }
    case 'reaction':
      replace({ reactions: react(row, target.seq, change, by.seq) })
  }
}

/** Takes a message out of the unread counts of all users. */
export function uncount(row: ConversationRow, { seq, from, countable }: StoredMessage): void {
  if (!countable) return
  for (const list of [from === null ? undefined : row.countableOf.get(from), row.mentioning]) {
    const place = list?.indexOf(seq) ?? -1
    if (place >= 0) list!.splice(place, 1)
  }
  row.recalled.splice(indexAfter(row.recalled, seq), 0, seq)
}

function react(
  row: ConversationRow,
  seq: Seq,
  { reaction, userId, remove }: Extract<ControlChange, { kind: 'reaction' }>,
  by: Seq,
): string | null {
  const reactions = row.reactions.get(seq) ?? new Map<string, Map<string, Seq>>()
  row.reactions.set(seq, reactions)
  const users = reactions.get(reaction) ?? new Map<string, Seq>()
  reactions.set(reaction, users)
  if (remove) users.delete(userId)
  else users.set(userId, by)
  if (users.size === 0) reactions.delete(reaction)
  if (reactions.size === 0) return null
  return JSON.stringify(Object.fromEntries([...reactions].map(([name, { size }]) => [name, size])))
}
