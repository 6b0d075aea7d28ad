// What the time is at presence, as a node reckons it from the answers of its own calls. Presence carries a call out
// somewhere between sending and answer, which bounds by how much the two clocks differ: every call narrows the bounds, the
// quickest the most, and a call that was slow leaves them as they are. (After F. Cristian, "Probabilistic clock
// synchronization", 1989.) Another era has another clock, and is learnt anew.
import type { PresenceTime } from '../ports/presence.js'

/** By how much two clocks that do not jump may drift apart, ms in each ms: ten times what crystals are sold for. */
const drift = 0.0002

export class PresenceClock {
  #era: string | null = null
  #least = -Infinity
  #most = Infinity
  /** The node's time of the last answer. */
  #asOfMs = 0

  /** The era of the last answer; null before the first. */
  get era(): string | null {
    return this.#era
  }

  /** A call of the node was answered. In ms, by the node's own monotonic clock. */
  answered(sentMs: number, receivedMs: number, { era, ms }: PresenceTime): void {
    const drifted = drift * (receivedMs - this.#asOfMs)
    const least = Math.max(this.#least - drifted, ms - receivedMs)
    const most = Math.min(this.#most + drifted, ms - sentMs)
    // Where they cannot both be right it is another clock, or the machine of one of them slept.
    const isSame = era === this.#era && least <= most
    this.#era = era
    this.#least = isSame ? least : ms - receivedMs
    this.#most = isSame ? most : ms - sentMs
    this.#asOfMs = receivedMs
  }

  /** Presence's time for one of the node's; null before the first answer. */
  at(ms: number): PresenceTime | null {
    return this.#era === null ? null : { era: this.#era, ms: ms + (this.#least + this.#most) / 2 }
  }
}
