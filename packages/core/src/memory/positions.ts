// A user's own marks on a conversation: the read position, and whether it is pinned, muted or hidden.
import type { ReadOp, ReadResult, SettingsOp, SettingsResult } from '../ports/storage.js'
import { activeMember, appendEntry, isHidden, unreadOf, userRow, type Tables } from './rows.js'

export function read(tables: Tables, op: ReadOp): ReadResult {
  const { userId, conversationId, at } = op
  const conversation = tables.conversations.get(conversationId)
  const member = activeMember(conversation, userId)
  if (!conversation || !member) return { status: 'not-member' }
  const atSeq = conversation.messages.length
  const readSeq = Math.max(member.readSeq, Math.min(op.seq, atSeq))
  const moved = readSeq > member.readSeq
  member.readSeq = readSeq
  const unread = unreadOf(conversation, userId, readSeq)
  const body = JSON.stringify({ conversationId, readSeq, unread, atSeq })
  const inboxSeq = moved ? appendEntry(tables, userId, { kind: 'read', at, body }) : null
  return { status: 'ok', readSeq, unread, atSeq, inboxSeq }
}

export function settings(tables: Tables, op: SettingsOp): SettingsResult {
  const { userId, conversationId, at, key } = op
  const known = key && tables.users.get(userId)?.keys.get(key.clientMsgId)
  if (known) return { status: 'duplicate', digest: known.digest }
  const conversation = tables.conversations.get(conversationId)
  const member = activeMember(conversation, userId)
  if (!conversation || !member) return { status: 'not-member' }

  const before = { pinned: member.pinned, muted: member.muted, hidden: isHidden(conversation, member) }
  const pinned = op.pinned ?? before.pinned
  const muted = op.muted ?? before.muted
  const hidden = op.hidden ?? before.hidden
  const changed = pinned !== before.pinned || muted !== before.muted || hidden !== before.hidden
  member.pinned = pinned
  member.muted = muted
  member.hiddenAt = hidden ? conversation.countable : null
  // The key is stored even if nothing changes, so that a repeat after somebody else's change does not undo that change.
  if (key) {
    const { clientMsgId, digest } = key
    userRow(tables, userId).keys.set(
      clientMsgId,
      Object.freeze({ digest, msgId: '', conversationId, seq: 0, serverTime: at }),
    )
  }
  const body = JSON.stringify({ conversationId, pinned, muted, hidden })
  const inboxSeq = changed ? appendEntry(tables, userId, { kind: 'conversation', at, body }) : null
  return { status: 'ok', pinned, muted, hidden, inboxSeq }
}
