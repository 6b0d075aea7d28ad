// Withholds a changed message from a reader where somebody changed it outside the reader's membership of the group.
import type { Seq, StoredMessage } from '@rookery/core'

/** Messages after `from`, up to `to`. `to` is null while the membership lasts. */
export type Interval = readonly [from: Seq, to: Seq | null]

const isIn = (intervals: readonly Interval[], seq: Seq): boolean =>
  intervals.some(([from, to]) => seq > from && (to === null || seq <= to))

/**
 * A message as a reader with these intervals sees it. `editSeq` is the sequence of its last edit. Only messages of
 * groups are withheld.
 */
export function asSeen(message: StoredMessage, editSeq: Seq | null, intervals: readonly Interval[]): StoredMessage {
  if (message.asOf === null) return message
  if (isIn(intervals, message.asOf) && (editSeq === null || isIn(intervals, editSeq))) return message
  const nothing = { content: null, ext: null, reactions: null, editedAt: null, asOf: null, recalled: false }
  return { ...message, ...nothing, withheld: true }
}

/** The same messages, as disjoint intervals in ascending order. */
export function merged(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = []
  for (const [from, to] of intervals.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (!last || (last[1] !== null && last[1] < from)) merged.push([from, to])
    else if (last[1] !== null) merged[merged.length - 1] = [last[0], to === null ? null : Math.max(last[1], to)]
  }
  return merged
}
