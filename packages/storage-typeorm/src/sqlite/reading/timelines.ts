// Ranges of inboxes and conversations, the counters of users, and keys.
import type { InboxPage, MessagePage, StoredKey, UserHead } from '@rookery/core'
import { systemUser } from '../../rows/codes.js'
import { entryOf, type EntryTuple } from '../../rows/entry.js'
import { messageOf, type MessageTuple } from '../../rows/message.js'
import { isKeepable, lookedUp } from '../../rows/text.js'
import { messageJoins, messageJson } from './message.js'
import { onlyText, query } from './query.js'

/** A page and both counters in one statement, so of one snapshot. A pointer is followed only to the message it names. */
export const inbox = query<
  { userId: string; after: number; limit: number },
  readonly [head: number, floor: number, entries: EntryTuple[]] | null,
  InboxPage
>({
  prepare(db, t) {
    const page = db
      .prepare(
        `SELECT u.head, u.floor, (
          SELECT json_group_array(json_array(i.seq, i.at, i.kind, i.body, c.conversation_id, i.conversation_seq,
            ${messageJson}))
          FROM (SELECT * FROM ${t.inbox} WHERE user = u.id AND seq > ? ORDER BY seq LIMIT ?) i
          LEFT JOIN ${t.conversation} c ON c.id = i.conversation
          LEFT JOIN ${t.message} m
            ON m.id = i.message AND +m.conversation = i.conversation AND +m.seq = i.conversation_seq
          ${messageJoins(t)})
        FROM ${t.user} u WHERE u.user_id = ?`,
      )
      .raw()
    return ({ userId, after, limit }) => {
      const row = page.get([after, limit, lookedUp(userId)]) as [number, number, string] | undefined
      return row ? `[${row[0]},${row[1]},${row[2]}]` : 'null'
    }
  },
  decode(raw) {
    if (raw === null) return { entries: [], head: 0, floor: 0 }
    const [head, floor, entries] = raw
    return { entries: entries.map(entryOf).sort(bySeq), head, floor }
  },
})

export interface MessageRange {
  readonly after?: number
  readonly before?: number
  readonly limit: number
}

const forward = ({ after, before }: MessageRange): boolean => after !== undefined && before === undefined

export const messages = query<{ conversationId: string; range: MessageRange }, MessageTuple[] | null, MessagePage>({
  prepare(db, t) {
    const page = (order: 'ASC' | 'DESC') =>
      db
        .prepare(
          `SELECT (SELECT json_group_array(${messageJson})
            FROM (SELECT * FROM ${t.message}
              WHERE conversation = c.id AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?) m
            ${messageJoins(t)})
          FROM ${t.conversation} c WHERE c.conversation_id = ?`,
        )
        .raw()
    const [first, last] = [page('ASC'), page('DESC')]
    return ({ conversationId, range }) => {
      const { after = 0, before = Number.MAX_SAFE_INTEGER, limit } = range
      const row = (forward(range) ? first : last).get([after, before, limit + 1, lookedUp(conversationId)])
      return row === undefined ? 'null' : onlyText(row)
    }
  },
  decode(raw, { range }) {
    const found = (raw ?? []).map(messageOf).sort(bySeq)
    const more = found.length > range.limit
    if (!more) return { messages: found, more }
    return { messages: forward(range) ? found.slice(0, range.limit) : found.slice(found.length - range.limit), more }
  },
})

/** The order of an aggregate is SQLite's habit, not its promise. On rows that are in order this is one pass. */
const bySeq = (a: { readonly seq: number }, b: { readonly seq: number }): number => a.seq - b.seq

export const heads = query<
  { userIds: readonly string[] },
  [userId: string, seq: number, floor: number, loginEpoch: number][],
  readonly UserHead[]
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(u.user_id, u.head, u.floor, u.login_epoch))
          FROM json_each(?) asked CROSS JOIN ${t.user} u ON u.user_id = asked.value`,
      )
      .raw()
    return ({ userIds }) => onlyText(find.get([JSON.stringify(userIds.map(lookedUp))]))
  },
  decode(raw, { userIds }) {
    const found = new Map(raw.map(([userId, seq, floor, loginEpoch]) => [userId, { seq, floor, loginEpoch }]))
    return userIds.map((userId) => found.get(userId) ?? { seq: 0, floor: 0, loginEpoch: 0 })
  },
})

export const entryAt = query<{ userId: string; seq: number }, number | null, number | null>({
  prepare(db, t) {
    const find = db
      .prepare(`SELECT at FROM ${t.inbox} WHERE user = (SELECT id FROM ${t.user} WHERE user_id = ?) AND seq = ?`)
      .raw()
    return ({ userId, seq }) => {
      const row = find.get([lookedUp(userId), seq]) as [number] | undefined
      return row ? String(row[0]) : 'null'
    }
  },
  decode: (raw) => raw,
})

export const key = query<
  { from: string | null; clientMsgId: string },
  [string, string | null, string | null, number | null, number] | null,
  StoredKey | null
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_array(ifnull(m.digest, k.digest), m.msg_id, c.conversation_id, m.seq, ifnull(m.server_time, k.at))
          FROM ${t.key} k
          LEFT JOIN ${t.message} m ON m.id = k.message
          LEFT JOIN ${t.conversation} c ON c.id = ifnull(m.conversation, k.conversation)
          WHERE k.user = ifnull((SELECT id FROM ${t.user} WHERE user_id = ?), ?) AND k.client_msg_id = ?`,
      )
      .raw()
    return ({ from, clientMsgId }) => {
      if (!isKeepable(clientMsgId)) return 'null'
      // Whoever has no row has no keys: not even those of the system, who never has one.
      const row = find.get([from && lookedUp(from), from === null ? systemUser : null, clientMsgId])
      return row === undefined ? 'null' : onlyText(row)
    }
  },
  decode(raw) {
    if (raw === null) return null
    const [digest, msgId, conversationId, seq, serverTime] = raw
    return { digest, msgId: msgId ?? '', conversationId: conversationId ?? '', seq: seq ?? 0, serverTime }
  },
})

export const loginEpoch = query<null, number, number>({
  prepare(db, t) {
    const find = db.prepare(`SELECT login_epoch FROM ${t.meta}`).raw()
    return () => String((find.get([]) as [number])[0])
  },
  decode: (raw) => raw,
})
