// Ranges of inboxes, the counters of users and conversations, reactions, and keys.
import type {
  ConversationHead,
  Follow,
  FollowedTimeline,
  InboxPage,
  StoredEntry,
  StoredKey,
  UserHead,
} from '@rookery/core'
import { systemUser } from '../../rows/codes.js'
import { entryOf, type EntryTuple } from '../../rows/entry.js'
import { asSeen } from '../../rows/seen.js'
import { isKeepable, lookedUp } from '../../rows/text.js'
import { messageJoins, messageJson } from './message.js'
import { onlyText, query } from './query.js'
import { intervalsOf, intervalsText, mayBeWithheld } from './seen.js'

/** For an entry that points at a changed message of a group: the message's last edit and the reader's intervals. */
type ChangedEntry = readonly [seq: number, editSeq: number | null, intervals: string | null]

/**
 * Reads a page and both counters in one statement, so in one snapshot. A pointer counts only where it leads to the
 * message that it names.
 */
export const inbox = query<
  { userId: string; after: number; limit: number },
  readonly [head: number, floor: number, entries: EntryTuple[], changed: ChangedEntry[]] | null,
  InboxPage
>({
  prepare(db, t) {
    const page = db
      .prepare(
        `SELECT u.head, u.floor, (
          SELECT json_group_array(json_array(i.seq, i.at, i.kind, i.body, c.conversation_id, i.conversation_seq,
            ${messageJson})) || ','
            || json_group_array(json_array(i.seq, m.edit_seq, (SELECT ${intervalsText('mb')} FROM ${t.member} mb
              WHERE mb.user = u.id AND mb.conversation = c.id))) FILTER (WHERE ${mayBeWithheld})
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
    const [head, floor, tuples, changed] = raw
    const entries = tuples.map(entryOf).sort(bySeq)
    return { entries: changed.length === 0 ? entries : allSeen(entries, changed), head, floor }
  },
})

function allSeen(entries: readonly StoredEntry[], changed: readonly ChangedEntry[]): StoredEntry[] {
  const bySequence = new Map(changed.map((one) => [one[0], one]))
  return entries.map((entry) => {
    const found = bySequence.get(entry.seq)
    if (found === undefined || entry.kind !== 'message' || entry.message === null) return entry
    const [, editSeq, intervals] = found
    return { ...entry, message: asSeen(entry.message, editSeq, intervalsOf(intervals)) }
  })
}

/**
 * SQLite usually aggregates rows in order, but does not guarantee it. Sorting rows that are in order costs one pass.
 */
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

type HeadTuple = [conversationId: string, seq: number, version: number]

export const follows = query<{ userId: string }, HeadTuple[], readonly Follow[]>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(c.conversation_id, c.last_seq, c.version))
          FROM ${t.user} u CROSS JOIN ${t.member} mb ON mb.user = u.id AND mb.follows = 1
          CROSS JOIN ${t.conversation} c ON c.id = mb.conversation
          WHERE u.user_id = ?`,
      )
      .raw()
    return ({ userId }) => onlyText(find.get([lookedUp(userId)]))
  },
  decode: (raw) => raw.map(([conversationId, seq, version]) => ({ conversationId, seq, version })),
})

type FollowedTuple = readonly [conversationId: string, seq: number, from: number]

export const followsAfter = query<
  { userId: string; after: string | null; limit: number },
  FollowedTuple[],
  { readonly timelines: readonly FollowedTimeline[]; readonly more: boolean }
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(conversation_id, last_seq, from_seq))
          FROM (SELECT c.conversation_id, c.last_seq, mb.from_seq
            FROM ${t.user} u CROSS JOIN ${t.member} mb INDEXED BY ${t.member}_follows ON mb.user = u.id AND mb.follows = 1
            CROSS JOIN ${t.conversation} c ON c.id = mb.conversation
            WHERE u.user_id = ? AND c.conversation_id > ? ORDER BY c.conversation_id LIMIT ?) page`,
      )
      .raw()
    return ({ userId, after, limit }) => onlyText(find.get([lookedUp(userId), lookedUp(after ?? ''), limit + 1]))
  },
  decode: (raw, { limit }) => ({
    timelines: raw.slice(0, limit).map(([conversationId, seq, from]) => ({ conversationId, seq, from })),
    more: raw.length > limit,
  }),
})

export const conversationHeads = query<
  { conversationIds: readonly string[] },
  HeadTuple[],
  readonly (ConversationHead | null)[]
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(c.conversation_id, c.last_seq, c.version))
          FROM json_each(?) asked CROSS JOIN ${t.conversation} c ON c.conversation_id = asked.value`,
      )
      .raw()
    return ({ conversationIds }) => onlyText(find.get([JSON.stringify(conversationIds.map(lookedUp))]))
  },
  decode(raw, { conversationIds }) {
    const found = new Map(raw.map(([conversationId, seq, version]) => [conversationId, { seq, version }]))
    return conversationIds.map((conversationId) => found.get(conversationId) ?? null)
  },
})

/** This user's reactions to each message, in the order in which the user gave them. */
export const reactions = query<
  { userId: string; messages: readonly { readonly conversationId: string; readonly seq: number }[] },
  [asked: number, reaction: string, controlSeq: number][],
  readonly (readonly string[])[]
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(asked.key, r.reaction, r.control_seq))
          FROM ${t.user} u CROSS JOIN json_each(?) asked
          CROSS JOIN ${t.conversation} c ON c.conversation_id = json_extract(asked.value, '$[0]')
          CROSS JOIN ${t.reaction} r
            ON r.conversation = c.id AND r.seq = json_extract(asked.value, '$[1]') AND r.user = u.id
          WHERE u.user_id = ?`,
      )
      .raw()
    return ({ userId, messages }) => {
      const asked = messages.map(({ conversationId, seq }) => [lookedUp(conversationId), seq])
      return onlyText(find.get([JSON.stringify(asked), lookedUp(userId)]))
    }
  },
  decode(raw, { messages }) {
    const found = messages.map((): string[] => [])
    for (const [asked, reaction] of raw.toSorted((a, b) => a[2] - b[2])) found[asked]?.push(reaction)
    return found
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
        `SELECT json_array(ifnull(m.digest, k.digest), ifnull(m.msg_id, k.msg_id), c.conversation_id,
            ifnull(m.seq, k.seq), ifnull(m.server_time, k.at))
          FROM ${t.key} k
          LEFT JOIN ${t.message} m ON m.id = k.message
          LEFT JOIN ${t.conversation} c ON c.id = ifnull(m.conversation, k.conversation)
          WHERE k.user = ifnull((SELECT id FROM ${t.user} WHERE user_id = ?), ?) AND k.client_msg_id = ?`,
      )
      .raw()
    return ({ from, clientMsgId }) => {
      if (!isKeepable(clientMsgId)) return 'null'
      // A user without a row has no keys, and must not be given those of the system, which never has a row.
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
