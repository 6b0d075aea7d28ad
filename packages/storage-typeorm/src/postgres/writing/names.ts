// A list of distinct texts in ascending order, so that every batch locks rows in the same order. A batch refers to them
// by their places.

export class Names {
  readonly #found = new Map<string, number>()
  /** The names, ascending as bytes; filled by `sort`. */
  sorted: readonly string[] = []
  #ranks: readonly number[] = []

  /** Gives the name a number. `rank` tells its place once all names are known. */
  add(name: string): number {
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const number = this.#found.size
    this.#found.set(name, number)
    return number
  }

  sort(): void {
    const names = [...this.#found.keys()]
    // Ids are ASCII, for which this is the order of bytes. For other ids the database itself reports that its order
    // differs.
    this.sorted = names.toSorted()
    const ranks = new Array<number>(names.length)
    for (const [index, name] of this.sorted.entries()) ranks[this.#found.get(name) as number] = index + 1
    this.#ranks = ranks
  }

  /** Places from 1, for numbers given by `add`; 0 for -1, which is nobody. */
  ranks(numbers: readonly number[]): number[] {
    return numbers.map((number) => (number < 0 ? 0 : (this.#ranks[number] as number)))
  }

  /** Values by number, put in the order of the names. */
  inOrder<T>(values: readonly T[]): T[] {
    const ordered = new Array<T>(values.length)
    for (const [number, rank] of this.#ranks.entries()) ordered[rank - 1] = values[number]!
    return ordered
  }

  /** Values in the order of the names, put by number. */
  byNumber<T>(values: readonly T[]): T[] {
    return this.#ranks.map((rank) => values[rank - 1]!)
  }
}
