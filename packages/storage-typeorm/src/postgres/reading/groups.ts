// Groups and who is in them.
import type { Group, Membership, Roster } from '@rookery/core'
import { fanOutCode, fanOutOf, roleCode } from '../../rows/codes.js'
import { lookedUp } from '../../rows/text.js'
import { textArray } from '../arrays.js'
import { look } from '../look.js'
import { byBytes, membershipAt, membershipColumns } from './membership.js'
import { query } from './query.js'
import { maybeText, numberOf, textOf } from './row.js'

/** A group that was not dissolved. */
const isGroup = `c.conversation_id = $1 AND c.kind = 'c2g' AND NOT c.dissolved`

export const group = query({
  sql: (
    t,
  ) => `SELECT c.name, c.avatar, c.announcement, c.ext, o.user_id, c.members, c.version, c.fan_out, c.muted_until,
      c.created_at
    FROM ${t.conversation} c ${look('LEFT', t.user, 'o', 'id = c.owner')} WHERE ${isGroup}`,
  types: ['text'],
  values: ({ groupId }: { groupId: string }) => [lookedUp(groupId)],
  decode([row], { groupId }): Group | null {
    if (!row) return null
    return {
      groupId,
      name: row[0] ?? '',
      avatar: maybeText(row[1]),
      announcement: maybeText(row[2]),
      ext: maybeText(row[3]),
      ownerId: row[4] ?? '',
      memberCount: numberOf(row, 5),
      version: numberOf(row, 6),
      fanOut: fanOutOf(numberOf(row, 7)),
      mutedUntil: numberOf(row, 8),
      createdAt: numberOf(row, 9),
    }
  },
})

/** The query reads no members of a group that is fanned out on read. */
export const roster = query({
  sql: (t) => `SELECT c.version, c.fan_out, c.muted_until, c.members, ${membershipColumns}
    FROM ${t.conversation} c
    ${look('LEFT', t.member, 'mb', `conversation = c.id AND to_seq IS NULL AND c.fan_out = ${fanOutCode.write}`)}
    ${look('LEFT', t.user, 'u', 'id = mb.person')}
    WHERE ${isGroup}`,
  types: ['text'],
  values: ({ groupId }: { groupId: string }) => [lookedUp(groupId)],
  decode(rows): Roster | null {
    const [first] = rows
    if (!first) return null
    return {
      version: numberOf(first, 0),
      fanOut: fanOutOf(numberOf(first, 1)),
      mutedUntil: numberOf(first, 2),
      memberCount: numberOf(first, 3),
      members: rows.filter((row) => row[4] !== null).map((row) => membershipAt(row, 4)),
    }
  },
})

export interface Memberships {
  readonly version: number
  readonly memberships: readonly (Membership | null)[]
}

export const memberships = query({
  sql: (t) => `SELECT c.version, ${membershipColumns}
    FROM ${t.conversation} c
    LEFT JOIN LATERAL (SELECT u.user_id, m.* FROM ${t.user} u
      ${look('INNER', t.member, 'm', 'person = u.id AND conversation = c.id')}
      WHERE u.user_id = ANY ($2)) mb ON true
    CROSS JOIN LATERAL (SELECT mb.user_id) u
    WHERE c.conversation_id = $1 AND c.kind = 'c2g'`,
  types: ['text', 'text[]'],
  values: ({ groupId, userIds }: { groupId: string; userIds: readonly string[] }) => [
    lookedUp(groupId),
    textArray(userIds.map(lookedUp)),
  ],
  decode(rows, { userIds }): Memberships | null {
    const [first] = rows
    if (!first) return null
    const found = new Map(rows.filter((row) => row[1] !== null).map((row) => [textOf(row, 1), membershipAt(row, 1)]))
    return { version: numberOf(first, 0), memberships: userIds.map((userId) => found.get(userId) ?? null) }
  },
})

/** This sorts, because the index has the order of numbers and the result has that of ids. */
export const members = query({
  sql: (t) => `SELECT ${membershipColumns}
    FROM ${t.conversation} c
    ${look('INNER', t.member, 'mb', 'conversation = c.id AND to_seq IS NULL')}
    ${look('INNER', t.user, 'u', 'id = mb.person')}
    WHERE ${isGroup} AND ($2::text IS NULL OR u.user_id > $2) ORDER BY u.user_id LIMIT $3`,
  types: ['text', 'text', 'bigint'],
  values: ({ groupId, after, limit }: { groupId: string; after: string | null; limit: number }) => [
    lookedUp(groupId),
    after === null ? null : lookedUp(after),
    String(limit + 1),
  ],
  decode(rows, { limit }): { readonly members: readonly Membership[]; readonly more: boolean } {
    const found = rows.map((row) => membershipAt(row, 0)).sort((a, b) => byBytes(a.userId, b.userId))
    return { members: found.slice(0, limit), more: found.length > limit }
  },
})

/** This sorts, as `members` does. */
export const memberOf = query({
  sql: (t) => `SELECT c.conversation_id
    FROM ${t.user} u ${look('INNER', t.member, 'mb', 'person = u.id AND to_seq IS NULL')}
    ${look('INNER', t.conversation, 'c', `id = mb.conversation AND kind = 'c2g' AND ($2::text IS NULL OR conversation_id > $2)`)}
    WHERE u.user_id = $1 ORDER BY c.conversation_id LIMIT $3`,
  types: ['text', 'text', 'bigint'],
  values: ({ userId, after, limit }: { userId: string; after: string | null; limit: number }) => [
    lookedUp(userId),
    after === null ? null : lookedUp(after),
    String(limit + 1),
  ],
  decode(rows, { limit }): { readonly groupIds: readonly string[]; readonly more: boolean } {
    const groupIds = rows.map((row) => textOf(row, 0))
    return { groupIds: groupIds.slice(0, limit), more: groupIds.length > limit }
  },
})

export const owned = query({
  sql: (t) => `SELECT count(*) FROM ${t.user} u
    ${look('INNER', t.member, 'mb', `person = u.id AND to_seq IS NULL AND role = ${roleCode.owner}`)}
    WHERE u.user_id = $1`,
  types: ['text'],
  values: ({ userId }: { userId: string }) => [lookedUp(userId)],
  decode: ([row]): number => (row ? numberOf(row, 0) : 0),
})
