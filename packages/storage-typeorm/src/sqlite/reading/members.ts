// Who is a member of what, and which devices there are.
import type { Access, ConversationKind, Device, ReadersPage } from '@rookery/core'
import { isBegun } from '../../rows/begun.js'
import { fanOutOf } from '../../rows/codes.js'
import { lookedUp } from '../../rows/text.js'
import { membershipOf } from './groups.js'
import { onlyText, query, snapshot } from './query.js'

type AccessTuple = readonly [
  kind: ConversationKind,
  a: string | null,
  b: string | null,
  subject: string,
  version: number,
  seq: number,
  floor: number,
  fanOut: number,
  memberCount: number,
  mutedUntil: number,
  role: number | null,
  joinedAt: number,
  memberMutedUntil: number | null,
  from: number,
]

export const access = query<{ conversationId: string; userId: string | null }, AccessTuple | null, Access | null>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_array(c.kind, a.user_id, b.user_id, c.subject, c.version, c.last_seq, c.floor_seq, c.fan_out,
            c.members, c.muted_until, mb.role, mb.joined_at, mb.muted_until, mb.from_seq)
          FROM ${t.conversation} c LEFT JOIN ${t.user} a ON a.id = c.user_a LEFT JOIN ${t.user} b ON b.id = c.user_b
          LEFT JOIN ${t.user} u ON u.user_id = ?
          LEFT JOIN ${t.member} mb ON mb.user = u.id AND mb.conversation = c.id AND mb.to_seq IS NULL
          WHERE c.conversation_id = ? AND c.dissolved = 0 AND (? OR (mb.user IS NOT NULL AND ${isBegun}))`,
      )
      .raw()
    return ({ conversationId, userId }) => {
      const row = find.get([userId && lookedUp(userId), lookedUp(conversationId), userId === null ? 1 : 0])
      return row === undefined ? 'null' : onlyText(row)
    }
  },
  decode(raw, { conversationId, userId }) {
    if (raw === null) return null
    const [kind, a, b, subject, version, seq, floor, fanOut, memberCount, mutedUntil, ...place] = raw
    const users = [...new Set([a, b])].filter((one) => one !== null)
    const [role, joinedAt, memberMutedUntil, from] = place
    const membership =
      userId === null || role === null ? null : membershipOf([userId, role, joinedAt, memberMutedUntil, from, null])
    const group = kind === 'c2c' ? null : { fanOut: fanOutOf(fanOut), memberCount, mutedUntil, membership }
    return { conversationId, kind, users, subject, version, seq, floor, group }
  },
})

/** A user shares a conversation with itself only where it has a conversation with itself. */
export const sharing = query<{ userId: string; others: readonly string[] }, string[], readonly string[]>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(o.user_id)
          FROM ${t.user} me CROSS JOIN json_each(?) asked CROSS JOIN ${t.user} o ON o.user_id = asked.value
          WHERE me.user_id = ? AND EXISTS (
            SELECT 1 FROM ${t.member} theirs
            CROSS JOIN ${t.member} own ON own.user = me.id AND own.conversation = theirs.conversation
            CROSS JOIN ${t.conversation} c ON c.id = own.conversation
            WHERE theirs.user = o.id AND theirs.to_seq IS NULL AND own.to_seq IS NULL
              AND ${isBegun.replaceAll('mb.', 'own.')}
              AND (o.id <> me.id OR (c.user_a = me.id AND c.user_b = me.id)))`,
      )
      .raw()
    return ({ userId, others }) => onlyText(find.get([JSON.stringify(others.map(lookedUp)), lookedUp(userId)]))
  },
  decode(raw, { others }) {
    const found = new Set(raw)
    return others.filter((userId) => found.has(userId))
  },
})

/**
 * The row of a c2c conversation holds its members' positions. For a group this counts the rows of members, and lists
 * members by their ids.
 */
export const readers = query<
  { conversationId: string; seq: number; after: string | null; limit: number },
  readonly [read: number, total: number, userIds: string[]],
  ReadersPage
>({
  prepare(db, t) {
    const find = db
      .prepare(`SELECT c.id, c.kind, a.user_id, c.a_read_seq, b.user_id, c.b_read_seq
          FROM ${t.conversation} c LEFT JOIN ${t.user} a ON a.id = c.user_a LEFT JOIN ${t.user} b ON b.id = c.user_b
          WHERE c.conversation_id = ?`)
      .raw()
    const active = `FROM ${t.member} mb
      WHERE mb.conversation = ? AND mb.to_seq IS NULL AND mb.member_id IS NOT NULL AND mb.from_seq < ?`
    const count = db.prepare(`SELECT ifnull(sum(mb.read_seq >= ?), 0), count(*) ${active}`).raw()
    const page = db
      .prepare(
        `SELECT json_group_array(member_id) FROM (
          SELECT mb.member_id ${active} AND mb.member_id > ? AND mb.read_seq >= ? ORDER BY mb.member_id LIMIT ?) page`,
      )
      .raw()
    const inSnapshot = snapshot(db)
    return ({ conversationId, seq, after, limit }) =>
      inSnapshot(() => {
        const row = find.get([lookedUp(conversationId)]) as ReadersTuple | undefined
        if (row === undefined) return '[0,0,[]]'
        const [id, kind, a, aReadSeq, b, bReadSeq] = row
        const from = after === null ? '' : lookedUp(after)
        if (kind === 'c2c') {
          const both = new Map([
            [b, bReadSeq],
            [a, aReadSeq],
          ])
          both.delete(null)
          const read = [...both].flatMap(([userId, readSeq]) => (userId !== null && readSeq >= seq ? [userId] : []))
          return JSON.stringify([read.length, both.size, read.filter((userId) => userId > from)])
        }
        const [read, total] = count.get([seq, id, seq]) as [number, number]
        return `[${read},${total},${onlyText(page.get([id, seq, from, seq, limit + 1]))}]`
      })
  },
  decode([read, total, found], { limit }) {
    const userIds = found.toSorted()
    return { read, total, userIds: userIds.slice(0, limit), more: userIds.length > limit }
  },
})
type ReadersTuple = [id: number, kind: string, a: string | null, aReadSeq: number, b: string | null, bReadSeq: number]

type DeviceTuple = readonly [string, string, string, number, number, number | null]

export const devices = query<{ userIds: readonly string[] }, DeviceTuple[], readonly Device[]>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(
            u.user_id, d.device_id, d.device_type, d.delivered_from, d.delivered_to, d.seen_at))
          FROM json_each(?) asked CROSS JOIN ${t.user} u ON u.user_id = asked.value
          CROSS JOIN ${t.device} d ON d.user = u.id`,
      )
      .raw()
    return ({ userIds }) => onlyText(find.get([JSON.stringify([...new Set(userIds)].map(lookedUp))]))
  },
  decode: (raw) =>
    raw.map(([userId, deviceId, deviceType, deliveredFrom, deliveredTo, seenAt]) => ({
      userId,
      deviceId,
      deviceType,
      deliveredFrom,
      deliveredTo,
      seenAt,
    })),
})
