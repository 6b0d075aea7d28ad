// Who is a member of what, and which devices there are.
import type { Access, ConversationKind, Device } from '@rookery/core'
import { lookedUp } from '../../rows/text.js'
import { textArray } from '../arrays.js'
import { look } from '../look.js'
import { query } from './query.js'
import { maybeNumber, maybeText, numberOf, textOf } from './row.js'

export const access = query({
  sql: (t) => `SELECT c.kind, a.user_id, b.user_id, c.subject, c.version, c.last_seq, c.floor_seq
    FROM ${t.conversation} c
    ${look('LEFT', t.user, 'a', 'id = c.user_a')} ${look('LEFT', t.user, 'b', 'id = c.user_b')}
    WHERE c.conversation_id = $1 AND ($2::text IS NULL OR EXISTS (
      SELECT FROM ${t.user} u
        ${look('INNER', t.member, 'mb', 'person = u.id AND conversation = c.id AND to_seq IS NULL')}
      WHERE u.user_id = $2))`,
  types: ['text', 'text'],
  values: ({ conversationId, userId }: { conversationId: string; userId: string | null }) => [
    lookedUp(conversationId),
    userId === null ? null : lookedUp(userId),
  ],
  decode([row], { conversationId }): Access | null {
    if (!row) return null
    const users = [...new Set([maybeText(row[1]), maybeText(row[2])])].filter((userId) => userId !== null)
    return {
      conversationId,
      kind: textOf(row, 0) as ConversationKind,
      users,
      subject: textOf(row, 3),
      version: numberOf(row, 4),
      seq: numberOf(row, 5),
      floor: numberOf(row, 6),
    }
  },
})

/** With oneself one shares only a conversation with oneself. */
export const sharing = query({
  sql: (t) => `SELECT o.user_id
    FROM ${t.user} me ${look('INNER', t.user, 'o', 'user_id = ANY ($2)')}
    WHERE me.user_id = $1 AND EXISTS (
      SELECT FROM ${t.member} theirs
        ${look('INNER', t.member, 'own', 'person = me.id AND conversation = theirs.conversation AND to_seq IS NULL')}
        ${look('INNER', t.conversation, 'c', 'id = own.conversation')}
      WHERE theirs.person = o.id AND theirs.to_seq IS NULL
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
