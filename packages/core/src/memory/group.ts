// Makes and changes groups: members, roles, profile, and the control message that tells of it.
import type { Seq, UserId } from '@rookery/protocol'
import type { GroupChange, GroupOp, GroupResult, RefusedResult } from '../ports/storage.js'
import { emptyConversation, isStale, knownKey, newMember, point, store } from './append.js'
import {
  activeMember,
  appendEntry,
  memberCount,
  userRow,
  type ConversationRow,
  type MemberRow,
  type Tables,
} from './rows.js'

export function group(tables: Tables, op: GroupOp): GroupResult | RefusedResult {
  const { message, members, change } = op
  const known = knownKey(tables, message)
  if (known) return { status: 'duplicate', ...known }
  const existing = tables.conversations.get(message.conversationId)
  if (op.version === null ? existing !== undefined : isStale(existing, op.version)) return { status: 'stale' }
  if (existing === undefined && op.version !== null) return { status: 'stale' }
  const row = existing ?? makeGroup(tables, op)

  const stored = store(tables, row, message)
  row.version = (op.version ?? 0) + 1
  applyProfile(row, change)
  const inbox = point(tables, stored, members)
  const joined = (change.join ?? []).filter((one) => join(tables, row, one, stored.seq, message.serverTime))
  const left = (change.dissolve === true ? activeMembers(row) : (change.leave ?? [])).filter((userId) =>
    leave(tables, row, userId, stored.seq),
  )
  for (const { userId, role } of change.roles ?? []) setMember(row, userId, { role })
  for (const { userId, until } of change.mutes ?? []) setMember(row, userId, { mutedUntil: until })

  const crosses = change.fanOut === 'read' && row.group!.fanOut === 'write'
  if (crosses) row.group!.fanOut = 'read'
  const isRead = row.group!.fanOut === 'read'
  const follow = !isRead ? [] : crosses ? activeMembers(row) : joined.map(({ userId }) => userId)
  const fact = (userId: UserId, kind: 'follow' | 'unfollow', body: object) => ({
    userId,
    kind,
    seq: appendEntry(tables, userId, { kind, at: message.serverTime, body: JSON.stringify(body) }),
  })
  const { conversationId } = message
  const facts = [
    ...follow.map((userId) => fact(userId, 'follow', { conversationId, from: stored.seq - 1 })),
    ...(isRead && !crosses ? left : []).map((userId) => fact(userId, 'unfollow', { conversationId, to: stored.seq })),
  ]
  const { seq, ordinal } = stored
  return { status: 'stored', seq, ordinal, version: row.version, memberCount: memberCount(row), inbox, facts }
}

const makeGroup = (tables: Tables, { message }: GroupOp): ConversationRow =>
  emptyConversation(tables, {
    conversationId: message.conversationId,
    kind: 'c2g',
    subject: '',
    createdAt: message.serverTime,
    group: {
      name: '',
      avatar: null,
      announcement: null,
      ext: null,
      fanOut: 'write',
      mutedUntil: 0,
      isDissolved: false,
    },
  })

function applyProfile(row: ConversationRow, change: GroupChange): void {
  const { name, avatar, announcement, ext, mutedUntil, dissolve } = change
  row.group = {
    ...row.group!,
    ...(name === undefined ? {} : { name }),
    ...(avatar === undefined ? {} : { avatar }),
    ...(announcement === undefined ? {} : { announcement }),
    ...(ext === undefined ? {} : { ext }),
    ...(mutedUntil === undefined ? {} : { mutedUntil }),
    ...(dissolve === undefined ? {} : { isDissolved: true }),
  }
}

/** Adds a member. Answers whether the user was not a member before. */
function join(
  tables: Tables,
  row: ConversationRow,
  { userId, role, reads }: NonNullable<GroupChange['join']>[number],
  seq: Seq,
  at: number,
): boolean {
  const before = row.members.get(userId)
  if (before?.to === null) return false
  const member = { ...newMember(seq - 1, at), role, from: reads === 'everything' ? 0 : seq - 1 }
  row.members.set(
    userId,
    before === undefined
      ? member
      : {
          ...member,
          earlier: [...before.earlier, { from: before.from, to: before.to }],
          pinned: before.pinned,
          muted: before.muted,
        },
  )
  userRow(tables, userId).conversations.add(row.conversationId)
  return true
}

/** Ends a membership. Answers whether the user was a member. */
function leave(tables: Tables, row: ConversationRow, userId: UserId, seq: Seq): boolean {
  const member = activeMember(row, userId)
  if (member === undefined) return false
  member.to = seq
  member.role = 'member'
  userRow(tables, userId).conversations.delete(row.conversationId)
  return true
}

function setMember(row: ConversationRow, userId: UserId, given: Partial<MemberRow>): void {
  const member = activeMember(row, userId)
  if (member !== undefined) Object.assign(member, given)
}

const activeMembers = (row: ConversationRow): UserId[] =>
  [...row.members].flatMap(([userId, { to }]) => (to === null ? [userId] : []))
