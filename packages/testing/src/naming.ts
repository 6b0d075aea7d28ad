// How a client names its timelines where there are more than a list may have: in turns.

export class Naming {
  private turn = 0

  /** @param list `limits.list` */
  constructor(readonly list = 200) {}

  /** The positions that come next; the first ones again after the last. */
  next(positions: Readonly<Record<string, number>>): Record<string, number> {
    const all = Object.entries(positions)
    if (all.length <= this.list) return { ...positions }
    const begin = this.turn % all.length
    this.turn = begin + this.list
    return Object.fromEntries([...all.slice(begin), ...all.slice(0, begin)].slice(0, this.list))
  }
}
