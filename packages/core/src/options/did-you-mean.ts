// Finds the known name that somebody probably meant by an unknown one.

/** How many letters may be wrong, missing, extra or swapped: one in three, at most three. */
const faultsMax = (name: string): number => Math.min(3, Math.ceil(name.length / 3))

/** The number of letters to change, add, remove or swap with the next, to turn one text into the other. */
function distance(a: string, b: string): number {
  let last: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, last[j - 2]! + 1)
      next.push(least)
    }
    last = row
    row = next
  }
  return row[b.length]!
}

/**
 * `; did you mean authenticate?` if a known name is near, otherwise an empty text. It goes behind the words that say
 * that the name does not exist. Upper and lower case count as equal; dashes and underscores do not count.
 */
export function didYouMean(name: string, known: Iterable<string>): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_\s]/g, '')
  // No typing error is longer than this.
  const given = plain(name.slice(0, 64))
  let nearest: string | null = null
  let fewest = faultsMax(given) + 1
  for (const one of known) {
    const faults = distance(given, plain(one))
    if (faults < fewest) [nearest, fewest] = [one, faults]
  }
  return nearest === null ? '' : `; did you mean ${nearest}?`
}
