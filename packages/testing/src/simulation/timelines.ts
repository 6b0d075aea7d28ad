// A client's positions in the conversation timelines that its inbox told it to follow.
import type { WireEntry } from './history.js'

export class Timelines {
  readonly #positions = new Map<string, number>()
  /** The ends of timelines that it is no longer to follow. */
  readonly #ends = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#positions.size === 0
  }

  /** The positions that a handshake or pull names. */
  get held(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#positions)
  }

  at(conversationId: string): number | undefined {
    return this.#positions.get(conversationId)
  }

  clear(): void {
    this.#positions.clear()
    this.#ends.clear()
  }

  /** Follows a timeline from now on, and holds nothing of before. */
  begin(conversationId: string, seq: number): void {
    this.#positions.set(conversationId, seq)
  }

  /** Takes an entry, which may be `follow` or `unfollow`. */
  told({ kind, conversationId, from, to }: WireEntry): void {
    if (kind === 'follow') {
      this.#ends.delete(conversationId!)
      this.#positions.set(conversationId!, from!)
    } else if (kind === 'unfollow') {
      this.#ends.set(conversationId!, to!)
      this.moved(conversationId!, this.#positions.get(conversationId!) ?? to!)
    }
  }

  /** The device holds everything up to `seq`. */
  moved(conversationId: string, seq: number): void {
    const at = this.#positions.get(conversationId)
    if (at === undefined) return
    if (seq >= (this.#ends.get(conversationId) ?? Infinity)) this.#positions.delete(conversationId)
    else if (seq > at) this.#positions.set(conversationId, seq)
  }
}
