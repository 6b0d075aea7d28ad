// Which connections have something to write. One list and one callback for all of them: it runs in the check phase, after
// every socket that was readable in this turn of the event loop has been read and what could be answered at once was
// answered, so that whatever is meant for one client leaves in one write.
//
// Whom something is answered to is written first. The others, whom something is only told, follow in slices, a slice a
// turn, and between two slices what clients send is read: a broadcast to thousands holds up nobody else, storage works
// beside it, and what comes for a connection before its turn goes in the same write. A slice is no smaller than what was
// answered in its turn: who sends much does not keep others from being told.

interface Flushable {
  /** Must not throw. */
  flush(): void
}

/**
 * Of those that are only told something, so many are written to in one turn: some 0.05 ms, which is little more than a turn
 * itself costs. The next message to a group comes while the last is still being told: it, and then the database's answer,
 * wait for one slice.
 */
const sliceMin = 4
/** Where more wait it is one of so many: the last of ten thousand waits for some 300 turns. */
const sliceOf = 64

export class FlushList {
  #answered = new Set<Flushable>()
  readonly #told = new Set<Flushable>()
  #isScheduled = false
  readonly #run = (): void => {
    this.#isScheduled = false
    const answered = this.#answered
    if (answered.size > 0) {
      this.#answered = new Set()
      for (const one of answered) one.flush()
    }
    let left = Math.max(sliceMin, answered.size, Math.ceil(this.#told.size / sliceOf))
    for (const one of this.#told) {
      if (left-- === 0) break
      this.#told.delete(one)
      one.flush()
    }
    if (this.#told.size > 0) this.#schedule()
  }

  /** It has something to tell: it is flushed once, in a turn to come. */
  add(one: Flushable): void {
    if (this.#answered.has(one)) return
    this.#told.add(one)
    this.#schedule()
  }

  /** It has an answer: it is flushed once, in this turn. */
  addAnswer(one: Flushable): void {
    this.#told.delete(one)
    this.#answered.add(one)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#run)
  }
}
