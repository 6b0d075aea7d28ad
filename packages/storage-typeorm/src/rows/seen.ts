// What of a changed message is for a member of its group: nothing, where it was changed outside of that membership.
import type { Seq, StoredMessage } from '@rookery/core'

/** Messages after `from` up to `to`, which is null while the membership lasts. */
export type Interval = readonly [from: Seq, to: Seq | null]

const isIn = (intervals: readonly Interval[], seq: Seq): boolean =>
  intervals.some(([from, to]) => seq > from && (to === null || seq <= to))

/** A message as it stands for a reader with these intervals. `editSeq` is its last edit's; only groups' are looked at. */
export function asSeen(message: StoredMessage, editSeq: Seq | null, intervals: readonly Interval[]): StoredMessage {
  if (message.asOf === null) return message
  if (isIn(intervals, message.asOf) && (editSeq === null || isIn(intervals, editSeq))) return message
  const nothing = { content: null, ext: null, reactions: null, editedAt: null, asOf: null, recalled: false }
  return { ...message, ...nothing, withheld: true }
}

/** The same messages as disjoint intervals in ascending order. */
export function merged(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = []
  for (const [from, to] of intervals.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (!last || (last[1] !== null && last[1] < from)) merged.push([from, to])
    else if (last[1] !== null) merged[merged.length - 1] = [last[0], to === null ? null : Math.max(last[1], to)]
  }
  return merged
}
