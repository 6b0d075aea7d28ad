// A row as the server shows it, text by text, and the values in it.
import type { ConversationKind, StoredMessage } from '@rookery/core'
import { messageOf } from '../../rows/message.js'

export type Row = readonly (string | null)[]

/** Rows that the server put together as one JSON text; none where that is null. */
export const rowsIn = (json: string | null | undefined): readonly Row[] =>
  json === null || json === undefined ? [] : (JSON.parse(json) as Row[])

export const maybeNumber = (shown: string | null | undefined): number | null =>
  shown === null || shown === undefined ? null : Number(shown)

export const maybeText = (shown: string | null | undefined): string | null => shown ?? null

/** A text that its column always has. */
export function textOf(row: Row, at: number): string {
  const shown = row[at]
  if (shown === null || shown === undefined) throw new Error(`column ${at} of a row is empty`)
  return shown
}

/** A number that its column always has. */
export const numberOf = (row: Row, at: number): number => Number(textOf(row, at))

/** The message that begins at a column; null where none was joined. */
export function messageAt(row: Row, at: number): StoredMessage | null {
  if (row[at] === null) return null
  const message = messageOf([
    textOf(row, at),
    textOf(row, at + 1),
    textOf(row, at + 2),
    textOf(row, at + 3) as ConversationKind,
    maybeText(row[at + 4]),
    maybeText(row[at + 5]),
    textOf(row, at + 6),
    textOf(row, at + 7),
    maybeText(row[at + 8]),
    maybeText(row[at + 9]),
    maybeNumber(row[at + 10]),
    maybeText(row[at + 11]),
    numberOf(row, at + 12),
    maybeNumber(row[at + 13]),
    numberOf(row, at + 14),
    numberOf(row, at + 15),
    numberOf(row, at + 16),
    maybeNumber(row[at + 17]),
    maybeNumber(row[at + 18]),
    maybeText(row[at + 19]),
  ])
  return row[at + 20] === 'true' ? { ...message, ...nothing, withheld: true } : message
}

const nothing = { content: null, ext: null, reactions: null, editedAt: null, asOf: null, recalled: false }
