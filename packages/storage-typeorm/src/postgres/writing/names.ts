// Texts named once and ascending, so that rows are locked in one order; a batch speaks of them by their place.

export class Names {
  readonly #found = new Map<string, number>()
  /** The names, ascending as bytes; filled by `sort`. */
  sorted: readonly string[] = []
  #ranks: readonly number[] = []

  /** A number for the name; `rank` tells its place once all are known. */
  add(name: string): number {
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const number = this.#found.size
    this.#found.set(name, number)
    return number
  }

  sort(): void {
    const names = [...this.#found.keys()]
    // Ids are ASCII, where this is the order of bytes. Of others the database itself tells that it has another order.
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
