// Ranges of inboxes, the counters of users and conversations, and keys.
import type { ConversationHead, InboxPage, StoredEntry, StoredKey, UserHead } from '@rookery/core'
import { factKindOf, systemUser } from '../../rows/codes.js'
import { isKeepable, lookedUp } from '../../rows/text.js'
import type { Row } from '../link.js'
import { asText } from '../sql.js'
import { keyColumns, keyJoins, storedKeyOf } from '../stored-key.js'
import { intervalColumns, intervalsAt, messageColumns, messageJoins, messageWidth, nulls, seenAt } from './columns.js'
import { query } from './query.js'

/**
 * Reads a page and both counters in one statement, so in one snapshot. The first row holds only the counters. If a join
 * added them to the page, the server would read the inbox to its end and sort it.
 */
export const inbox = query<{ userId: string; after: number; limit: number }, InboxPage>({
  text: (sql, { userId, after, limit }) => `
    (SELECT u.head, u.floor, ${nulls(9 + messageWidth)}
    FROM ${sql.t.user} u WHERE u.user_id = ${sql.bytes(lookedUp(userId))})
    UNION ALL
    (SELECT NULL, NULL, i.seq, i.at, i.kind, i.body, ${asText('c.conversation_id')}, i.conversation_seq,
      ${intervalColumns}, ${messageColumns}
    FROM ${sql.t.user} u
    STRAIGHT_JOIN ${sql.t.inbox} i FORCE INDEX (PRIMARY) ON i.person = u.id AND i.seq > ${sql.int(after)}
    LEFT JOIN ${sql.t.conversation} c ON c.id = i.conversation
    LEFT JOIN ${sql.t.message} m ON m.conversation = i.conversation AND m.seq = i.conversation_seq
    LEFT JOIN ${sql.t.member} mb
      ON mb.person = u.id AND mb.conversation = i.conversation AND m.as_of IS NOT NULL
    ${messageJoins(sql.t)}
    WHERE u.user_id = ${sql.bytes(lookedUp(userId))} ORDER BY i.seq LIMIT ${sql.int(limit)})`,
  decode([counters, ...rows]) {
    if (counters === undefined) return { entries: [], head: 0, floor: 0 }
    const [head, floor] = counters as [number, number]
    return { entries: rows.map(entryOf), head, floor }
  },
})

function entryOf(row: Row): StoredEntry {
  const [seq, at, kind, body, conversationId, conversationSeq] = row.slice(2) as [
    number,
    number,
    number,
    string | null,
    string | null,
    number | null,
  ]
  const fact = factKindOf(kind)
  if (fact !== null) return { seq, at, kind: fact, body: body ?? '{}' }
  if (conversationId === null || conversationSeq === null) throw new Error(`inbox entry ${seq} points nowhere`)
  const message = seenAt(row, 11, () => intervalsAt(row, 8))
  return { seq, at, kind: 'message', conversationId, conversationSeq, message }
}

export const heads = query<{ userIds: readonly string[] }, readonly UserHead[]>({
  text: (sql, { userIds }) => `
    SELECT ${asText('user_id')}, head, floor, login_epoch FROM ${sql.t.user} FORCE INDEX (by_id)
    WHERE user_id IN ${sql.list(atLeastOne(userIds))}`,
  decode(rows, { userIds }) {
    const found = new Map(rows.map((row) => [row[0], row.slice(1) as [number, number, number]]))
    return userIds.map((userId) => {
      const [seq, floor, loginEpoch] = found.get(userId) ?? [0, 0, 0]
      return { seq, floor, loginEpoch }
    })
  },
})

export const conversationHeads = query<{ conversationIds: readonly string[] }, readonly (ConversationHead | null)[]>({
  text: (sql, { conversationIds }) => `
    SELECT ${asText('conversation_id')}, last_seq, version FROM ${sql.t.conversation} FORCE INDEX (by_id)
    WHERE conversation_id IN ${sql.list(atLeastOne(conversationIds))}`,
  decode(rows, { conversationIds }) {
    const found = new Map(rows.map(([id, seq, version]) => [id, { seq: seq as number, version: version as number }]))
    return conversationIds.map((conversationId) => found.get(conversationId) ?? null)
  },
})

/** `IN` takes no empty list, so this lists the empty id, which nobody has. */
export const atLeastOne = (ids: readonly string[]): readonly string[] => (ids.length === 0 ? [''] : ids.map(lookedUp))

export const entryAt = query<{ userId: string; seq: number }, number | null>({
  text: (sql, { userId, seq }) => `
    SELECT i.at FROM ${sql.t.user} u JOIN ${sql.t.inbox} i ON i.person = u.id AND i.seq = ${sql.int(seq)}
    WHERE u.user_id = ${sql.bytes(lookedUp(userId))}`,
  decode: ([row]) => (row ? (row[0] as number) : null),
})

export const key = query<{ from: string | null; clientMsgId: string }, StoredKey | null>({
  text(sql, { from, clientMsgId }) {
    // A user without a row has no keys, and must not be given those of the system, which never has a row.
    const person =
      from === null ? String(systemUser) : `(SELECT id FROM ${sql.t.user} WHERE user_id = ${sql.bytes(lookedUp(from))})`
    return `SELECT ${keyColumns} FROM ${sql.t.key} k ${keyJoins(sql)}
      WHERE k.person = ${person} AND k.client_msg_id = ${sql.bytes(lookedUp(clientMsgId))}`
  },
  decode([row], { clientMsgId }) {
    return row && isKeepable(clientMsgId) ? storedKeyOf(row) : null
  },
})

export const loginEpoch = query<null, number>({
  text: (sql) => `SELECT login_epoch FROM ${sql.t.meta} WHERE id = 1`,
  decode([row]) {
    if (!row) throw new Error('the database has lost its epoch')
    return row[0] as number
  },
})
