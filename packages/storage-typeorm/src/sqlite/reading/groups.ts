// Groups: what is kept of each, and of its members.
import type { Group, Membership, Roster } from '@rookery/core'
import { fanOutCode, fanOutOf, roleCode, roleOf } from '../../rows/codes.js'
import { lookedUp } from '../../rows/text.js'
import { onlyText, query } from './query.js'

type MemberTuple = readonly [
  userId: string,
  role: number,
  joinedAt: number,
  mutedUntil: number | null,
  from: number,
  to: number | null,
]

/** `json_array` of a `MemberTuple`. */
const memberJson = (mb: string): string =>
  `json_array(${['member_id', 'role', 'joined_at', 'muted_until', 'from_seq', 'to_seq'].map((name) => `${mb}.${name}`).join(', ')})`

export const membershipOf = ([userId, role, joinedAt, mutedUntil, from, to]: MemberTuple): Membership => ({
  userId,
  role: roleOf(role),
  joinedAt,
  mutedUntil: mutedUntil ?? 0,
  from,
  to,
})

type GroupTuple = readonly [
  name: string,
  avatar: string | null,
  announcement: string | null,
  ext: string | null,
  ownerId: string | null,
  memberCount: number,
  version: number,
  fanOut: number,
  mutedUntil: number,
  createdAt: number,
]

export const group = query<{ groupId: string }, GroupTuple | null, Group | null>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_array(ifnull(c.name, ''), c.avatar, c.announcement, c.ext,
            (SELECT mb.member_id FROM ${t.member} mb
              WHERE mb.conversation = c.id AND mb.role = ${roleCode.owner} AND mb.to_seq IS NULL),
            c.members, c.version, c.fan_out, c.muted_until, c.created_at)
          FROM ${t.conversation} c WHERE c.conversation_id = ? AND c.kind = 'c2g' AND c.dissolved = 0`,
      )
      .raw()
    return ({ groupId }) => {
      const row = find.get([lookedUp(groupId)])
      return row === undefined ? 'null' : onlyText(row)
    }
  },
  decode(raw, { groupId }) {
    if (raw === null) return null
    const [name, avatar, announcement, ext, ownerId, memberCount, version, fanOut, mutedUntil, createdAt] = raw
    const counts = { memberCount, version, fanOut: fanOutOf(fanOut), mutedUntil, createdAt }
    return { groupId, name, avatar, announcement, ext, ownerId: ownerId ?? '', ...counts }
  },
})

type RosterTuple = readonly [
  version: number,
  fanOut: number,
  mutedUntil: number,
  memberCount: number,
  members: MemberTuple[],
]

export const roster = query<{ groupId: string }, RosterTuple | null, Roster | null>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT c.version, c.fan_out, c.muted_until, c.members,
            (SELECT json_group_array(${memberJson('mb')}) FROM ${t.member} mb
              WHERE mb.conversation = c.id AND mb.to_seq IS NULL AND mb.member_id IS NOT NULL
                AND c.fan_out = ${fanOutCode.write})
          FROM ${t.conversation} c WHERE c.conversation_id = ? AND c.kind = 'c2g' AND c.dissolved = 0`,
      )
      .raw()
    return ({ groupId }) => {
      const row = find.get([lookedUp(groupId)]) as unknown[] | undefined
      return row === undefined ? 'null' : `[${row.join(',')}]`
    }
  },
  decode(raw) {
    if (raw === null) return null
    const [version, fanOut, mutedUntil, memberCount, members] = raw
    return { version, fanOut: fanOutOf(fanOut), mutedUntil, memberCount, members: members.map(membershipOf) }
  },
})

export const memberships = query<
  { groupId: string; userIds: readonly string[] },
  readonly [version: number, members: MemberTuple[]] | null,
  { readonly version: number; readonly memberships: readonly (Membership | null)[] } | null
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT c.version, (SELECT json_group_array(${memberJson('mb')})
            FROM json_each(?) asked CROSS JOIN ${t.user} u ON u.user_id = asked.value
            CROSS JOIN ${t.member} mb ON mb.user = u.id AND mb.conversation = c.id)
          FROM ${t.conversation} c WHERE c.conversation_id = ? AND c.kind = 'c2g'`,
      )
      .raw()
    return ({ groupId, userIds }) => {
      const row = find.get([JSON.stringify(userIds.map(lookedUp)), lookedUp(groupId)]) as unknown[] | undefined
      return row === undefined ? 'null' : `[${row.join(',')}]`
    }
  },
  decode(raw, { userIds }) {
    if (raw === null) return null
    const [version, members] = raw
    const found = new Map(members.map((row) => [row[0], membershipOf(row)]))
    return { version, memberships: userIds.map((userId) => found.get(userId) ?? null) }
  },
})

/** A page of members. An index gives them in the order of their ids. */
export const page = query<
  { groupId: string; after: string | null; limit: number },
  MemberTuple[],
  { readonly members: readonly Membership[]; readonly more: boolean }
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT (SELECT json_group_array(${memberJson('page')}) FROM (
            SELECT * FROM ${t.member} WHERE conversation = c.id AND to_seq IS NULL AND member_id > ?
            ORDER BY member_id LIMIT ?) page)
          FROM ${t.conversation} c WHERE c.conversation_id = ?`,
      )
      .raw()
    return ({ groupId, after, limit }) => {
      const row = find.get([after === null ? '' : lookedUp(after), limit + 1, lookedUp(groupId)])
      return row === undefined ? '[]' : onlyText(row)
    }
  },
  decode(raw, { limit }) {
    const members = raw.map(membershipOf).sort((a, b) => (a.userId < b.userId ? -1 : 1))
    return { members: members.slice(0, limit), more: members.length > limit }
  },
})

export interface MemberOf {
  readonly groupIds: readonly string[]
  readonly more: boolean
}

export const memberOf = query<{ userId: string; after: string | null; limit: number }, string[], MemberOf>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(conversation_id) FROM (SELECT c.conversation_id
          FROM ${t.user} u CROSS JOIN ${t.member} mb ON mb.user = u.id AND mb.to_seq IS NULL
          CROSS JOIN ${t.conversation} c ON c.id = mb.conversation AND c.kind = 'c2g'
          WHERE u.user_id = ? AND c.conversation_id > ? ORDER BY c.conversation_id LIMIT ?) page`,
      )
      .raw()
    return ({ userId, after, limit }) => onlyText(find.get([lookedUp(userId), lookedUp(after ?? ''), limit + 1]))
  },
  decode: (groupIds, { limit }) => ({ groupIds: groupIds.slice(0, limit), more: groupIds.length > limit }),
})

export const owned = query<{ userId: string }, number, number>({
  prepare(db, t) {
    const count = db
      .prepare(
        `SELECT count(*) FROM ${t.member} mb
          WHERE mb.user = (SELECT id FROM ${t.user} WHERE user_id = ?) AND mb.role = ${roleCode.owner}
            AND mb.to_seq IS NULL`,
      )
      .raw()
    return ({ userId }) => String((count.get([lookedUp(userId)]) as [number])[0])
  },
  decode: (raw) => raw,
})
