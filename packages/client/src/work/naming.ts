// How timelines are named where there are more than a list may have: they take turns.

export class Naming {
  #turn = 0

  /** At most `list` positions; after the last it begins again with the first. */
  next(positions: Readonly<Record<string, number>>, list: number): Record<string, number> {
    const all = Object.entries(positions)
    if (all.length <= list) return { ...positions }
    const begin = this.#turn % all.length
    this.#turn = begin + list
    return Object.fromEntries([...all.slice(begin), ...all.slice(0, begin)].slice(0, list))
  }
}
