// Who is a member of what, and which devices there are.
import type { Access, ConversationKind, Device, ReadersPage } from '@rookery/core'
import { isBegun } from '../../rows/begun.js'
import { fanOutOf } from '../../rows/codes.js'
import { lookedUp } from '../../rows/text.js'
import { asText } from '../sql.js'
import { membershipAt, membershipColumns } from './groups.js'
import { query } from './query.js'
import { atLeastOne } from './timelines.js'

/** The host is not a member, but may read every conversation. */
export const access = query<{ conversationId: string; userId: string | null }, Access | null>({
  text: (sql, { conversationId, userId }) => `
    SELECT c.kind, ${asText('a.user_id')}, ${asText('b.user_id')}, c.subject, c.version, c.last_seq, c.floor_seq,
      c.fan_out, c.members, c.muted_until, ${userId === null ? ofNobody : membershipColumns}
    FROM ${sql.t.conversation} c
    ${
      userId === null
        ? ''
        : `STRAIGHT_JOIN ${sql.t.user} u ON u.user_id = ${sql.bytes(lookedUp(userId))}
          STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.conversation = c.id AND mb.to_seq IS NULL
            AND ${isBegun}`
    }
    LEFT JOIN ${sql.t.user} a ON a.id = c.user_a LEFT JOIN ${sql.t.user} b ON b.id = c.user_b
    WHERE c.conversation_id = ${sql.bytes(lookedUp(conversationId))} AND c.dissolved = 0`,
  decode([row], { conversationId }) {
    if (!row) return null
    const [kind, a, b, subject] = row as [ConversationKind, string | null, string | null, string]
    const [version, seq, floor, fanOut, memberCount, mutedUntil] = row.slice(4) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const users = [...new Set([a, b])].filter((userId) => userId !== null)
    const membership = membershipAt(row, 10)
    const group = kind === 'c2c' ? null : { fanOut: fanOutOf(fanOut), memberCount, mutedUntil, membership }
    return { conversationId, kind, users, subject, version, seq, floor, group }
  },
})

const ofNobody = 'NULL, NULL, NULL, NULL, NULL, NULL'

/**
 * For a group this counts the rows of members, and lists members by their ids. The row of a c2c conversation holds its
 * two users' positions.
 */
export const readers = query<{ conversationId: string; seq: number; after: string | null; limit: number }, ReadersPage>(
  {
    text(sql, { conversationId, seq, after, limit }) {
      const active = `FROM ${sql.t.conversation} c
      STRAIGHT_JOIN ${sql.t.member} mb FORCE INDEX (listed) ON mb.conversation = c.id AND mb.to_seq IS NULL
        AND mb.from_seq < ${sql.int(seq)}
      WHERE c.conversation_id = ${sql.bytes(lookedUp(conversationId))} AND c.kind <> 'c2c'`
      return `SELECT c.kind, ${asText('a.user_id')}, c.a_read_seq, ${asText('b.user_id')}, c.b_read_seq,
        t.has_read, t.total, ${asText('p.member_id')}
      FROM ${sql.t.conversation} c
      LEFT JOIN ${sql.t.user} a ON a.id = c.user_a LEFT JOIN ${sql.t.user} b ON b.id = c.user_b
      LEFT JOIN (SELECT CAST(COALESCE(SUM(mb.read_seq >= ${sql.int(seq)}), 0) AS SIGNED) AS has_read, COUNT(*) AS total
        ${active}) t ON TRUE
      LEFT JOIN (SELECT mb.member_id ${active} AND mb.read_seq >= ${sql.int(seq)}
        AND mb.member_id > ${sql.bytes(lookedUp(after ?? ''))} ORDER BY mb.member_id LIMIT ${sql.int(limit + 1)}) p ON TRUE
      WHERE c.conversation_id = ${sql.bytes(lookedUp(conversationId))}`
    },
    decode(rows, { seq, after, limit }) {
      const [first] = rows
      if (first === undefined) return { read: 0, total: 0, userIds: [], more: false }
      const [kind, a, aReadSeq, b, bReadSeq, read, total] = first as [
        string,
        string | null,
        number,
        string | null,
        number,
        number,
        number,
      ]
      if (kind === 'c2c') {
        const both = new Map([
          [b, bReadSeq],
          [a, aReadSeq],
        ])
        both.delete(null)
        const who = [...both].flatMap(([userId, readSeq]) => (userId !== null && readSeq >= seq ? [userId] : []))
        const rest = who.filter((userId) => after === null || userId > after).toSorted()
        return { read: who.length, total: both.size, userIds: rest.slice(0, limit), more: rest.length > limit }
      }
      const userIds = rows.flatMap((row) => (row[7] === null ? [] : [row[7] as string])).toSorted()
      return { read, total, userIds: userIds.slice(0, limit), more: userIds.length > limit }
    },
  },
)

/** A user shares a conversation with itself only where it has a conversation with itself. */
export const sharing = query<{ userId: string; others: readonly string[] }, readonly string[]>({
  text: (sql, { userId, others }) => `
    SELECT ${asText('o.user_id')} FROM ${sql.t.user} o FORCE INDEX (by_id)
    WHERE o.user_id IN ${sql.list(atLeastOne(others))} AND EXISTS (
      SELECT 1 FROM ${sql.t.user} me
        STRAIGHT_JOIN ${sql.t.member} theirs ON theirs.person = o.id AND theirs.to_seq IS NULL
        STRAIGHT_JOIN ${sql.t.member} own
          ON own.person = me.id AND own.conversation = theirs.conversation AND own.to_seq IS NULL
        STRAIGHT_JOIN ${sql.t.conversation} c ON c.id = own.conversation
      WHERE me.user_id = ${sql.bytes(lookedUp(userId))}
        AND ${isBegun.replaceAll('mb.', 'own.')}
        AND (o.id <> me.id OR (c.user_a = me.id AND c.user_b = me.id)))`,
  decode(rows, { others }) {
    const found = new Set(rows.map((row) => row[0]))
    return others.filter((userId) => found.has(userId))
  },
})

export const devices = query<{ userIds: readonly string[] }, readonly Device[]>({
  text: (sql, { userIds }) => `
    SELECT ${asText('u.user_id')}, ${asText('d.device_id')}, d.device_type, d.delivered_from, d.delivered_to, d.seen_at
    FROM ${sql.t.user} u FORCE INDEX (by_id)
    STRAIGHT_JOIN ${sql.t.device} d FORCE INDEX (PRIMARY) ON d.person = u.id
    WHERE u.user_id IN ${sql.list(atLeastOne(userIds))}`,
  decode: (rows) =>
    rows.map((row) => {
      const [userId, deviceId, deviceType, deliveredFrom, deliveredTo, seenAt] = row as [
        string,
        string,
        string,
        number,
        number,
        number | null,
      ]
      return { userId, deviceId, deviceType, deliveredFrom, deliveredTo, seenAt }
    }),
})
