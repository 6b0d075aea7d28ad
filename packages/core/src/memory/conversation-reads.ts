// Conversations as one of their members sees them.
import type { ConversationView } from '../model/conversation.js'
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { ConversationReads, ListPosition } from '../ports/storage.js'
import { peerOf } from './devices.js'
import {
  activeMember,
  indexAfter,
  isBegun,
  isHidden,
  unreadOf,
  type ConversationRow,
  type MemberRow,
  type Tables,
} from './rows.js'
import { asSeen } from './seen.js'

export function conversationReads(tables: () => Tables): ConversationReads {
  return {
    async views(userId, conversationIds) {
      const now = tables()
      return conversationIds.map((conversationId) => viewOf(now, conversationId, userId))
    },
    async list(userId, after, limit) {
      const now = tables()
      let unreadTotal = 0
      const rows: ConversationRow[] = []
      for (const conversationId of now.users.get(userId)?.conversations ?? []) {
        const row = now.conversations.get(conversationId)
        const member = activeMember(row, userId)
        if (!row || !member || !isBegun(row, member)) continue
        unreadTotal += unreadOf(row, userId, member.readSeq)
        if (after === null || byActivity(after, positionOf(row)) < 0) rows.push(row)
      }
      rows.sort((a, b) => byActivity(positionOf(a), positionOf(b)))
      const conversations = rows
        .slice(0, limit)
        .map((row) => viewOf(now, row.conversationId, userId))
        .filter((view) => view !== null)
      return { conversations, unreadTotal, more: rows.length > limit }
    },
  }
}

const positionOf = ({ updatedAt, conversationId }: ConversationRow): ListPosition => ({ updatedAt, conversationId })

/** Latest activity first. Ids are ASCII, so comparing code units compares bytes. */
function byActivity(a: ListPosition, b: ListPosition): number {
  if (a.updatedAt !== b.updatedAt) return b.updatedAt - a.updatedAt
  if (a.conversationId === b.conversationId) return 0
  return a.conversationId < b.conversationId ? 1 : -1
}

function viewOf(tables: Tables, conversationId: ConversationId, userId: UserId): ConversationView | null {
  const row = tables.conversations.get(conversationId)
  const member = activeMember(row, userId)
  if (!row || !member || !isBegun(row, member)) return null
  const peerId = row.kind === 'c2c' ? peerOf(row.members.keys(), userId) : null
  const last = row.messages[row.lastCountable - 1]
  const peer = peerId === null ? undefined : row.members.get(peerId)
  return {
    conversationId,
    kind: row.kind,
    peerId,
    subject: row.subject,
    name: row.group?.name ?? null,
    avatar: row.group?.avatar ?? null,
    ext: row.group?.ext ?? null,
    lastMessage: last !== undefined && row.lastCountable > member.from ? asSeen(row, userId, last) : null,
    seq: row.messages.length,
    readSeq: member.readSeq,
    unread: unreadOf(row, userId, member.readSeq),
    mentioned: mentionsOf(row, userId, member),
    peerReadSeq: peer === undefined ? null : inside(member, peer.readSeq),
    peerDeliveredSeq: peer === undefined ? null : inside(member, peer.deliveredSeq),
    pinned: member.pinned,
    muted: member.muted,
    hidden: isHidden(row, member),
    updatedAt: row.updatedAt,
  }
}

/** A position of the peer. Positions before this member's own membership began count as 0. */
const inside = ({ from }: MemberRow, seq: Seq): Seq => (seq <= from ? 0 : seq)

function mentionsOf(row: ConversationRow, userId: UserId, member: MemberRow): number {
  let count = 0
  for (let index = indexAfter(row.mentioning, member.readSeq); index < row.mentioning.length; index += 1) {
    const message = row.messages[row.mentioning[index]! - 1]
    if (!message?.mentions || message.from === userId) continue
    if (message.mentions.includes(userId) || message.mentions.includes('@all')) count += 1
  }
  return count
}
