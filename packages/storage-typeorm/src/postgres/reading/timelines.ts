// Ranges of inboxes and conversations, the counters of users, and keys.
import type { InboxPage, MessagePage, StoredEntry, StoredKey, UserHead } from '@rookery/core'
import { factKindOf, systemUser } from '../../rows/codes.js'
import { isKeepable, lookedUp } from '../../rows/text.js'
import { textArray } from '../arrays.js'
import { look } from '../look.js'
import { messageColumns, messageJoins } from './columns.js'
import { query } from './query.js'
import { maybeNumber, maybeText, messageAt, numberOf, rowsIn, textOf, type Row } from './row.js'

/** A page and both counters in one statement, so of one snapshot. */
export const inbox = query({
  sql: (t) => `SELECT u.head, u.floor, (
      SELECT json_agg(ARRAY[i.seq::text, i.at::text, i.kind::text, i.body, c.conversation_id, i.conversation_seq::text,
        ${messageColumns}])
      FROM (SELECT seq, at, kind, body, conversation, conversation_seq FROM ${t.inbox}
        WHERE person = u.id AND seq > $2 ORDER BY seq LIMIT $3) i
      ${look('LEFT', t.conversation, 'c', 'id = i.conversation')}
      ${look('LEFT', t.message, 'm', 'conversation = i.conversation AND seq = i.conversation_seq')}
      ${messageJoins(t)})
    FROM ${t.user} u WHERE u.user_id = $1`,
  types: ['text', 'bigint', 'bigint'],
  values: ({ userId, after, limit }: { userId: string; after: number; limit: number }) => [
    lookedUp(userId),
    String(after),
    String(limit),
  ],
  decode([row]): InboxPage {
    if (!row) return { entries: [], head: 0, floor: 0 }
    return { entries: rowsIn(row[2]).map(entryOf).sort(bySeq), head: numberOf(row, 0), floor: numberOf(row, 1) }
  },
})

function entryOf(row: Row): StoredEntry {
  const [seq, at, kind] = [numberOf(row, 0), numberOf(row, 1), factKindOf(numberOf(row, 2))]
  if (kind !== null) return { seq, at, kind, body: row[3] ?? '{}' }
  const [conversationId, conversationSeq] = [textOf(row, 4), numberOf(row, 5)]
  return { seq, at, kind: 'message', conversationId, conversationSeq, message: messageAt(row, 6) }
}

export interface MessageRange {
  readonly after?: number
  readonly before?: number
  readonly limit: number
}

const pageOf = (order: 'ASC' | 'DESC') =>
  query({
    sql: (t) => `SELECT json_agg(ARRAY[${messageColumns}])
      FROM ${t.conversation} c
      CROSS JOIN LATERAL (SELECT * FROM ${t.message}
        WHERE conversation = c.id AND seq > $2 AND seq < $3 ORDER BY seq ${order} LIMIT $4) m
      ${messageJoins(t)}
      WHERE c.conversation_id = $1`,
    types: ['text', 'bigint', 'bigint', 'bigint'],
    values: ({ conversationId, range }: { conversationId: string; range: MessageRange }) => {
      const { after = 0, before = Number.MAX_SAFE_INTEGER, limit } = range
      return [lookedUp(conversationId), String(after), String(before), String(limit + 1)]
    },
    decode([row], { range }): MessagePage {
      const found = rowsIn(row?.[0])
        .map((one) => messageAt(one, 0))
        .filter((message) => message !== null)
      found.sort(bySeq)
      const more = found.length > range.limit
      if (!more) return { messages: found, more }
      return { messages: order === 'ASC' ? found.slice(0, range.limit) : found.slice(-range.limit), more }
    },
  })

/** The first of a range. */
export const messagesAfter = pageOf('ASC')
/** The last of a range. */
export const messagesBefore = pageOf('DESC')

/** The order of a join is the planner's habit, not its promise. On rows that are in order this is one pass. */
const bySeq = (a: { readonly seq: number }, b: { readonly seq: number }): number => a.seq - b.seq

export const heads = query({
  sql: (t) => `SELECT user_id, head, floor, login_epoch FROM ${t.user} WHERE user_id = ANY ($1)`,
  types: ['text[]'],
  values: ({ userIds }: { userIds: readonly string[] }) => [textArray(userIds.map(lookedUp))],
  decode(rows, { userIds }): readonly UserHead[] {
    const found = new Map(rows.map((row) => [row[0], row]))
    return userIds.map((userId) => {
      const row = found.get(userId)
      if (!row) return { seq: 0, floor: 0, loginEpoch: 0 }
      return { seq: numberOf(row, 1), floor: numberOf(row, 2), loginEpoch: numberOf(row, 3) }
    })
  },
})

export const entryAt = query({
  sql: (t) => `SELECT i.at FROM ${t.user} u
    ${look('INNER', t.inbox, 'i', 'person = u.id AND seq = $2')} WHERE u.user_id = $1`,
  types: ['text', 'bigint'],
  values: ({ userId, seq }: { userId: string; seq: number }) => [lookedUp(userId), String(seq)],
  decode: ([row]): number | null => (row ? numberOf(row, 0) : null),
})

export const key = query({
  sql: (t) => `SELECT coalesce(m.digest, k.digest), m.msg_id, c.conversation_id, m.seq, coalesce(m.server_time, k.at)
    FROM ${t.key} k
    ${look('LEFT', t.message, 'm', 'conversation = k.conversation AND seq = k.seq')}
    ${look('LEFT', t.conversation, 'c', 'id = k.conversation')}
    WHERE k.person = coalesce((SELECT id FROM ${t.user} WHERE user_id = $1), $2) AND k.client_msg_id = $3`,
  types: ['text', 'bigint', 'text'],
  values: ({ from, clientMsgId }: { from: string | null; clientMsgId: string }) => [
    from && lookedUp(from),
    // Whoever has no row has no keys: not even those of the system, who never has one.
    from === null && isKeepable(clientMsgId) ? String(systemUser) : null,
    lookedUp(clientMsgId),
  ],
  decode([row], { clientMsgId }): StoredKey | null {
    if (!row || !isKeepable(clientMsgId)) return null
    return {
      digest: textOf(row, 0),
      msgId: row[1] ?? '',
      conversationId: maybeText(row[2]) ?? '',
      seq: maybeNumber(row[3]) ?? 0,
      serverTime: numberOf(row, 4),
    }
  },
})

export const loginEpoch = query({
  sql: (t) => `SELECT login_epoch FROM ${t.meta} WHERE id = 1`,
  types: [],
  values: (_: null) => [],
  decode([row]): number {
    if (!row) throw new Error('the database has lost its epoch')
    return numberOf(row, 0)
  },
})
