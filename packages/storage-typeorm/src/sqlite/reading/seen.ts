// A reader's intervals, as a read returns them beside the few changed messages of groups.
import type { StoredMessage } from '@rookery/core'
import { asSeen, type Interval } from '../../rows/seen.js'

/** Whether message `m` of conversation `c` may have to be withheld. */
export const mayBeWithheld = `m.as_of IS NOT NULL AND c.kind = 'c2g'`

/** Text of all the intervals of a membership, for `intervalsOf`. */
export const intervalsText = (mb: string): string =>
  `'[' || ifnull(substr(${mb}.earlier, 2, length(${mb}.earlier) - 2) || ',', '')
    || '[' || ${mb}.from_seq || ',' || ifnull(${mb}.to_seq, 'null') || ']]'`

/** Answers no interval where there is no membership. */
export const intervalsOf = (text: string | null): Interval[] => (text === null ? [] : (JSON.parse(text) as Interval[]))

/** A changed message of a page: its place in the page, and its last edit. */
export type Changed = readonly [seq: number, editSeq: number | null]

/** Every message of a page as one reader sees it. */
export function allSeen(
  messages: readonly StoredMessage[],
  changed: readonly Changed[],
  intervals: readonly Interval[],
): StoredMessage[] {
  const edits = new Map(changed)
  return messages.map((message) =>
    edits.has(message.seq) ? asSeen(message, edits.get(message.seq) ?? null, intervals) : message,
  )
}
