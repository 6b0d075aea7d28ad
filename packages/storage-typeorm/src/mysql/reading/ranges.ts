// Ranges of a conversation's timeline: history, for a reader's intervals or for the host, and pages for a member who
// follows it.
import type { MessagePage, StoredMessage, TimelinePage } from '@rookery/core'
import { merged, type Interval } from '../../rows/seen.js'
import { lookedUp } from '../../rows/text.js'
import { pieces, type Sql } from '../sql.js'
import {
  intervalColumns,
  intervalsAt,
  messageAt,
  messageColumns,
  messageJoins,
  messageWidth,
  nulls,
  seenAt,
} from './columns.js'
import { query } from './query.js'

export interface MessageRange {
  readonly after?: number
  readonly before?: number
  readonly limit: number
  readonly reader?: string
}

export interface MessagesArgs {
  readonly conversationId: string
  readonly range: MessageRange
}

const isForward = ({ after, before }: MessageRange): boolean => after !== undefined && before === undefined

/**
 * Messages between two sequences, without both: the first of them, or the last. It leaves out recalls, edits and
 * reactions.
 */
const between = (sql: Sql, { conversationId, range }: MessagesArgs, low: number, high: number): string => `
  SELECT ${messageColumns}
  FROM ${sql.t.conversation} c
  JOIN ${sql.t.message} m ON m.conversation = c.id AND m.seq > ${sql.int(low)} AND m.seq < ${sql.int(high)}
    AND m.type NOT IN ('im.recall', 'im.edit', 'im.reaction')
  ${messageJoins(sql.t)}
  WHERE c.conversation_id = ${sql.bytes(lookedUp(conversationId))}
  ORDER BY m.seq ${isForward(range) ? 'ASC' : 'DESC'} LIMIT ${sql.int(range.limit + 1)}`

/** A page of messages in the order in which they were read. There is at most one more than the page takes. */
function pageOf(found: readonly StoredMessage[], range: MessageRange): MessagePage {
  const messages = found.slice(0, range.limit)
  return { messages: isForward(range) ? messages : messages.toReversed(), more: found.length > range.limit }
}

export const messages = query<MessagesArgs, MessagePage>({
  text: (sql, args) =>
    args.range.reader === undefined
      ? between(sql, args, args.range.after ?? 0, args.range.before ?? Number.MAX_SAFE_INTEGER)
      : null,
  decode: (rows, { range }) =>
    pageOf(
      rows.map((row) => messageAt(row, 0)).filter((message) => message !== null),
      range,
    ),
  async together(ask, sql, args) {
    const { conversationId, range } = args
    const { after = 0, before = Number.MAX_SAFE_INTEGER, limit, reader = '' } = range
    const [[member] = []] = await ask(
      `SELECT ${intervalColumns} FROM ${sql.t.user} u
        STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = ${sql.bytes(lookedUp(conversationId))}
        STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.conversation = c.id
        WHERE u.user_id = ${sql.bytes(lookedUp(reader))}`,
    )
    const intervals = member === undefined ? [] : intervalsAt(member, 0)
    const disjoint = merged(intervals)
    const statements = (isForward(range) ? disjoint : disjoint.toReversed()).flatMap(([from, to]: Interval) => {
      const [low, high] = [Math.max(after, from), Math.min(before, (to ?? Number.MAX_SAFE_INTEGER - 1) + 1)]
      return high - low < 2 ? [] : [between(sql, args, low, high)]
    })
    const found: StoredMessage[] = []
    for (const some of pieces(statements, 4)) {
      if (found.length > limit) break
      for (const row of (await ask(...some)).flat()) {
        const message = seenAt(row, 0, () => intervals)
        if (message !== null) found.push(message)
      }
    }
    return pageOf(found, range)
  },
})

/**
 * One statement, so one snapshot. Its first row has no message, and holds the timeline's and the membership's values.
 */
export const timeline = query<
  { userId: string; conversationId: string; after: number; limit: number },
  TimelinePage | null
>({
  text(sql, { userId, conversationId, after, limit }) {
    const member = `${sql.t.user} u
      STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = ${sql.bytes(lookedUp(conversationId))}
      STRAIGHT_JOIN ${sql.t.member} mb ON mb.person = u.id AND mb.conversation = c.id`
    const isReader = `u.user_id = ${sql.bytes(lookedUp(userId))}`
    return `
      (SELECT COALESCE(mb.to_seq, c.last_seq), GREATEST(mb.from_seq, c.floor_seq), ${intervalColumns}, ${nulls(messageWidth)}
      FROM ${member} WHERE ${isReader})
      UNION ALL
      (SELECT ${nulls(5)}, ${messageColumns}
      FROM ${member}
      STRAIGHT_JOIN ${sql.t.message} m FORCE INDEX (PRIMARY) ON m.conversation = c.id
        AND m.seq > GREATEST(${sql.int(after)}, mb.from_seq) AND m.seq <= COALESCE(mb.to_seq, c.last_seq)
      ${messageJoins(sql.t)}
      WHERE ${isReader} ORDER BY m.seq LIMIT ${sql.int(limit)})`
  },
  decode([first, ...rows]) {
    if (first === undefined) return null
    const [head, floor] = first as [number, number]
    const intervals = intervalsAt(first, 2)
    const messages = rows.map((row) => seenAt(row, 5, () => intervals)).filter((message) => message !== null)
    return { messages, head, floor }
  },
})
