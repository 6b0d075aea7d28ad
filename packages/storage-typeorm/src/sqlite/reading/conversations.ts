// Conversations as one member sees them. Each read is one statement, and its cost is limited by the number of the
// member's memberships.
import type { ConversationView, ListPosition } from '@rookery/core'
import { isBegun } from '../../rows/begun.js'
import { flag } from '../../rows/codes.js'
import { mentionOf } from '../../rows/mentions.js'
import type { Tables } from '../../rows/tables.js'
import { lookedUp } from '../../rows/text.js'
import { byActivity, viewOf, type ViewTuple } from '../../rows/view.js'
import { asSeen } from '../../rows/seen.js'
import { messageJoins, messageJson } from './message.js'
import { onlyText, query } from './query.js'
import { intervalsOf, intervalsText, mayBeWithheld } from './seen.js'

/** The other side's position, limited to the membership. */
const peers = (side: string): string => `CASE WHEN c.kind <> 'c2c' THEN NULL
  WHEN iif(c.user_a = mb.user, c.b_${side}, c.a_${side}) <= mb.from_seq THEN 0
  WHEN c.user_a = mb.user THEN c.b_${side} ELSE c.a_${side} END`

/**
 * The user's memberships `mb` with their conversations `c`: which side is the user's, and how many countable messages
 * come after its position.
 */
const mine = (t: Tables): string => `
  SELECT c.id, c.conversation_id, c.updated_at, mb.user AS me, mb.pinned, mb.muted,
    mb.from_seq, mb.to_seq, mb.earlier,
    mb.hidden_at IS c.countable AS hidden,
    CASE WHEN c.kind <> 'c2c' THEN NULL WHEN c.user_a = mb.user THEN c.user_b ELSE c.user_a END AS peer,
    CASE WHEN c.kind <> 'c2c' THEN mb.read_seq WHEN c.user_a = mb.user THEN c.a_read_seq ELSE c.b_read_seq END AS read_seq,
    ${peers('read_seq')} AS peer_read_seq,
    ${peers('delivered_seq')} AS peer_delivered_seq,
    c.countable - max(c.floor_count, CASE WHEN c.kind <> 'c2c' THEN mb.read_ordinal
      WHEN c.user_a = mb.user THEN c.a_read_ordinal ELSE c.b_read_ordinal END) AS behind
  FROM ${t.member} mb CROSS JOIN ${t.conversation} c ON c.id = mb.conversation AND ${isBegun}`

/**
 * How many countable messages are exceptions: the reader's own and recalled ones. The small partial index finds them.
 */
const unread = (t: Tables): string => `
  CASE WHEN v.behind = 0 THEN 0 ELSE v.behind - (SELECT count(*) FROM ${t.message} x
    WHERE x.conversation = v.id AND x.seq > v.read_seq AND x.flags >= 16
      AND (x.sender = v.me OR x.flags & ${flag.recalled})) END`

const mentioned = (t: Tables): string => `
  CASE WHEN v.behind = 0 THEN 0 ELSE (SELECT count(*) FROM ${t.message} x
    WHERE x.conversation = v.id AND x.seq > v.read_seq AND x.mentions IS NOT NULL
      AND x.flags & ${flag.countable} AND NOT x.flags & ${flag.recalled} AND x.sender IS NOT v.me
      AND (instr(x.mentions, ?) OR instr(x.mentions, ?))) END`

/** A view. Where its last message may have to be withheld, also that message's last edit and the reader's intervals. */
type SeenViewTuple = readonly [view: ViewTuple, editSeq: number | null, intervals: string | null]

function seenViewOf([tuple, editSeq, intervals]: SeenViewTuple): ConversationView {
  const view = viewOf(tuple)
  if (intervals === null || view.lastMessage === null) return view
  return { ...view, lastMessage: asSeen(view.lastMessage, editSeq, intervalsOf(intervals)) }
}

/** `json_group_array` of `SeenViewTuple`s over `v`, a selection of `mine`. */
const viewsJson = (t: Tables, from: string): string => `
  SELECT json_group_array(json_array(json_array(c.conversation_id, c.kind, peer.user_id, c.subject, c.name, c.avatar, c.ext,
    ${messageJson}, c.last_seq, v.read_seq, ${unread(t)}, ${mentioned(t)}, v.peer_read_seq, v.peer_delivered_seq,
    v.pinned, v.muted, v.hidden, c.updated_at),
    m.edit_seq, CASE WHEN ${mayBeWithheld} THEN ${intervalsText('v')} END))
  FROM (${from}) v CROSS JOIN ${t.conversation} c ON c.id = v.id
  LEFT JOIN ${t.user} peer ON peer.id = v.peer
  LEFT JOIN ${t.message} m ON m.conversation = c.id AND m.seq = c.last_countable_seq AND m.seq > v.from_seq
  ${messageJoins(t)}`

const mentionsOf = (userId: string): [string, string] => [mentionOf(userId), mentionOf('@all')]

export const views = query<
  { userId: string; conversationIds: readonly string[] },
  SeenViewTuple[],
  readonly (ConversationView | null)[]
>({
  prepare(db, t) {
    const asked = `SELECT c.id FROM json_each(?) asked CROSS JOIN ${t.conversation} c
      ON c.conversation_id = asked.value`
    const find = db
      .prepare(
        viewsJson(
          t,
          `${mine(t)} WHERE mb.to_seq IS NULL AND mb.user = (SELECT id FROM ${t.user} WHERE user_id = ?)
            AND mb.conversation IN (${asked})`,
        ),
      )
      .raw()
    return ({ userId, conversationIds }) => {
      const user = lookedUp(userId)
      return onlyText(find.get([...mentionsOf(user), user, JSON.stringify(conversationIds.map(lookedUp))]))
    }
  },
  decode(raw, { conversationIds }) {
    const found = new Map(raw.map((row) => [row[0][0], seenViewOf(row)]))
    return conversationIds.map((conversationId) => found.get(conversationId) ?? null)
  },
})

export interface ListResult {
  readonly conversations: readonly ConversationView[]
  readonly unreadTotal: number
  readonly more: boolean
}

export const list = query<
  { userId: string; after: ListPosition | null; limit: number },
  readonly [unreadTotal: number, conversations: SeenViewTuple[]],
  ListResult
>({
  prepare(db, t) {
    const ofUser = `WHERE mb.to_seq IS NULL AND mb.user = u.id`
    const page = `${mine(t)} ${ofUser} AND (c.updated_at, c.conversation_id) < (?, ?)
      ORDER BY c.updated_at DESC, c.conversation_id DESC LIMIT ?`
    const find = db
      .prepare(
        `SELECT (SELECT ifnull(sum(${unread(t)}), 0) FROM (${mine(t)} ${ofUser}) v), (${viewsJson(t, page)})
        FROM ${t.user} u WHERE u.user_id = ?`,
      )
      .raw()
    return ({ userId, after, limit }) => {
      const user = lookedUp(userId)
      // Without a position the page begins before the first row: no row has this time.
      const { updatedAt, conversationId } = after ?? { updatedAt: Number.MAX_SAFE_INTEGER, conversationId: '' }
      const values = [...mentionsOf(user), updatedAt, lookedUp(conversationId), limit + 1, user]
      const row = find.get(values) as [number, string] | undefined
      return row ? `[${row[0]},${row[1]}]` : '[0,[]]'
    }
  },
  decode([unreadTotal, conversations], { limit }) {
    const found = conversations.map(seenViewOf).sort(byActivity)
    return { conversations: found.slice(0, limit), unreadTotal, more: found.length > limit }
  },
})
