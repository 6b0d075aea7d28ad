// Decides which seed runs next. Kinds take turns by time, not by seeds, so that slow and quick kinds get equal shares.
// It keeps no time itself: its caller gives it.
import type { KindName, Options, Seed } from './options.js'

/** How long a worker stays with one kind. */
const turnMs = 1_000

interface Turn {
  readonly kind: KindName
  readonly sinceMs: number
}

export class Turns {
  readonly #next: Map<KindName, number>
  /** For each kind the number of seeds left to run. */
  readonly #left: Map<KindName, number>
  readonly #turns = new Map<number, Turn>()
  #last = -1

  /** @param first the first seed of each kind, unless the options say otherwise */
  constructor(
    private readonly options: Pick<Options, 'kinds' | 'from' | 'seeds'>,
    first: number,
  ) {
    const { kinds, from, seeds } = options
    this.#next = new Map(kinds.map((kind) => [kind, from ?? first]))
    this.#left = new Map(kinds.map((kind) => [kind, seeds ?? Infinity]))
  }

  /** Null if there is nothing left to run. */
  next(worker: number, nowMs: number): Seed | null {
    const kind = this.#kindFor(worker, nowMs)
    if (kind === null) return null
    const seed = this.#next.get(kind)!
    this.#next.set(kind, seed + 1)
    this.#left.set(kind, this.#left.get(kind)! - 1)
    return { kind, seed }
  }

  #kindFor(worker: number, nowMs: number): KindName | null {
    const turn = this.#turns.get(worker)
    if (turn !== undefined && nowMs - turn.sinceMs < turnMs && this.#left.get(turn.kind)! > 0) return turn.kind
    const { kinds } = this.options
    for (let step = 1; step <= kinds.length; step++) {
      const at = (this.#last + step) % kinds.length
      const kind = kinds[at]!
      if (this.#left.get(kind)! === 0) continue
      this.#last = at
      this.#turns.set(worker, { kind, sinceMs: nowMs })
      return kind
    }
    return null
  }
}
