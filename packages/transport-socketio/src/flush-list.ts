// The connections that have something to write. One list and one callback serve all of them. The callback runs in the
// check phase: by then the event loop has read every socket that was readable in this turn, and the server has answered
// what it could answer at once. So everything for one client leaves in one write.
//
// Connections with an answer come first. Connections with events alone follow in slices, one slice a turn; between two
// slices the event loop reads what clients send. So a broadcast to thousands delays nobody else, storage works
// meanwhile, and an event that comes before a connection's turn goes in the same write. A slice is at least as large as
// the number of answers in its turn: clients that send much do not keep others from their events.

interface Flushable {
  /** Must not throw. */
  flush(): void
}

/**
 * The least number of event-only connections that one turn flushes. It takes some 0.05 ms, little more than the turn
 * itself costs. The next message to a group comes while the last one is still going out: that message, and then the
 * database's answer, wait for one slice.
 */
const sliceMin = 4
/** If more connections wait, a slice is this fraction of them: the last of ten thousand waits for some 300 turns. */
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

  /** Adds a connection with an event; the list flushes it once, in a later turn. */
  add(one: Flushable): void {
    if (this.#answered.has(one)) return
    this.#told.add(one)
    this.#schedule()
  }

  /** Adds a connection with an answer; the list flushes it once, in this turn. */
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
