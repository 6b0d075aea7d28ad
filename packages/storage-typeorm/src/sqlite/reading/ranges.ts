// Ranges of a conversation's timeline: history, for a reader's intervals or for the host, and pages for a member who
// follows it.
import type { MessagePage, StoredMessage, TimelinePage } from '@rookery/core'
import { messageOf, type MessageTuple } from '../../rows/message.js'
import { merged } from '../../rows/seen.js'
import { lookedUp } from '../../rows/text.js'
import type { SqliteDatabase, SqliteStatement } from '../driver.js'
import type { Tables } from '../../rows/tables.js'
import { messageJoins, messageJson } from './message.js'
import { onlyText, query, snapshot } from './query.js'
import { allSeen, intervalsOf, intervalsText, mayBeWithheld, type Changed } from './seen.js'

export interface MessageRange {
  readonly after?: number
  readonly before?: number
  readonly limit: number
  readonly reader?: string
}

const forward = ({ after, before }: MessageRange): boolean => after !== undefined && before === undefined

/** For messages that may have to be withheld: their last edit. */
const changedJson = `json_group_array(json_array(m.seq, m.edit_seq)) FILTER (WHERE ${mayBeWithheld})`
/** Two lists, one text: messages, and `changedJson` where there is a reader. */
const pageJson = (changed: string): string => `json_group_array(${messageJson}) || ',' || ${changed}`

/**
 * Leaves out recalls, edits and reactions, because the messages that they change already show them. The range test
 * excludes most other types in one comparison.
 */
const isShown = `(type NOT BETWEEN 'im.edit' AND 'im.recall' OR type NOT IN ('im.recall', 'im.edit', 'im.reaction'))`

function historyPages(db: SqliteDatabase, t: Tables, changed: string): Record<Order, SqliteStatement> {
  const prepare = (order: Order): SqliteStatement =>
    db
      .prepare(
        `SELECT (SELECT ${pageJson(changed)}
        FROM (SELECT * FROM ${t.message}
          WHERE conversation = c.id AND seq > ? AND seq < ? AND ${isShown} ORDER BY seq ${order} LIMIT ?) m
        ${messageJoins(t)})
      FROM ${t.conversation} c WHERE c.conversation_id = ?`,
      )
      .raw()
  return { ASC: prepare('ASC'), DESC: prepare('DESC') }
}
type Order = 'ASC' | 'DESC'

/**
 * `pages` come in any order. `intervals` are the reader's; null where there is no reader, or the reader never was a
 * member.
 */
type MessagesRaw = readonly [
  intervals: string | null,
  pages: readonly (readonly [messages: MessageTuple[], changed: Changed[]])[],
]

export const messages = query<{ conversationId: string; range: MessageRange }, MessagesRaw, MessagePage>({
  prepare(db, t) {
    const [asTheyAre, forReader] = [historyPages(db, t, `'[]'`), historyPages(db, t, changedJson)]
    const membership = db
      .prepare(
        `SELECT ${intervalsText('mb')} FROM ${t.user} u CROSS JOIN ${t.conversation} c
          CROSS JOIN ${t.member} mb ON mb.user = u.id AND mb.conversation = c.id
          WHERE u.user_id = ? AND c.conversation_id = ?`,
      )
      .raw()
    const inSnapshot = snapshot(db)

    return ({ conversationId, range }) => {
      const conversation = lookedUp(conversationId)
      const { after = 0, before = Number.MAX_SAFE_INTEGER, limit, reader } = range
      const page = (reader === undefined ? asTheyAre : forReader)[forward(range) ? 'ASC' : 'DESC']
      const read = (from: number, to: number, most: number): string | null => {
        const row = page.get([from, to, most, conversation])
        return row === undefined ? null : onlyText(row)
      }
      if (reader === undefined) return `[null,[[${read(after, before, limit + 1) ?? '[],[]'}]]]`

      return inSnapshot(() => {
        const row = membership.get([lookedUp(reader), conversation])
        if (row === undefined) return '[null,[]]'
        const text = onlyText(row)
        const intervals = merged(intervalsOf(text))
        const pages: string[] = []
        let missing = limit + 1
        for (const [from, to] of forward(range) ? intervals : intervals.toReversed()) {
          const [low, high] = [Math.max(after, from), Math.min(before, (to ?? Number.MAX_SAFE_INTEGER - 1) + 1)]
          if (missing <= 0 || high - low < 2) continue
          const found = read(low, high, missing) ?? '[],[]'
          pages.push(`[${found}]`)
          // Most members have one interval. Their page needs no counting.
          if (intervals.length > 1) missing -= (JSON.parse(`[${found}]`) as [unknown[]])[0].length
        }
        return `[${JSON.stringify(text)},[${pages.join(',')}]]`
      })
    }
  },
  decode([intervals, pages], { range }) {
    const found: StoredMessage[] = []
    for (const [tuples, changed] of pages) {
      const read = tuples.map(messageOf)
      found.push(...(range.reader === undefined ? read : allSeen(read, changed, intervalsOf(intervals))))
    }
    found.sort(bySeq)
    const more = found.length > range.limit
    if (!more) return { messages: found, more }
    return { messages: forward(range) ? found.slice(0, range.limit) : found.slice(found.length - range.limit), more }
  },
})

type TimelineRaw = readonly [
  head: number,
  floor: number,
  intervals: string,
  messages: MessageTuple[],
  changed: Changed[],
]

/** One statement, so one snapshot. */
export const timeline = query<
  { userId: string; conversationId: string; after: number; limit: number },
  TimelineRaw | null,
  TimelinePage | null
>({
  prepare(db, t) {
    const page = db
      .prepare(
        `SELECT ifnull(mb.to_seq, c.last_seq), max(mb.from_seq, c.floor_seq), ${intervalsText('mb')}, (SELECT ${pageJson(changedJson)}
          FROM (SELECT * FROM ${t.message}
            WHERE conversation = c.id AND seq > max(?, mb.from_seq) AND seq <= ifnull(mb.to_seq, c.last_seq)
            ORDER BY seq LIMIT ?) m
          ${messageJoins(t)})
        FROM ${t.user} u CROSS JOIN ${t.conversation} c
        CROSS JOIN ${t.member} mb ON mb.user = u.id AND mb.conversation = c.id
        WHERE u.user_id = ? AND c.conversation_id = ?`,
      )
      .raw()
    return ({ userId, conversationId, after, limit }) => {
      const row = page.get([after, limit, lookedUp(userId), lookedUp(conversationId)])
      if (row === undefined) return 'null'
      const [head, floor, intervals, text] = row as [number, number, string, string]
      return `[${head},${floor},${JSON.stringify(intervals)},${text}]`
    }
  },
  decode(raw) {
    if (raw === null) return null
    const [head, floor, intervals, tuples, changed] = raw
    return { messages: allSeen(tuples.map(messageOf), changed, intervalsOf(intervals)).sort(bySeq), head, floor }
  },
})

/**
 * SQLite usually aggregates rows in order, but does not guarantee it. Sorting rows that are in order costs one pass.
 */
const bySeq = (a: { readonly seq: number }, b: { readonly seq: number }): number => a.seq - b.seq
