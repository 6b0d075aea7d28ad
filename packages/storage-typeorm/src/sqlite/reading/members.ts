// Who is a member of what, and which devices there are.
import type { Access, ConversationKind, Device } from '@rookery/core'
import { lookedUp } from '../../rows/text.js'
import { onlyText, query } from './query.js'

type AccessTuple = readonly [ConversationKind, string | null, string | null, string, number, number, number]

export const access = query<{ conversationId: string; userId: string | null }, AccessTuple | null, Access | null>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_array(c.kind, a.user_id, b.user_id, c.subject, c.version, c.last_seq, c.floor_seq)
          FROM ${t.conversation} c LEFT JOIN ${t.user} a ON a.id = c.user_a LEFT JOIN ${t.user} b ON b.id = c.user_b
          WHERE c.conversation_id = ? AND (? OR EXISTS (
            SELECT 1 FROM ${t.user} u CROSS JOIN ${t.member} mb ON mb.user = u.id
            WHERE u.user_id = ? AND mb.conversation = c.id AND mb.to_seq IS NULL))`,
      )
      .raw()
    return ({ conversationId, userId }) => {
      const row = find.get([lookedUp(conversationId), userId === null ? 1 : 0, userId && lookedUp(userId)])
      return row === undefined ? 'null' : onlyText(row)
    }
  },
  decode(raw, { conversationId }) {
    if (raw === null) return null
    const [kind, a, b, subject, version, seq, floor] = raw
    const users = [...new Set([a, b])].filter((userId) => userId !== null)
    return { conversationId, kind, users, subject, version, seq, floor }
  },
})

/** With oneself one shares only a conversation with oneself. */
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
