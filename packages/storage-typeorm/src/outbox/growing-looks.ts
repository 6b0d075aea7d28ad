// Decides when the outbox reads its table if nothing tells it of commits: soon after a row was put, then less and less
// often.

/** 5 ms: a transaction commonly commits within a few ms after its last statement. */
const firstMs = 5
/** Core's own sweep reads as often as this. */
const lastMs = 1000

export class GrowingLooks {
  /** Rows that were put and not seen since. */
  readonly #awaited = new Set<string>()
  #timer: NodeJS.Timeout | null = null
  #nextMs = firstMs
  /** The delay of the running timer. */
  #timedMs = firstMs

  /** @param look reads the outbox, and calls `seen` for what it finds */
  constructor(private readonly look: () => void) {}

  /** A row was put, in a transaction that may commit at any time. */
  put(id: string): void {
    this.#awaited.add(id)
    this.#nextMs = firstMs
    this.#wait()
  }

  /** Its transaction has committed. */
  seen(id: string): void {
    this.#awaited.delete(id)
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#awaited.clear()
  }

  // A timer that runs for no longer than 5 ms stays: however many rows are put, there is one look in 5 ms.
  #wait(): void {
    if (this.#timer !== null) {
      if (this.#timedMs === firstMs) return
      clearTimeout(this.#timer)
    }
    this.#timedMs = this.#nextMs
    this.#timer = setTimeout(() => this.#due(), this.#nextMs).unref()
  }

  #due(): void {
    this.#timer = null
    if (this.#awaited.size === 0) return
    this.#nextMs *= 2
    // A row that is still missing was rolled back, or its transaction takes long.
    if (this.#nextMs > lastMs) this.#awaited.clear()
    else this.#wait()
    this.look()
  }
}
