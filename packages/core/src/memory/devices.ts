// Stores devices, and computes what their acknowledgements mean for the peers.
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { DeviceOp, DeviceResult } from '../ports/storage.js'
import { userRow, type Tables } from './rows.js'

export function device(tables: Tables, op: DeviceOp): DeviceResult {
  const user = userRow(tables, op.userId)
  const known = user.devices.get(op.deviceId)
  let range = { from: known?.deliveredFrom ?? 0, to: known?.deliveredTo ?? 0 }
  let delivered: DeviceResult['delivered'] = []
  if (op.delivered) {
    const head = user.inbox.length
    const from = Math.min(op.delivered.from, head)
    const to = Math.max(from, Math.min(op.delivered.to, head))
    delivered = raiseDelivered(tables, op.userId, Math.max(from, from <= range.to ? range.to : 0), to)
    if (!known || from > range.to) range = { from, to }
    // If the new range ends before the stored range begins, the two do not join: the entries between them were not
    // acknowledged.
    else range = { from: to >= range.from ? Math.min(from, range.from) : range.from, to: Math.max(to, range.to) }
  }
  user.devices.set(
    op.deviceId,
    Object.freeze({
      userId: op.userId,
      deviceId: op.deviceId,
      deviceType: op.deviceType,
      deliveredFrom: range.from,
      deliveredTo: range.to,
      seenAt: op.seenAt ?? known?.seenAt ?? null,
    }),
  )
  return { status: 'ok', delivered }
}

/** Raises the user's delivered position in each c2c conversation to which an entry in `(after, to]` points. */
function raiseDelivered(tables: Tables, userId: UserId, after: Seq, to: Seq): DeviceResult['delivered'] {
  const { inbox, floor } = userRow(tables, userId)
  const rose = new Map<ConversationId, { conversationId: ConversationId; peerId: UserId; deliveredSeq: Seq }>()
  for (const entry of inbox.slice(Math.max(after, floor), to)) {
    if (entry.kind !== 'message') continue
    const conversation = tables.conversations.get(entry.conversationId)
    const member = conversation?.members.get(userId)
    if (!conversation || !member || conversation.kind !== 'c2c' || entry.conversationSeq <= member.deliveredSeq)
      continue
    const { conversationId } = conversation
    member.deliveredSeq = entry.conversationSeq
    rose.set(conversationId, {
      conversationId,
      peerId: peerOf(conversation.members.keys(), userId),
      deliveredSeq: entry.conversationSeq,
    })
  }
  return [...rose.values()]
}

/** The other user of a c2c conversation, or the user itself where it talks to itself. */
export function peerOf(members: Iterable<UserId>, userId: UserId): UserId {
  for (const member of members) if (member !== userId) return member
  return userId
}
