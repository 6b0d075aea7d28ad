// Groups, their members, the timelines that members follow, and their reactions to messages.
import type { Follow, FollowedTimeline, Group, Membership, Roster } from '@rookery/core'
import { fanOutCode, fanOutOf, roleCode, roleOf } from '../../rows/codes.js'
import { lookedUp } from '../../rows/text.js'
import type { Row } from '../link.js'
import { asText, table, type Sql } from '../sql.js'
import { query } from './query.js'
import { atLeastOne } from './timelines.js'

/** Columns of membership `mb`, in the order in which `membershipAt` reads them. */
export const membershipColumns = `${asText('mb.member_id')}, mb.role, mb.joined_at, mb.muted_until, mb.from_seq, mb.to_seq`

/** The membership whose columns begin at `at`; null where the row has none. */
export function membershipAt(row: Row, at: number): Membership | null {
  if (row[at] === null) return null
  const [userId, role, joinedAt, mutedUntil, from, to] = row.slice(at, at + 6) as [
    string,
    number,
    number,
    number,
    number,
    number | null,
  ]
  return { userId, role: roleOf(role), joinedAt, mutedUntil, from, to }
}

const isGroup = (sql: Sql, groupId: string): string =>
  `c.conversation_id = ${sql.bytes(lookedUp(groupId))} AND c.kind = 'c2g' AND c.dissolved = 0`

export const group = query<{ groupId: string }, Group | null>({
  text: (sql, { groupId }) => `
    SELECT c.name, c.avatar, c.announcement, c.ext, ${asText('o.user_id')}, c.members, c.version, c.fan_out,
      c.muted_until, c.created_at
    FROM ${sql.t.conversation} c LEFT JOIN ${sql.t.user} o ON o.id = c.owner WHERE ${isGroup(sql, groupId)}`,
  decode([row], { groupId }) {
    if (row === undefined) return null
    const [name, avatar, announcement, ext, ownerId] = row as (string | null)[]
    const [memberCount, version, fanOut, mutedUntil, createdAt] = row.slice(5) as [
      number,
      number,
      number,
      number,
      number,
    ]
    return {
      groupId,
      name: name ?? '',
      avatar: avatar ?? null,
      announcement: announcement ?? null,
      ext: ext ?? null,
      ownerId: ownerId ?? '',
      memberCount,
      version,
      fanOut: fanOutOf(fanOut),
      mutedUntil,
      createdAt,
    }
  },
})

/** The query reads no members of a group that is fanned out on read: it answers one row without a member. */
export const roster = query<{ groupId: string }, Roster | null>({
  text: (sql, { groupId }) => `
    SELECT c.version, c.fan_out, c.muted_until, c.members, ${membershipColumns}
    FROM ${sql.t.conversation} c
    LEFT JOIN ${sql.t.member} mb
      ON mb.conversation = c.id AND mb.to_seq IS NULL AND c.fan_out = ${fanOutCode.write}
    WHERE ${isGroup(sql, groupId)}`,
  decode(rows) {
    const [first] = rows
    if (first === undefined) return null
    const [version, fanOut, mutedUntil, memberCount] = first as [number, number, number, number]
    const members = rows.map((row) => membershipAt(row, 4)).filter((one) => one !== null)
    return { version, fanOut: fanOutOf(fanOut), mutedUntil, memberCount, members }
  },
})

/** Also answers for dissolved groups. There is a row for each user that exists. */
export const memberships = query<
  { groupId: string; userIds: readonly string[] },
  { readonly version: number; readonly memberships: readonly (Membership | null)[] } | null
>({
  text: (sql, { groupId, userIds }) => `
    SELECT c.version, ${membershipColumns}
    FROM ${sql.t.conversation} c
    LEFT JOIN ${sql.t.user} u FORCE INDEX (by_id) ON u.user_id IN ${sql.list(atLeastOne(userIds))}
    LEFT JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.conversation = c.id
    WHERE c.conversation_id = ${sql.bytes(lookedUp(groupId))} AND c.kind = 'c2g'`,
  decode(rows, { userIds }) {
    const [first] = rows
    if (first === undefined) return null
    const found = new Map(rows.map((row) => [row[1], membershipAt(row, 1)]))
    return { version: first[0] as number, memberships: userIds.map((userId) => found.get(userId) ?? null) }
  },
})

export const members = query<
  { groupId: string; after: string | null; limit: number },
  { readonly members: readonly Membership[]; readonly more: boolean }
>({
  text: (sql, { groupId, after, limit }) => `
    SELECT ${membershipColumns}
    FROM ${sql.t.conversation} c
    STRAIGHT_JOIN ${sql.t.member} mb FORCE INDEX (listed)
      ON mb.conversation = c.id AND mb.to_seq IS NULL AND mb.member_id > ${sql.bytes(lookedUp(after ?? ''))}
    WHERE ${isGroup(sql, groupId)} ORDER BY mb.member_id LIMIT ${sql.int(limit + 1)}`,
  decode(rows, { limit }) {
    const members = rows.map((row) => membershipAt(row, 0)).filter((one) => one !== null)
    return { members: members.slice(0, limit), more: members.length > limit }
  },
})

export interface MemberOf {
  readonly groupIds: readonly string[]
  readonly more: boolean
}

export const memberOf = query<{ userId: string; after: string | null; limit: number }, MemberOf>({
  text: (sql, { userId, after, limit }) => `
    SELECT ${asText('c.conversation_id')} FROM ${sql.t.user} u
    STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.to_seq IS NULL
    STRAIGHT_JOIN ${sql.t.conversation} c
      ON c.id = mb.conversation AND c.kind = 'c2g' AND c.conversation_id > ${sql.bytes(lookedUp(after ?? ''))}
    WHERE u.user_id = ${sql.bytes(lookedUp(userId))} ORDER BY c.conversation_id LIMIT ${sql.int(limit + 1)}`,
  decode(rows, { limit }) {
    const groupIds = rows.map(([groupId]) => groupId as string)
    return { groupIds: groupIds.slice(0, limit), more: groupIds.length > limit }
  },
})

export const owned = query<{ userId: string }, number>({
  text: (sql, { userId }) => `
    SELECT COUNT(*) FROM ${sql.t.user} u STRAIGHT_JOIN ${sql.t.member} mb
      ON mb.person = u.id AND mb.to_seq IS NULL AND mb.role = ${roleCode.owner}
    WHERE u.user_id = ${sql.bytes(lookedUp(userId))}`,
  decode: ([row]) => (row?.[0] as number | undefined) ?? 0,
})

export const follows = query<{ userId: string }, readonly Follow[]>({
  text: (sql, { userId }) => `
    SELECT ${asText('c.conversation_id')}, c.last_seq, c.version
    FROM ${sql.t.user} u
    STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.follows = 1 AND mb.to_seq IS NULL
    STRAIGHT_JOIN ${sql.t.conversation} c ON c.id = mb.conversation
    WHERE u.user_id = ${sql.bytes(lookedUp(userId))}`,
  decode: (rows) =>
    rows.map((row) => {
      const [conversationId, seq, version] = row as [string, number, number]
      return { conversationId, seq, version }
    }),
})

export const followsAfter = query<
  { userId: string; after: string | null; limit: number },
  { readonly timelines: readonly FollowedTimeline[]; readonly more: boolean }
>({
  text: (sql, { userId, after, limit }) => `
    SELECT ${asText('c.conversation_id')}, c.last_seq, mb.from_seq
    FROM ${sql.t.user} u
    STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.follows = 1 AND mb.to_seq IS NULL
    STRAIGHT_JOIN ${sql.t.conversation} c
      ON c.id = mb.conversation AND c.conversation_id > ${sql.bytes(lookedUp(after ?? ''))}
    WHERE u.user_id = ${sql.bytes(lookedUp(userId))} ORDER BY c.conversation_id LIMIT ${sql.int(limit + 1)}`,
  decode(rows, { limit }) {
    const found = rows.map((row) => {
      const [conversationId, seq, from] = row as [string, number, number]
      return { conversationId, seq, from }
    })
    return { timelines: found.slice(0, limit), more: found.length > limit }
  },
})

interface Place {
  readonly conversationId: string
  readonly seq: number
}

export interface ReactionsArgs {
  readonly userId: string
  readonly messages: readonly Place[]
}

export const reactions = query<ReactionsArgs, readonly (readonly string[])[]>({
  text(sql, { userId, messages }) {
    const places: readonly Place[] = messages.length === 0 ? [{ conversationId: '', seq: 0 }] : messages
    const rows = places.map(({ conversationId, seq }, at) => [
      String(at),
      sql.bytes(lookedUp(conversationId)),
      sql.int(seq),
    ])
    return `SELECT v.place, ${asText('r.reaction')}
      FROM ${sql.t.user} u
      STRAIGHT_JOIN ${table(['place', 'conversation_id', 'seq'], rows)} v
      STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = v.conversation_id
      STRAIGHT_JOIN ${sql.t.reaction} r FORCE INDEX (PRIMARY) ON r.conversation = c.id AND r.seq = v.seq AND r.person = u.id
      WHERE u.user_id = ${sql.bytes(lookedUp(userId))}`
  },
  decode(rows, { messages }) {
    const found = messages.map((): string[] => [])
    for (const [place, reaction] of rows) found[place as number]?.push(reaction as string)
    return found
  },
})
