// Ranges of inboxes and conversations, the counters of users, and keys.
import type {
  ConversationHead,
  Follow,
  FollowedTimeline,
  InboxPage,
  MessagePage,
  StoredEntry,
  StoredKey,
  StoredMessage,
  TimelinePage,
  UserHead,
} from '@rookery/core'
import { factKindOf, systemUser } from '../../rows/codes.js'
import { isKeepable, lookedUp } from '../../rows/text.js'
import { int8Array, textArray } from '../arrays.js'
import { look } from '../look.js'
import { entryColumns, messageColumns, messageColumnsFor, messageJoins, readerJoin } from './columns.js'
import { listed, packed, type PageText } from './page-text.js'
import { pageWeight, query } from './query.js'
import { maybeNumber, maybeText, messageAt, numberOf, textOf, type Row } from './row.js'

/**
 * The cost of a page of a followed timeline. Most such pages have few new messages, so many of them share a round trip.
 */
const timelineWeight = 2
const asPage = (otherwise: string | undefined, weight = pageWeight) =>
  otherwise === undefined ? { weight } : { weight, otherwise }

const seenColumns = messageColumnsFor('mb')

/** A page and both counters in one statement, so of one snapshot. */
const inboxAs = (text: PageText, otherwise?: string) =>
  query({
    ...asPage(otherwise),
    sql: (t) => `SELECT u.head, u.floor, (
      SELECT ${text.aggregate(entryColumns)}
      FROM (SELECT seq, at, kind, body, conversation, conversation_seq FROM ${t.inbox}
        WHERE person = u.id AND seq > $2 ORDER BY seq LIMIT $3) i
      ${look('LEFT', t.conversation, 'c', 'id = i.conversation')}
      ${look('LEFT', t.message, 'm', 'conversation = i.conversation AND seq = i.conversation_seq')}
      ${readerJoin(t)}
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
      const entries = text.rowsIn(row[2], entryColumns).map(entryOf).sort(bySeq)
      return { entries, head: numberOf(row, 0), floor: numberOf(row, 1) }
    },
  })

function entryOf(row: Row): StoredEntry {
  const [seq, at, kind] = [numberOf(row, 0), numberOf(row, 1), factKindOf(numberOf(row, 2))]
  if (kind !== null) return { seq, at, kind, body: row[3] || '{}' }
  const message = messageAt(row, 4)
  return { seq, at, kind: 'message', conversationId: textOf(row, 6), conversationSeq: numberOf(row, 15), message }
}

export interface MessageRange {
  readonly after?: number
  readonly before?: number
  readonly limit: number
}

type Order = 'ASC' | 'DESC'

/** Leaves out recalls, edits and reactions, because the messages that they change already show them. */
const isShown = `type NOT IN ('im.recall', 'im.edit', 'im.reaction')`

const valuesOf = ({ after = 0, before = Number.MAX_SAFE_INTEGER, limit }: MessageRange): string[] => [
  String(after),
  String(before),
  String(limit + 1),
]

function pageIn(order: Order, { limit }: MessageRange, rows: readonly Row[]): MessagePage {
  const found = messagesIn(rows)
  const more = found.length > limit
  if (!more) return { messages: found, more }
  return { messages: order === 'ASC' ? found.slice(0, limit) : found.slice(-limit), more }
}

const messagesIn = (rows: readonly Row[]): StoredMessage[] =>
  rows
    .map((row) => messageAt(row, 0))
    .filter((message) => message !== null)
    .sort(bySeq)

const pageOf = (order: Order, text: PageText, otherwise?: string) =>
  query({
    ...asPage(otherwise),
    sql: (t) => `SELECT ${text.aggregate(messageColumns)}
      FROM ${t.conversation} c
      CROSS JOIN LATERAL (SELECT * FROM ${t.message}
        WHERE conversation = c.id AND seq > $2 AND seq < $3 AND ${isShown} ORDER BY seq ${order} LIMIT $4) m
      ${messageJoins(t)}
      WHERE c.conversation_id = $1`,
    types: ['text', 'bigint', 'bigint', 'bigint'],
    values: ({ conversationId, range }: { conversationId: string; range: MessageRange }) => [
      lookedUp(conversationId),
      ...valuesOf(range),
    ],
    decode: ([row], { range }): MessagePage => pageIn(order, range, text.rowsIn(row?.[0], messageColumns)),
  })

/** The messages inside a member's intervals: one range of the timeline for each interval. Most members have one. */
const pageSeen = (order: Order, text: PageText, otherwise?: string) =>
  query({
    ...asPage(otherwise),
    sql: (t) => `SELECT ${text.aggregate(seenColumns)}
      FROM ${t.user} u
      ${look('INNER', t.conversation, 'c', 'conversation_id = $1')}
      ${look('INNER', t.member, 'mb', 'person = u.id AND conversation = c.id')}
      CROSS JOIN LATERAL (SELECT x.* FROM (
          SELECT mb.from_seq AS from_seq, mb.to_seq AS to_seq
          UNION ALL
          SELECT lower(r) - 1, upper(r) - 1 FROM unnest(mb.earlier::int8multirange) r) part
        CROSS JOIN LATERAL (SELECT * FROM ${t.message} WHERE conversation = c.id AND seq > greatest($2, part.from_seq)
          AND seq < least($3, part.to_seq + 1) AND ${isShown} ORDER BY seq ${order} LIMIT $4) x
        ORDER BY x.seq ${order} LIMIT $4) m
      ${messageJoins(t)}
      WHERE u.user_id = $5`,
    types: ['text', 'bigint', 'bigint', 'bigint', 'text'],
    values: ({ conversationId, range, reader }: { conversationId: string; range: MessageRange; reader: string }) => [
      lookedUp(conversationId),
      ...valuesOf(range),
      lookedUp(reader),
    ],
    decode: ([row], { range }): MessagePage => pageIn(order, range, text.rowsIn(row?.[0], seenColumns)),
  })

/** Every message from the beginning of the membership to its end. */
const timelineAs = (text: PageText, otherwise?: string) =>
  query({
    ...asPage(otherwise, timelineWeight),
    sql: (t) => `SELECT coalesce(mb.to_seq, c.last_seq), greatest(mb.from_seq, c.floor_seq), (
      SELECT ${text.aggregate(seenColumns)}
      FROM (SELECT * FROM ${t.message} WHERE conversation = c.id AND seq > greatest($3, mb.from_seq)
        AND seq <= coalesce(mb.to_seq, c.last_seq) ORDER BY seq LIMIT $4) m
      ${messageJoins(t)})
    FROM ${t.user} u
    ${look('INNER', t.conversation, 'c', 'conversation_id = $2')}
    ${look('INNER', t.member, 'mb', 'person = u.id AND conversation = c.id')}
    WHERE u.user_id = $1`,
    types: ['text', 'text', 'bigint', 'bigint'],
    values: (given: { userId: string; conversationId: string; after: number; limit: number }) => [
      lookedUp(given.userId),
      lookedUp(given.conversationId),
      String(given.after),
      String(given.limit),
    ],
    decode([row]): TimelinePage | null {
      if (!row) return null
      const messages = messagesIn(text.rowsIn(row[2], seenColumns))
      return { messages, head: numberOf(row, 0), floor: numberOf(row, 1) }
    },
  })

export const inbox = inboxAs(packed, 'inboxListed')
/** The first of a range. */
export const messagesAfter = pageOf('ASC', packed, 'messagesAfterListed')
/** The last of a range. */
export const messagesBefore = pageOf('DESC', packed, 'messagesBeforeListed')
export const seenAfter = pageSeen('ASC', packed, 'seenAfterListed')
export const seenBefore = pageSeen('DESC', packed, 'seenBeforeListed')
export const timeline = timelineAs(packed, 'timelineListed')

export const inboxListed = inboxAs(listed)
export const messagesAfterListed = pageOf('ASC', listed)
export const messagesBeforeListed = pageOf('DESC', listed)
export const seenAfterListed = pageSeen('ASC', listed)
export const seenBeforeListed = pageSeen('DESC', listed)
export const timelineListed = timelineAs(listed)

export const follows = query({
  sql: (t) => `SELECT c.conversation_id, c.last_seq, c.version
    FROM ${t.user} u ${look('INNER', t.follow, 'f', 'person = u.id')}
    ${look('INNER', t.conversation, 'c', 'id = f.conversation')} WHERE u.user_id = $1`,
  types: ['text'],
  values: ({ userId }: { userId: string }) => [lookedUp(userId)],
  decode: (rows): readonly Follow[] =>
    rows.map((row) => ({ conversationId: textOf(row, 0), seq: numberOf(row, 1), version: numberOf(row, 2) })),
})

/** This sorts, because the index has the order of numbers and the result has that of ids. */
export const followsAfter = query({
  sql: (t) => `SELECT c.conversation_id, c.last_seq, mb.from_seq
    FROM ${t.user} u ${look('INNER', t.follow, 'f', 'person = u.id')}
    ${look('INNER', t.conversation, 'c', 'id = f.conversation AND ($2::text IS NULL OR conversation_id > $2)')}
    ${look('INNER', t.member, 'mb', 'person = u.id AND conversation = c.id')}
    WHERE u.user_id = $1 ORDER BY c.conversation_id LIMIT $3`,
  types: ['text', 'text', 'bigint'],
  values: ({ userId, after, limit }: { userId: string; after: string | null; limit: number }) => [
    lookedUp(userId),
    after === null ? null : lookedUp(after),
    String(limit + 1),
  ],
  decode(rows, { limit }): { readonly timelines: readonly FollowedTimeline[]; readonly more: boolean } {
    const found = rows.map((row) => ({ conversationId: textOf(row, 0), seq: numberOf(row, 1), from: numberOf(row, 2) }))
    return { timelines: found.slice(0, limit), more: found.length > limit }
  },
})

export const conversationHeads = query({
  sql: (t) => `SELECT conversation_id, last_seq, version FROM ${t.conversation} WHERE conversation_id = ANY ($1)`,
  types: ['text[]'],
  values: ({ conversationIds }: { conversationIds: readonly string[] }) => [textArray(conversationIds.map(lookedUp))],
  decode(rows, { conversationIds }): readonly (ConversationHead | null)[] {
    const found = new Map(rows.map((row) => [row[0], { seq: numberOf(row, 1), version: numberOf(row, 2) }]))
    return conversationIds.map((conversationId) => found.get(conversationId) ?? null)
  },
})

export interface Place {
  readonly conversationId: string
  readonly seq: number
}

export const reactions = query({
  sql: (t) => `SELECT p.ordinality, r.reaction, r.control_seq
    FROM ${t.user} u
    CROSS JOIN unnest($2::text[], $3::bigint[]) WITH ORDINALITY p (conversation_id, seq, ordinality)
    ${look('INNER', t.conversation, 'c', 'conversation_id = p.conversation_id')}
    ${look('INNER', t.reaction, 'r', 'conversation = c.id AND seq = p.seq AND person = u.id')}
    WHERE u.user_id = $1`,
  types: ['text', 'text[]', 'bigint[]'],
  values: ({ userId, messages }: { userId: string; messages: readonly Place[] }) => [
    lookedUp(userId),
    textArray(messages.map(({ conversationId }) => lookedUp(conversationId))),
    int8Array(messages.map(({ seq }) => seq)),
  ],
  decode(rows, { messages }): readonly (readonly string[])[] {
    const found = messages.map(() => [] as string[])
    const ordered = rows.toSorted((a, b) => numberOf(a, 2) - numberOf(b, 2))
    for (const row of ordered) found[numberOf(row, 0) - 1]?.push(textOf(row, 1))
    return found
  },
})

/**
 * A join usually keeps the order of its rows, but does not guarantee it. Sorting rows that are in order costs one pass.
 */
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
  sql: (
    t,
  ) => `SELECT coalesce(m.digest, k.digest), coalesce(m.msg_id, k.msg_id), c.conversation_id, coalesce(m.seq, k.seq),
      coalesce(m.server_time, k.at)
    FROM ${t.key} k
    ${look('LEFT', t.message, 'm', 'conversation = k.conversation AND seq = k.seq')}
    ${look('LEFT', t.conversation, 'c', 'id = k.conversation')}
    WHERE k.person = coalesce((SELECT id FROM ${t.user} WHERE user_id = $1), $2) AND k.client_msg_id = $3`,
  types: ['text', 'bigint', 'text'],
  values: ({ from, clientMsgId }: { from: string | null; clientMsgId: string }) => [
    from && lookedUp(from),
    // A user without a row has no keys, and must not be given those of the system, which never has a row.
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
