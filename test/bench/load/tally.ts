// Counts which messages of one sender arrived at its recipient: each must arrive once, and none that was not sent.

export class Tally {
  #seen = new Uint8Array(1024)
  #distinct = 0
  #repeated = 0

  /** Messages that arrived, each counted once. */
  get distinct(): number {
    return this.#distinct
  }

  /** Arrivals of messages that had arrived before. */
  get repeated(): number {
    return this.#repeated
  }

  /** @returns true if it arrived for the first time */
  add(number: number): boolean {
    if (number >= this.#seen.length) {
      const larger = new Uint8Array(Math.max(number + 1, this.#seen.length * 2))
      larger.set(this.#seen)
      this.#seen = larger
    }
    if (this.#seen[number] === 1) {
      this.#repeated++
      return false
    }
    this.#seen[number] = 1
    this.#distinct++
    return true
  }

  /** Counts the numbers below `sent` that did not arrive, and the arrivals of other numbers. */
  check(sent: number): { readonly missing: number; readonly foreign: number } {
    let below = 0
    for (let number = 0; number < Math.min(sent, this.#seen.length); number++) below += this.#seen[number]!
    return { missing: sent - below, foreign: this.#distinct - below }
  }
}
