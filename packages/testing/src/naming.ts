// How a client names its timelines if it has more than a list may have: the lists take turns.

export class Naming {
  private turn = 0

  /** @param list `limits.list` */
  constructor(readonly list = 200) {}

  /** The next positions to name; after the last it begins again with the first. */
  next(positions: Readonly<Record<string, number>>): Record<string, number> {
    const all = Object.entries(positions)
    if (all.length <= this.list) return { ...positions }
    const begin = this.turn % all.length
    this.turn = begin + this.list
    return Object.fromEntries([...all.slice(begin), ...all.slice(0, begin)].slice(0, this.list))
  }
}
