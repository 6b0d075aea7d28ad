// Members of conversations, and groups.
import type { Membership } from '../model/group.js'
import type { ConversationId, UserId } from '@rookery/protocol'
import type { GroupReads, MemberReads } from '../ports/storage.js'
import {
  activeMember,
  isBegun,
  memberCount,
  type ConversationRow,
  type GroupRow,
  type MemberRow,
  type Tables,
} from './rows.js'

export function memberReads(tables: () => Tables): MemberReads {
  return {
    async access(conversationId, userId) {
      const row = tables().conversations.get(conversationId)
      const member = userId === null ? undefined : activeMember(row, userId)
      if (row === undefined || row.group?.isDissolved === true || (userId !== null && member === undefined)) return null
      if (member !== undefined && !isBegun(row, member)) return null
      const { kind, subject, version, messages, floor, members, group } = row
      return {
        conversationId,
        kind,
        users: kind === 'c2c' ? [...members.keys()] : [],
        subject,
        version,
        seq: messages.length,
        floor,
        group: group && {
          fanOut: group.fanOut,
          memberCount: memberCount(row),
          mutedUntil: group.mutedUntil,
          membership: member === undefined ? null : membershipOf(userId!, member),
        },
      }
    },
    async sharing(userId, others) {
      const now = tables()
      const mine = now.users.get(userId)?.conversations ?? new Set()
      return others.filter((other) => shareOne(now, mine, userId, other))
    },
    async readers(conversationId, seq, after, limit) {
      const row = tables().conversations.get(conversationId)
      const members = row === undefined ? [] : active(row).filter(([, { from }]) => row.kind === 'c2c' || from < seq)
      const read = members.filter(([, { readSeq }]) => readSeq >= seq).map(([userId]) => userId)
      const rest = read.filter((userId) => after === null || userId > after).sort()
      const userIds = rest.slice(0, limit)
      return { read: read.length, total: members.length, userIds, more: rest.length > limit }
    },
  }
}

export function groupReads(tables: () => Tables): GroupReads {
  return {
    async group(groupId) {
      const found = groupOf(tables(), groupId)
      if (found === null) return null
      const [row, { isDissolved: _, ...given }] = found
      const { version, createdAt } = row
      const ownerId = active(row).find(([, { role }]) => role === 'owner')?.[0] ?? ''
      return { groupId, ...given, ownerId, memberCount: memberCount(row), version, createdAt }
    },
    async roster(groupId) {
      const found = groupOf(tables(), groupId)
      if (found === null) return null
      const [row, { fanOut, mutedUntil }] = found
      const members = fanOut === 'read' ? [] : active(row).map(([userId, member]) => membershipOf(userId, member))
      return { version: row.version, fanOut, mutedUntil, memberCount: memberCount(row), members }
    },
    async memberships(groupId, userIds) {
      const row = tables().conversations.get(groupId)
      if (row === undefined || row.group === null) return null
      const memberships = userIds.map((userId) => {
        const member = row.members.get(userId)
        return member === undefined ? null : membershipOf(userId, member)
      })
      return { version: row.version, memberships }
    },
    async members(groupId, after, limit) {
      const found = groupOf(tables(), groupId)
      const rest = (found === null ? [] : active(found[0]))
        .filter(([userId]) => after === null || userId > after)
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const members = rest.slice(0, limit).map(([userId, member]) => membershipOf(userId, member))
      return { members, more: rest.length > limit }
    },
    async memberOf(userId, after, limit) {
      const now = tables()
      const groupIds = [...(now.users.get(userId)?.conversations ?? [])]
        .filter((id) => now.conversations.get(id)?.kind === 'c2g' && (after === null || id > after))
        .sort()
      return { groupIds: groupIds.slice(0, limit), more: groupIds.length > limit }
    },
    async owned(userId) {
      const now = tables()
      let count = 0
      for (const id of now.users.get(userId)?.conversations ?? [])
        if (now.conversations.get(id)?.members.get(userId)?.role === 'owner') count += 1
      return count
    },
  }
}

function groupOf(tables: Tables, groupId: ConversationId): readonly [ConversationRow, GroupRow] | null {
  const row = tables.conversations.get(groupId)
  return row === undefined || row.group === null || row.group.isDissolved ? null : [row, row.group]
}

const active = ({ members }: ConversationRow): [UserId, MemberRow][] => [...members].filter(([, { to }]) => to === null)

const membershipOf = (userId: UserId, { role, joinedAt, mutedUntil, from, to }: MemberRow): Membership => ({
  userId,
  role,
  joinedAt,
  mutedUntil,
  from,
  to,
})

function shareOne(tables: Tables, mine: ReadonlySet<string>, userId: UserId, other: UserId): boolean {
  const theirs = tables.users.get(other)?.conversations
  if (!theirs) return false
  // With oneself a user shares only the conversation with oneself.
  const isMine = (id: ConversationId): boolean => {
    const row = tables.conversations.get(id)!
    return isBegun(row, row.members.get(userId)!)
  }
  if (userId === other) return [...mine].some((id) => isWithOneself(tables.conversations.get(id)) && isMine(id))
  const [few, many] = mine.size < theirs.size ? [mine, theirs] : [theirs, mine]
  for (const conversationId of few) if (many.has(conversationId) && isMine(conversationId)) return true
  return false
}

const isWithOneself = (row: ConversationRow | undefined): boolean => row?.kind === 'c2c' && row.members.size === 1
