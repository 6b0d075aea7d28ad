// Who is a member of what, and which devices there are.
import type { Access, ConversationKind, Device, ReadersPage } from '@rookery/core'
import { isBegun } from '../../rows/begun.js'
import { fanOutOf } from '../../rows/codes.js'
import { lookedUp } from '../../rows/text.js'
import { textArray } from '../arrays.js'
import { look } from '../look.js'
import { byBytes, membershipAt, membershipColumns } from './membership.js'
import { query } from './query.js'
import { maybeNumber, maybeText, numberOf, textOf } from './row.js'

export const access = query({
  sql: (t) => `SELECT c.kind, a.user_id, b.user_id, c.subject, c.version, c.last_seq, c.floor_seq, c.fan_out, c.members,
      c.muted_until, ${membershipColumns}
    FROM ${t.conversation} c
    ${look('LEFT', t.user, 'a', 'id = c.user_a')} ${look('LEFT', t.user, 'b', 'id = c.user_b')}
    ${look('LEFT', t.user, 'u', 'user_id = $2')}
    ${look('LEFT', t.member, 'mb', 'person = u.id AND conversation = c.id AND to_seq IS NULL')}
    WHERE c.conversation_id = $1 AND NOT c.dissolved AND ($2::text IS NULL OR (mb.person IS NOT NULL AND ${isBegun}))`,
  types: ['text', 'text'],
  values: ({ conversationId, userId }: { conversationId: string; userId: string | null }) => [
    lookedUp(conversationId),
    userId === null ? null : lookedUp(userId),
  ],
  decode([row], { conversationId, userId }): Access | null {
    if (!row) return null
    const kind = textOf(row, 0) as ConversationKind
    return {
      conversationId,
      kind,
      users: [...new Set([maybeText(row[1]), maybeText(row[2])])].filter((one) => one !== null),
      subject: textOf(row, 3),
      version: numberOf(row, 4),
      seq: numberOf(row, 5),
      floor: numberOf(row, 6),
      group:
        kind === 'c2c'
          ? null
          : {
              fanOut: fanOutOf(numberOf(row, 7)),
              memberCount: numberOf(row, 8),
              mutedUntil: numberOf(row, 9),
              membership: userId === null ? null : membershipAt(row, 10),
            },
    }
  },
})

/** A user shares a conversation with itself only where it has a conversation with itself. */
export const sharing = query({
  sql: (t) => `SELECT o.user_id
    FROM ${t.user} me ${look('INNER', t.user, 'o', 'user_id = ANY ($2)')}
    WHERE me.user_id = $1 AND EXISTS (
      SELECT FROM ${t.member} theirs
        ${look('INNER', t.member, 'own', 'person = me.id AND conversation = theirs.conversation AND to_seq IS NULL')}
        ${look('INNER', t.conversation, 'c', 'id = own.conversation')}
      WHERE theirs.person = o.id AND theirs.to_seq IS NULL
        AND ${isBegun.replaceAll('mb.', 'own.')}
        AND (o.id <> me.id OR (c.user_a = me.id AND c.user_b = me.id)))`,
  types: ['text', 'text[]'],
  values: ({ userId, others }: { userId: string; others: readonly string[] }) => [
    lookedUp(userId),
    textArray(others.map(lookedUp)),
  ],
  decode(rows, { others }): readonly string[] {
    const found = new Set(rows.map((row) => row[0]))
    return others.filter((userId) => found.has(userId))
  },
})

/** Whether the member of a membership row in conversation `c` has read up to `$2`. */
const hasRead = `CASE person WHEN c.user_a THEN c.a_read_seq WHEN c.user_b THEN c.b_read_seq ELSE read_seq END >= $2`

/** The row of a c2c conversation holds its members' positions. This sorts, as every list of members does. */
export const readers = query({
  sql: (t) => `SELECT s.read, s.total, w.user_id
    FROM ${t.conversation} c
    CROSS JOIN LATERAL (SELECT count(*) AS total, count(*) FILTER (WHERE ${hasRead}) AS read
      FROM ${t.member} WHERE conversation = c.id AND to_seq IS NULL AND (from_seq < $2 OR c.kind = 'c2c')) s
    LEFT JOIN LATERAL (SELECT u.user_id
      FROM ${t.member} mb ${look('INNER', t.user, 'u', 'id = mb.person')}
      WHERE mb.conversation = c.id AND mb.to_seq IS NULL AND (mb.from_seq < $2 OR c.kind = 'c2c') AND ${hasRead} AND ($3::text IS NULL OR u.user_id > $3)
      ORDER BY u.user_id LIMIT $4) w ON true
    WHERE c.conversation_id = $1`,
  types: ['text', 'bigint', 'text', 'bigint'],
  values: (given: { conversationId: string; seq: number; after: string | null; limit: number }) => [
    lookedUp(given.conversationId),
    String(given.seq),
    given.after === null ? null : lookedUp(given.after),
    String(given.limit + 1),
  ],
  decode(rows, { limit }): ReadersPage {
    const [first] = rows
    if (!first) return { read: 0, total: 0, userIds: [], more: false }
    const userIds = rows
      .flatMap((row) => maybeText(row[2]) ?? [])
      .sort(byBytes)
      .slice(0, limit)
    return { read: numberOf(first, 0), total: numberOf(first, 1), userIds, more: rows.length > limit }
  },
})

export const devices = query({
  sql: (t) => `SELECT u.user_id, d.device_id, d.device_type, d.delivered_from, d.delivered_to, d.seen_at
    FROM ${t.user} u ${look('INNER', t.device, 'd', 'person = u.id')} WHERE u.user_id = ANY ($1)`,
  types: ['text[]'],
  values: ({ userIds }: { userIds: readonly string[] }) => [textArray(userIds.map(lookedUp))],
  decode: (rows): readonly Device[] =>
    rows.map((row) => ({
      userId: textOf(row, 0),
      deviceId: textOf(row, 1),
      deviceType: textOf(row, 2),
      deliveredFrom: numberOf(row, 3),
      deliveredTo: numberOf(row, 4),
      seenAt: maybeNumber(row[5]),
    })),
})
