// Making and changing a group: its members, roles and profile, and the control message that reports the change.
import type { GroupChange, GroupOp, GroupResult } from '@rookery/core'
import { factsTold, fanOutChange, isStaleChange } from '../../operations/group.js'
import { entryKind, fanOutCode, roleCode, systemUser } from '../../rows/codes.js'
import { point } from './append.js'
import type { Batch } from './batch.js'
import { newMember, type ConversationRow, type MemberRow } from './rows.js'

type Facts = Extract<GroupResult, { status: 'stored' }>['facts']

/** Whether an operation concerns every member of the group, so that it must lock all their rows. */
export const isOfEverybody = ({ change }: GroupOp): boolean => change.dissolve === true || change.fanOut === 'read'

export function group(batch: Batch, op: GroupOp): GroupResult {
  const { message, change } = op
  const { conversationId, serverTime } = message
  const known = batch.known(message.from, message.clientMsgId)
  if (known) return { status: 'duplicate', ...known }
  const existing = batch.conversation(conversationId)
  if (isStaleChange(existing, op)) return { status: 'stale' }
  const row = existing ?? batch.begin({ conversationId, kind: 'c2g', subject: '', createdAt: serverTime, persons: [] })
  // The caller does not get this answer: the batch begins again once the group's row is there.
  if (row === undefined) return { status: 'stale' }
  const fanOut = fanOutChange(row.isRead, change)
  const readOrdinal = row.countable

  const person = message.from === null ? systemUser : batch.userRow(message.from).person
  const { seq, ordinal } = batch.addMessage(row, message, person, false)
  const inbox = point(batch, row, seq, serverTime, op.members)
  const joined = (change.join ?? []).filter(({ userId, role, reads }) =>
    join(batch, row, userId, {
      ...newMember(seq - 1, serverTime),
      readOrdinal,
      fromSeq: reads === 'everything' ? 0 : seq - 1,
      role: roleCode[role],
      follows: fanOut.isRead,
      memberId: userId,
    }),
  )
  const left =
    change.dissolve === true
      ? leaveAll(batch, row, seq)
      : (change.leave ?? []).filter((userId) => leave(batch, row, userId, seq))
  for (const { userId, role } of change.roles ?? []) set(batch, row, userId, { role: roleCode[role] })
  for (const { userId, until } of change.mutes ?? []) set(batch, row, userId, { mutedUntil: until })
  row.owner = change.dissolve === true ? null : ownerOf(batch, row, change)
  row.version = (op.version ?? 0) + 1
  row.members += joined.length - left.length
  row.isRead = fanOut.isRead
  row.isDissolved = change.dissolve === true
  write(batch, row, existing === undefined ? { name: '', ...change } : change)
  if (fanOut.crosses) followAll(batch, row)

  const told = factsTold(fanOut, {
    conversationId,
    seq,
    joined: joined.map(({ userId }) => userId),
    left,
    everybody: () => [...batch.roster(row)],
  })
  const facts = told.flatMap(({ kind, userIds, body }) => addFacts(batch, userIds, kind, serverTime, body))
  return { status: 'stored', seq, ordinal, version: row.version, memberCount: row.members, inbox, facts }
}

/** Whether the user was not a member before. */
function join(batch: Batch, row: ConversationRow, userId: string, member: MemberRow): boolean {
  const { person } = batch.userRow(userId)
  const before = batch.member(person, row)
  if (before?.toSeq === null) return false
  batch.touchMember(person, row, before === undefined ? member : { ...member, ...keptOf(before) })
  batch.roster(row).add(userId)
  return true
}

/** What a member who comes back keeps. */
function keptOf({ fromSeq, toSeq, earlier, pinned, muted }: MemberRow): Partial<MemberRow> {
  const intervals = [...(JSON.parse(earlier ?? '[]') as unknown[]), [fromSeq, toSeq]]
  return { earlier: JSON.stringify(intervals), pinned, muted }
}

/** Whether the user was a member. */
function leave(batch: Batch, row: ConversationRow, userId: string, seq: number): boolean {
  const { person } = batch.userRow(userId)
  const member = batch.member(person, row)
  if (member === undefined || member.toSeq !== null) return false
  batch.touchMember(person, row, { ...member, ...ended(seq) })
  batch.roster(row).delete(userId)
  return true
}

const ended = (seq: number): Partial<MemberRow> => ({ toSeq: seq, role: roleCode.member, follows: false })

/** Answers the members who left. */
function leaveAll(batch: Batch, row: ConversationRow, seq: number): readonly string[] {
  const left = [...batch.roster(row)]
  batch.roster(row).clear()
  batch.changeMembers(row, (member) => ({ ...member, ...ended(seq) }))
  batch.add(
    `UPDATE ${batch.sql.t.member} SET to_seq = ${seq}, role = ${roleCode.member}, follows = 0
      WHERE conversation = ${row.id} AND to_seq IS NULL`,
  )
  return left
}

function followAll(batch: Batch, row: ConversationRow): void {
  batch.changeMembers(row, (member) => ({ ...member, follows: true }))
  batch.add(`UPDATE ${batch.sql.t.member} SET follows = 1 WHERE conversation = ${row.id} AND to_seq IS NULL`)
}

function set(batch: Batch, row: ConversationRow, userId: string, given: Partial<MemberRow>): void {
  const { person } = batch.userRow(userId)
  const member = batch.member(person, row)
  if (member?.toSeq === null) batch.touchMember(person, row, { ...member, ...given })
}

/** The user whom this change made the owner, otherwise the owner before if it still is one. */
function ownerOf(batch: Batch, row: ConversationRow, { join = [], roles = [] }: GroupChange): number | null {
  const named = [...join, ...roles].toReversed().map(({ userId }) => batch.userRow(userId).person)
  for (const person of named) {
    const member = batch.member(person, row)
    if (member?.toSeq === null && member.role === roleCode.owner) return person
  }
  // The change did not touch a member that is not loaded.
  const member = row.owner === null ? undefined : batch.member(row.owner, row)
  return member === undefined || (member.toSeq === null && member.role === roleCode.owner) ? row.owner : null
}

function write(batch: Batch, row: ConversationRow, change: GroupChange): void {
  const { sql } = batch
  const { name, avatar, announcement, ext, mutedUntil } = change
  const texts = { name, avatar, announcement, ext }
  const given = [
    `owner = ${sql.int(row.owner)}`,
    `fan_out = ${row.isRead ? fanOutCode.read : fanOutCode.write}`,
    `dissolved = ${row.isDissolved ? 1 : 0}`,
    ...(mutedUntil === undefined ? [] : [`muted_until = ${sql.int(mutedUntil)}`]),
    ...Object.entries(texts).flatMap(([column, text]) => (text === undefined ? [] : [`${column} = ${sql.text(text)}`])),
  ]
  batch.add(`UPDATE ${sql.t.conversation} SET ${given.join(', ')} WHERE id = ${row.id}`)
}

const addFacts = (
  batch: Batch,
  userIds: readonly string[],
  kind: 'follow' | 'unfollow',
  at: number,
  body: string,
): Facts =>
  userIds.map((userId) => ({
    userId,
    kind,
    seq: batch.addFact(batch.userRow(userId), entryKind[kind], at, body),
  }))
