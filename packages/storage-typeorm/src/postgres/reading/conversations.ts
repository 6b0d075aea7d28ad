// Conversations as one member sees them. Each read is one statement, and its cost is limited by the number of the
// member's memberships.
import type { ConversationKind, ConversationView, ListPosition } from '@rookery/core'
import { isBegun } from '../../rows/begun.js'
import { flag } from '../../rows/codes.js'
import { mentionOf } from '../../rows/mentions.js'
import type { Tables } from '../../rows/tables.js'
import { lookedUp } from '../../rows/text.js'
import { byActivity } from '../../rows/view.js'
import { textArray } from '../arrays.js'
import { look } from '../look.js'
import { messageColumnsFor, messageJoins } from './columns.js'
import { pageWeight, query } from './query.js'
import { maybeNumber, maybeText, messageAt, numberOf, textOf, type Row } from './row.js'

const ofMine = (side: string, group: string): string =>
  `CASE WHEN c.kind <> 'c2c' THEN ${group} WHEN c.user_a = mb.person THEN c.a_${side} ELSE c.b_${side} END`
const theirs = (side: string): string =>
  `CASE WHEN c.user_a = mb.person AND c.user_b <> mb.person THEN c.b_${side} ELSE c.a_${side} END`
/**
 * The other side's position, limited to the membership. A user who writes to itself is both sides, and the first one
 * counts.
 */
const ofPeer = (side: string): string =>
  `CASE WHEN c.kind <> 'c2c' THEN NULL WHEN ${theirs(side)} <= mb.from_seq THEN 0 ELSE ${theirs(side)} END`

/**
 * The memberships `mb` of user `u` with their conversations `c`: which side is the user's, and how many countable
 * messages come after its position.
 */
const mine = (t: Tables): string => `
  SELECT c.id, c.conversation_id, c.updated_at, mb.person AS me, mb.pinned, mb.muted,
    mb.hidden_at IS NOT DISTINCT FROM c.countable AS hidden,
    CASE WHEN c.kind <> 'c2c' THEN NULL WHEN c.user_a = mb.person THEN c.user_b ELSE c.user_a END AS peer,
    ${ofMine('read_seq', 'mb.read_seq')} AS read_seq,
    ${ofPeer('read_seq')} AS peer_read_seq,
    ${ofPeer('delivered_seq')} AS peer_delivered_seq,
    c.countable - greatest(c.floor_count, ${ofMine('read_ordinal', 'mb.read_ordinal')}) AS behind,
    mb.from_seq, mb.to_seq, mb.earlier
  FROM ${t.member} mb ${look('INNER', t.conversation, 'c', 'id = mb.conversation')}
  WHERE mb.person = u.id AND mb.to_seq IS NULL AND ${isBegun}`

/**
 * How many countable messages are exceptions: the reader's own and recalled ones. The small partial index finds them.
 */
const unread = (t: Tables): string => `
  CASE WHEN v.behind = 0 THEN 0 ELSE v.behind - (SELECT count(*) FROM ${t.message} x
    WHERE x.conversation = v.id AND x.seq > v.read_seq AND x.flags >= ${flag.exceptional}
      AND (x.sender = v.me OR x.flags & ${flag.recalled} <> 0)) END`

const mentioned = (t: Tables): string => `
  CASE WHEN v.behind = 0 THEN 0 ELSE (SELECT count(*) FROM ${t.message} x
    WHERE x.conversation = v.id AND x.seq > v.read_seq AND x.mentions IS NOT NULL
      AND x.flags & ${flag.countable} <> 0 AND x.flags & ${flag.recalled} = 0 AND x.sender IS DISTINCT FROM v.me
      AND (strpos(x.mentions, $2) > 0 OR strpos(x.mentions, $3) > 0)) END`

const { often, seldom, behind } = messageColumnsFor('v')
const lastMessage = [...often, ...seldom, ...behind]

/** Columns for `viewAt`, of conversation `c` and `v`, a row of `mine`. */
const viewColumns = (t: Tables): string => `c.conversation_id, c.kind, peer.user_id, c.subject, c.name, c.avatar,
  c.ext, c.last_seq, v.read_seq, ${unread(t)}, ${mentioned(t)}, v.peer_read_seq, v.peer_delivered_seq, v.pinned,
  v.muted, v.hidden, c.updated_at, ${lastMessage.join(', ')}`

const viewJoins = (t: Tables): string => `${look('INNER', t.conversation, 'c', 'id = v.id')}
  ${look('LEFT', t.user, 'peer', 'id = v.peer')}
  ${look('LEFT', t.message, 'm', 'conversation = c.id AND seq = c.last_countable_seq AND seq > v.from_seq')}
  ${messageJoins(t)}`

function viewAt(row: Row, at: number): ConversationView {
  return {
    conversationId: textOf(row, at),
    kind: textOf(row, at + 1) as ConversationKind,
    peerId: maybeText(row[at + 2]),
    subject: textOf(row, at + 3),
    name: maybeText(row[at + 4]),
    avatar: maybeText(row[at + 5]),
    ext: maybeText(row[at + 6]),
    seq: numberOf(row, at + 7),
    readSeq: numberOf(row, at + 8),
    unread: numberOf(row, at + 9),
    mentioned: numberOf(row, at + 10),
    peerReadSeq: maybeNumber(row[at + 11]),
    peerDeliveredSeq: maybeNumber(row[at + 12]),
    pinned: row[at + 13] === 't',
    muted: row[at + 14] === 't',
    hidden: row[at + 15] === 't',
    updatedAt: numberOf(row, at + 16),
    lastMessage: messageAt(row, at + 17),
  }
}

const mentionsOf = (userId: string): readonly string[] => [mentionOf(userId), mentionOf('@all')]

export const views = query({
  sql: (t) => `SELECT ${viewColumns(t)}
    FROM ${t.user} u
    CROSS JOIN LATERAL (${mine(t)}
      AND mb.conversation = ANY (ARRAY(SELECT id FROM ${t.conversation} WHERE conversation_id = ANY ($4)))) v
    ${viewJoins(t)}
    WHERE u.user_id = $1`,
  types: ['text', 'text', 'text', 'text[]'],
  values: ({ userId, conversationIds }: { userId: string; conversationIds: readonly string[] }) => {
    const user = lookedUp(userId)
    return [user, ...mentionsOf(user), textArray(conversationIds.map(lookedUp))]
  },
  decode(rows, { conversationIds }): readonly (ConversationView | null)[] {
    const found = new Map(rows.map((row) => [row[0], viewAt(row, 0)]))
    return conversationIds.map((conversationId) => found.get(conversationId) ?? null)
  },
})

export interface ListResult {
  readonly conversations: readonly ConversationView[]
  readonly unreadTotal: number
  readonly more: boolean
}

/** Reads the total and the page in one statement, so in one snapshot. An empty page has one row without a view. */
export const list = query({
  weight: pageWeight,
  sql: (t) => `SELECT (SELECT coalesce(sum(${unread(t)}), 0) FROM (${mine(t)}) v), w.*
    FROM ${t.user} u
    LEFT JOIN LATERAL (SELECT ${viewColumns(t)} FROM (${mine(t)}
      AND (c.updated_at, c.conversation_id) < ($4, $5)
      ORDER BY c.updated_at DESC, c.conversation_id DESC LIMIT $6) v ${viewJoins(t)}) w ON true
    WHERE u.user_id = $1`,
  types: ['text', 'text', 'text', 'bigint', 'text', 'bigint'],
  values: ({ userId, after, limit }: { userId: string; after: ListPosition | null; limit: number }) => {
    const user = lookedUp(userId)
    // Without a position the page begins before the first row: no row has this time.
    const { updatedAt, conversationId } = after ?? { updatedAt: Number.MAX_SAFE_INTEGER, conversationId: '' }
    return [user, ...mentionsOf(user), String(updatedAt), lookedUp(conversationId), String(limit + 1)]
  },
  decode(rows, { limit }): ListResult {
    const [first] = rows
    if (!first) return { conversations: [], unreadTotal: 0, more: false }
    const found = first[1] === null ? [] : rows.map((row) => viewAt(row, 1)).sort(byActivity)
    return { conversations: found.slice(0, limit), unreadTotal: numberOf(first, 0), more: found.length > limit }
  },
})
