// The arithmetic of the report.

/** The middle value, or the mean of the two in the middle. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The smallest value that at least `share` of all do not exceed. @param sorted ascending. @throws RangeError for none */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) throw new RangeError('a percentile of nothing')
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))]!
}

/**
 * The median of the ratios of each round, not the ratio of the medians: what slows the machine in one round slows both
 * sides of that round's ratio. @throws RangeError if the rounds do not match or there are none
 */
export function medianRatio(upper: readonly number[], lower: readonly number[]): number {
  if (upper.length !== lower.length) throw new RangeError(`${upper.length} rounds against ${lower.length}`)
  return median(upper.map((value, round) => value / lower[round]!))
}
