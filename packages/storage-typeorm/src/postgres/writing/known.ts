// Users who are known to have a row, so that nobody is looked for before every batch. Only a hint: where it is wrong (the
// database is another by now) the append function says so, and everything is forgotten.

const idsMax = 200_000

export class Known {
  #recent = new Set<string>()
  #before = new Set<string>()

  unmet(userIds: readonly string[]): readonly string[] {
    return userIds.filter((userId) => !this.#recent.has(userId) && !this.#before.has(userId))
  }

  /** After a commit that made rows for these. */
  met(userIds: readonly string[]): void {
    for (const userId of userIds) this.#recent.add(userId)
    if (this.#recent.size <= idsMax) return
    this.#before = this.#recent
    this.#recent = new Set()
  }

  forget(): void {
    this.#recent.clear()
    this.#before.clear()
  }
}
