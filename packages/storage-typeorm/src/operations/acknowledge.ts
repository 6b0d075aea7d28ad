// What a device's acknowledgement of inbox entries adds to what the device acknowledged before.

/** Entries of an inbox: those after `from`, up to `to`. */
interface Range {
  readonly from: number
  readonly to: number
}

export interface Acknowledgement {
  /** What the device has acknowledged from now on. */
  readonly range: Range
  /** The entries that are new: those after `after`, up to `to`. There are none where `after` reaches `to`. */
  readonly after: number
  readonly to: number
}

/**
 * @param known what the device acknowledged before; null for a device that has no row
 * @param head the last entry of the inbox; an acknowledgement counts only up to it
 */
export function acknowledge(known: Range | null, given: Range, head: number): Acknowledgement {
  const from = Math.min(given.from, head)
  const to = Math.max(from, Math.min(given.to, head))
  if (known === null || from > known.to) return { range: { from, to }, after: from, to }
  const after = Math.max(from, known.to)
  // A range that ends before the stored one begins is not joined to it: nobody acknowledged what lies between.
  const joined = to >= known.from ? Math.min(from, known.from) : known.from
  return { range: { from: joined, to: Math.max(to, known.to) }, after, to }
}
