// Columns of a message and the joins they need, in the order in which `messageAt` takes them.
import type { StoredMessage } from '@rookery/core'
import { maybeMessageOf, type MessageTuple, type NoMessage } from '../../rows/message.js'
import { asSeen, type Interval } from '../../rows/seen.js'
import type { Row } from '../link.js'
import { asText } from '../sql.js'
import type { MysqlTables } from '../tables.js'

/** Columns of message `m` in conversation `c`. */
export const messageColumns = `m.msg_id, ${asText('m.client_msg_id')}, ${asText('c.conversation_id')}, c.kind,
  ${asText('sender.user_id')}, ${asText('recipient.user_id')}, COALESCE(m.subject, c.subject), m.type, m.content, m.ext,
  m.reply_to, m.mentions, m.flags, m.client_time, m.server_time, m.seq, m.ordinal, m.edited_at, m.as_of, m.reactions, m.edit_seq`

/** The number of these columns. */
export const messageWidth = 21

/** Empty columns, in the place of columns that another part of a UNION has. */
export const nulls = (count: number): string => Array.from({ length: count }, () => 'NULL').join(', ')

export const messageJoins = (t: MysqlTables): string =>
  `LEFT JOIN ${t.user} sender ON sender.id = m.sender LEFT JOIN ${t.user} recipient ON recipient.id = m.recipient`

/** The message whose columns begin at `at`; null where the row has none. */
export const messageAt = (row: Row, at: number): StoredMessage | null =>
  maybeMessageOf(row.slice(at, at + messageWidth - 1) as unknown as MessageTuple | NoMessage)

/** The same message as a reader sees it. It calls `intervals` only where they decide, which is in groups. */
export function seenAt(row: Row, at: number, intervals: () => readonly Interval[]): StoredMessage | null {
  const message = messageAt(row, at)
  if (message === null || message.kind !== 'c2g' || message.asOf === null) return message
  return asSeen(message, row[at + messageWidth - 1] as number | null, intervals())
}

/** Columns of membership `mb`, in the order in which `intervalsAt` reads them. */
export const intervalColumns = 'mb.from_seq, mb.to_seq, mb.earlier'

/** All intervals of a membership; an empty list where there is no membership. */
export function intervalsAt(row: Row, at: number): readonly Interval[] {
  const [from, to, earlier] = row.slice(at, at + 3) as [number | null, number | null, string | null]
  return from === null ? [] : [...(JSON.parse(earlier ?? '[]') as Interval[]), [from, to]]
}
