// Conversations as one member sees them, bounded by that member's memberships.
//
// One statement reads most views completely. Where exceptional or mentioning messages come after the reader's position,
// further statements count them in the same snapshot, each over one range of an index. A join could not do this,
// because MySQL does not take the bound of a range from another row.
import type { ConversationKind, ConversationView, ListPosition } from '@rookery/core'
import { isBegun } from '../../rows/begun.js'
import { flag } from '../../rows/codes.js'
import { mentionOf } from '../../rows/mentions.js'
import { lookedUp } from '../../rows/text.js'
import { byActivity } from '../../rows/view.js'
import type { Row } from '../link.js'
import { asText, pieces, type Sql } from '../sql.js'
import { intervalsAt, messageColumns, messageJoins, seenAt } from './columns.js'
import { again, query, type Ask } from './query.js'
import { atLeastOne } from './timelines.js'

const ofMine = (side: string): string =>
  `CASE WHEN c.kind <> 'c2c' THEN mb.${side} WHEN c.user_a = mb.person THEN c.a_${side} ELSE c.b_${side} END`

const peerRead = 'IF(c.user_a = mb.person AND c.user_b <> mb.person, c.b_read_seq, c.a_read_seq)'

/** Columns of membership `mb` in conversation `c`. The other side's position is limited to the membership. */
const mine = `c.id, mb.person AS me, mb.pinned, mb.muted, mb.hidden_at <=> c.countable AS hidden,
  mb.from_seq, mb.to_seq, mb.earlier, c.updated_at, c.conversation_id,
  CASE WHEN c.kind <> 'c2c' THEN NULL WHEN c.user_a = mb.person THEN c.user_b ELSE c.user_a END AS peer,
  ${ofMine('read_seq')} AS read_seq, c.countable - GREATEST(c.floor_count, ${ofMine('read_ordinal')}) AS behind,
  CASE WHEN c.kind <> 'c2c' THEN NULL WHEN ${peerRead} <= mb.from_seq THEN 0 ELSE ${peerRead} END AS peer_read_seq`

/** Whether messages after the position must be counted. */
const hasExceptions = 'v.behind > 0 AND c.last_exceptional_seq > v.read_seq'
const hasMentions = 'v.behind > 0 AND c.last_mention_seq > v.read_seq'

/** Columns for `viewAt`, of `v`, a selection of `mine`. */
const viewColumns = `v.id, v.me, ${hasExceptions}, ${hasMentions}, ${asText('c.conversation_id')}, c.kind,
  ${asText('peer.user_id')}, c.subject, c.name, c.avatar, c.ext, c.last_seq, v.read_seq, v.behind, v.peer_read_seq,
  IF(v.peer IS NULL, NULL, IF(theirs.delivered_seq > v.from_seq, theirs.delivered_seq, 0)), v.pinned, v.muted, v.hidden, c.updated_at,
  v.from_seq, v.to_seq, v.earlier, ${messageColumns}`

const viewJoins = ({ t }: Sql, join = 'STRAIGHT_JOIN'): string => `${join} ${t.conversation} c ON c.id = v.id
  LEFT JOIN ${t.user} peer ON peer.id = v.peer
  LEFT JOIN ${t.member} theirs ON theirs.person = v.peer AND theirs.conversation = v.id
  LEFT JOIN ${t.message} m
    ON m.conversation = v.id AND m.seq = c.last_countable_seq AND m.seq > v.from_seq
  ${messageJoins(t)}`

/** A view, and what must still be counted for it. */
interface Counts {
  readonly exceptions: number
  readonly mentions: number
}

function viewAt(row: Row, at: number, { exceptions, mentions }: Counts): ConversationView {
  const [conversationId, kind, peerId, subject, name, avatar, ext] = row.slice(at + 4) as [
    string,
    ConversationKind,
    ...(string | null)[],
  ]
  const [seq, readSeq, behind, peerReadSeq, peerDeliveredSeq, pinned, muted, hidden, updatedAt] = row.slice(
    at + 11,
  ) as [number, number, number, number | null, number | null, number, number, number, number]
  return {
    conversationId,
    kind,
    peerId: peerId ?? null,
    subject: subject ?? '',
    name: name ?? null,
    avatar: avatar ?? null,
    ext: ext ?? null,
    lastMessage: seenAt(row, at + 23, () => intervalsAt(row, at + 20)),
    seq,
    readSeq,
    unread: behind - exceptions,
    mentioned: mentions,
    peerReadSeq,
    peerDeliveredSeq,
    pinned: pinned === 1,
    muted: muted === 1,
    hidden: hidden === 1,
    updatedAt,
  }
}

const needsCounting = (row: Row, at: number): boolean => row[at + 2] === 1 || row[at + 3] === 1

const nothing: Counts = { exceptions: 0, mentions: 0 }

/** Decodes views whose columns begin at `at`. It counts those that need it, with one range of an index each. */
async function viewsOf(
  ask: Ask,
  sql: Sql,
  userId: string,
  rows: readonly Row[],
  at: number,
): Promise<ConversationView[]> {
  const user = lookedUp(userId)
  const statements = rows.flatMap((row, place) => {
    const [id, me, exceptions, mentions] = row.slice(at) as [number, number, number, number]
    const readSeq = row[at + 12] as number
    return [
      ...(exceptions === 1 ? [`SELECT ${place}, 0, (${countExceptions(sql, id, readSeq, me)})`] : []),
      ...(mentions === 1 ? [`SELECT ${place}, 1, (${countMentions(sql, id, readSeq, me, user)})`] : []),
    ]
  })
  const counted = await counts(ask, statements)
  return rows.map((row, place) =>
    viewAt(row, at, {
      exceptions: counted.get(`${place} 0`) ?? 0,
      mentions: counted.get(`${place} 1`) ?? 0,
    }),
  )
}

async function counts(ask: Ask, statements: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (statements.length === 0) return new Map()
  const answers = await ask(...pieces(statements, 200).map((some) => some.join(' UNION ALL ')))
  const rows = answers.flat() as [number, number, number][]
  return new Map(rows.map(([place, kind, count]) => [`${place} ${kind}`, count]))
}

const countExceptions = ({ t }: Sql, id: number, readSeq: number, me: number): string => `
  SELECT COUNT(*) FROM ${t.exceptional} x WHERE x.conversation = ${id} AND x.seq > ${readSeq}
    AND (x.sender = ${me} OR x.recalled = 1)`

const countMentions = (sql: Sql, id: number, readSeq: number, me: number, user: string): string => `
  SELECT COUNT(*) FROM ${sql.t.mention} n
    STRAIGHT_JOIN ${sql.t.message} m ON m.conversation = n.conversation AND m.seq = n.seq
  WHERE n.conversation = ${id} AND n.seq > ${readSeq} AND NOT m.sender <=> ${me} AND m.flags & ${flag.recalled} = 0
    AND (LOCATE(${sql.text(mentionOf(user))}, m.mentions) > 0 OR LOCATE(${sql.text(mentionOf('@all'))}, m.mentions) > 0)`

const viewsText = (sql: Sql, userId: string, conversationIds: readonly string[]): string => `
  SELECT ${viewColumns}
  FROM (SELECT ${mine} FROM ${sql.t.conversation} c FORCE INDEX (by_id)
    STRAIGHT_JOIN ${sql.t.user} u ON u.user_id = ${sql.bytes(lookedUp(userId))}
    STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.conversation = c.id AND mb.to_seq IS NULL
      AND ${isBegun}
    WHERE c.conversation_id IN ${sql.list(atLeastOne(conversationIds))}) v
  ${viewJoins(sql)}`

export interface ViewsArgs {
  readonly userId: string
  readonly conversationIds: readonly string[]
}

const inOrder = (
  views: readonly ConversationView[],
  { conversationIds }: ViewsArgs,
): readonly (ConversationView | null)[] => {
  const found = new Map(views.map((view) => [view.conversationId, view]))
  return conversationIds.map((conversationId) => found.get(conversationId) ?? null)
}

export const views = query<ViewsArgs, readonly (ConversationView | null)[]>({
  text: (sql, { userId, conversationIds }) => viewsText(sql, userId, conversationIds),
  decode: (rows, args) =>
    rows.some((row) => needsCounting(row, 0))
      ? again
      : inOrder(
          rows.map((row) => viewAt(row, 0, nothing)),
          args,
        ),
  async together(ask, sql, args) {
    const [rows = []] = await ask(viewsText(sql, args.userId, args.conversationIds))
    return inOrder(await viewsOf(ask, sql, args.userId, rows, 0), args)
  },
})

export interface ListResult {
  readonly conversations: readonly ConversationView[]
  readonly unreadTotal: number
  readonly more: boolean
}

export interface ListArgs {
  readonly userId: string
  readonly after: ListPosition | null
  readonly limit: number
}

const memberships = (sql: Sql, userId: string): string => `${sql.t.user} u
  STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.to_seq IS NULL
  STRAIGHT_JOIN ${sql.t.conversation} c ON c.id = mb.conversation AND ${isBegun}
  WHERE u.user_id = ${sql.bytes(lookedUp(userId))}`

/**
 * The page, with two numbers over all memberships: how many countable messages come after their positions, and how many
 * memberships have exceptions among these. An empty page has one row without a view.
 */
function listText(sql: Sql, { userId, after, limit }: ListArgs): string {
  const { updatedAt, conversationId } = after ?? { updatedAt: Number.MAX_SAFE_INTEGER, conversationId: '' }
  const at = sql.int(updatedAt)
  return `SELECT total.behind, total.exceptions, ${viewColumns} FROM
    (SELECT CAST(COALESCE(SUM(v.behind), 0) AS SIGNED) AS behind,
        CAST(COALESCE(SUM(v.behind > 0 AND v.last_exceptional_seq > v.read_seq), 0) AS SIGNED) AS exceptions
      FROM (SELECT ${mine}, c.last_exceptional_seq FROM ${memberships(sql, userId)}) v) total
    LEFT JOIN (SELECT ${mine} FROM ${memberships(sql, userId)}
        AND (c.updated_at < ${at}
          OR (c.updated_at = ${at} AND c.conversation_id < ${sql.bytes(lookedUp(conversationId))}))
        ORDER BY c.updated_at DESC, c.conversation_id DESC LIMIT ${sql.int(limit + 1)}) v ON TRUE
    ${viewJoins(sql, 'LEFT JOIN')}`
}

/** Memberships with exceptions after the position: conversation, user, read position. */
const listExceptions = (sql: Sql, userId: string): string => `
  SELECT v.id, v.me, v.read_seq FROM (SELECT ${mine}, c.last_exceptional_seq FROM ${memberships(sql, userId)}) v
  WHERE v.behind > 0 AND v.last_exceptional_seq > v.read_seq`

/** The place at which the columns of a view begin in a row of `listText`. */
const viewsBegin = 2

const isView = (row: Row): boolean => row[viewsBegin] !== null

function pageOf(views: ConversationView[], unreadTotal: number, { limit }: ListArgs): ListResult {
  views.sort(byActivity)
  return { conversations: views.slice(0, limit), unreadTotal, more: views.length > limit }
}

export const list = query<ListArgs, ListResult>({
  text: listText,
  decode(rows, args) {
    const [behind, exceptions] = (rows[0] ?? [0, 0]) as [number, number]
    const found = rows.filter(isView)
    if (exceptions > 0 || found.some((row) => needsCounting(row, viewsBegin))) return again
    return pageOf(
      found.map((row) => viewAt(row, viewsBegin, nothing)),
      behind,
      args,
    )
  },
  async together(ask, sql, args) {
    const [rows = []] = await ask(listText(sql, args))
    const [behind] = (rows[0] ?? [0]) as [number]
    const page = await viewsOf(ask, sql, args.userId, rows.filter(isView), viewsBegin)
    const [exceptional = []] = await ask(listExceptions(sql, args.userId))
    const counted = await counts(
      ask,
      exceptional.map(
        ([id, me, readSeq], place) =>
          `SELECT ${place}, 0, (${countExceptions(sql, id as number, readSeq as number, me as number)})`,
      ),
    )
    return pageOf(page, behind - [...counted.values()].reduce((sum, count) => sum + count, 0), args)
  },
})
