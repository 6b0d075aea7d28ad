// What the storage keeps of a conversation for a user: the read position, and pinned, muted, hidden.
import type { ReadOp, ReadResult, SettingsOp, SettingsResult } from '@rookery/core'
import { changedSettings } from '../../operations/settings.js'
import { entryKind } from '../../rows/codes.js'
import { sideOf, type Batch } from './batch.js'
import type { ConversationRow, MemberRow } from './rows.js'

export async function read(batch: Batch, op: ReadOp): Promise<ReadResult> {
  const { conversationId, at } = op
  const user = batch.users.get(op.userId)
  const conversation = batch.conversation(conversationId)
  if (user === undefined || conversation === undefined) return { status: 'not-member' }
  const side = sideOf(conversation, user.person)
  const member = side === undefined ? activeMember(batch, user.person, conversation) : undefined
  const before = side ?? member
  if (before === undefined) return { status: 'not-member' }

  const atSeq = conversation.lastSeq
  const readSeq = Math.max(before.readSeq, Math.min(op.seq, atSeq))
  const moved = readSeq > before.readSeq
  const readOrdinal = moved ? await batch.ordinalAt(conversation, readSeq) : before.readOrdinal
  if (moved && side !== undefined) {
    Object.assign(side, { readSeq, readOrdinal })
    batch.touch(conversation)
  }
  if (moved && member !== undefined) {
    batch.touchMember(user.person, conversation, { ...member, readSeq, readOrdinal })
  }
  // Trimmed messages are not unread.
  const behind = conversation.countable - Math.max(readOrdinal, conversation.floorCount)
  const unread = behind === 0 ? 0 : behind - (await batch.exceptionsAfter(conversation, readSeq, user.person))
  const body = JSON.stringify({ conversationId, readSeq, unread, atSeq })
  const inboxSeq = moved ? batch.addFact(user, entryKind.read, at, body) : null
  return { status: 'ok', readSeq, unread, atSeq, inboxSeq }
}

export function settings(batch: Batch, op: SettingsOp): SettingsResult {
  const { userId, conversationId, at, key } = op
  const known = key && batch.known(userId, key.clientMsgId)
  if (known) return { status: 'duplicate', digest: known.digest }
  const user = batch.users.get(userId)
  const conversation = batch.conversation(conversationId)
  const member = user && conversation && activeMember(batch, user.person, conversation)
  if (user === undefined || conversation === undefined || member === undefined) return { status: 'not-member' }

  const before = { pinned: member.pinned, muted: member.muted, hidden: member.hiddenAt === conversation.countable }
  // The request takes its key even where it changes nothing: a repeat that comes after another change must not undo
  // that change.
  if (key) {
    const taken = { digest: key.digest, msgId: '', conversationId, seq: 0, serverTime: at }
    batch.takeKey(userId, user.person, key.clientMsgId, taken, conversation.id)
  }
  const changed = changedSettings(before, op)
  if (changed === null) return { status: 'ok', ...before, inboxSeq: null }
  const { pinned, muted, hidden } = changed
  const hiddenAt = hidden ? conversation.countable : null
  batch.touchMember(user.person, conversation, { ...member, pinned, muted, hiddenAt })
  const body = JSON.stringify({ conversationId, pinned, muted, hidden })
  return { status: 'ok', pinned, muted, hidden, inboxSeq: batch.addFact(user, entryKind.conversation, at, body) }
}

/** The current membership, or undefined. */
function activeMember(batch: Batch, person: number, conversation: ConversationRow): MemberRow | undefined {
  const member = batch.member(person, conversation)
  return member?.toSeq === null ? member : undefined
}
