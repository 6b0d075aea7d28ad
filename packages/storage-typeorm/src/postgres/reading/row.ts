// A row as the server sends it, as a list of texts, and the values in it.
import type { ConversationKind, StoredMessage } from '@rookery/core'
import { messageOf } from '../../rows/message.js'

export type Row = readonly (string | null)[]

/** A number, or null. The empty text also means null. */
export const maybeNumber = (shown: string | null | undefined): number | null =>
  shown === null || shown === undefined || shown === '' ? null : Number(shown)

/** A text that is never empty, or null. */
export const maybeText = (shown: string | null | undefined): string | null => shown || null

/** A text that its column always has. */
export function textOf(row: Row, at: number): string {
  const shown = row[at]
  if (shown === null || shown === undefined) throw new Error(`column ${at} of a row is empty`)
  return shown
}

/** A number that its column always has. */
export const numberOf = (row: Row, at: number): number => Number(textOf(row, at))

/** The message whose columns begin at `at`; null where the row has none. */
export function messageAt(row: Row, at: number): StoredMessage | null {
  if (maybeText(row[at]) === null) return null
  const seldom = at + 13
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
    maybeText(row[seldom]),
    maybeNumber(row[seldom + 1]),
    maybeText(row[seldom + 2]),
    numberOf(row, at + 9),
    maybeNumber(row[seldom + 3]),
    numberOf(row, at + 10),
    numberOf(row, at + 11),
    numberOf(row, at + 12),
    maybeNumber(row[seldom + 4]),
    maybeNumber(row[seldom + 5]),
    maybeText(row[seldom + 6]),
  ])
  return maybeText(row[seldom + 7]) === null ? message : { ...message, ...nothing, withheld: true }
}

const nothing = { content: null, ext: null, reactions: null, editedAt: null, asOf: null, recalled: false }
