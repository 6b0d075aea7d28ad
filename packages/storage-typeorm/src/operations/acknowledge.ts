// Adds a device's acknowledgement of inbox entries to what it acknowledged before.

/** Entries of an inbox: those after `from`, up to `to`. */
interface Range {
  readonly from: number
  readonly to: number
}

export interface Acknowledgement {
  /** The range that the device has acknowledged from now on. */
  readonly range: Range
  /** The entries that are new: those after `after`, up to `to`. There are none where `after` reaches `to`. */
  readonly after: number
  readonly to: number
}

/**
 * @param known the range before; null for a device without a row
 * @param head the last entry of the inbox; an acknowledgement counts only up to it
 */
export function acknowledge(known: Range | null, given: Range, head: number): Acknowledgement {
  const from = Math.min(given.from, head)
  const to = Math.max(from, Math.min(given.to, head))
  if (known === null || from > known.to) return { range: { from, to }, after: from, to }
  const after = Math.max(from, known.to)
  // A range that ends before the stored one begins does not join it: nobody acknowledged the entries between.
  const joined = to >= known.from ? Math.min(from, known.from) : known.from
  return { range: { from: joined, to: Math.max(to, known.to) }, after, to }
}
