// What the time is at presence, as a node reckons it from the answers of its own calls. A call was carried out somewhere
// between being sent and being answered, which bounds by how much the two clocks differ: every call narrows the bounds, the
// quickest the most, and a call that was slow, or held up on its way, leaves them as they are. (After F. Cristian,
// "Probabilistic clock synchronization", 1989.)

/** By how much two clocks that do not jump may drift apart, ms in each ms: ten times what crystals are sold for. */
const drift = 0.0002

export class PresenceTime {
  #least = -Infinity
  #most = Infinity
  /** The node's time of the last answer. */
  #asOfMs = 0

  get isKnown(): boolean {
    return this.#most < Infinity
  }

  /** A call of the node was answered. All in ms: by the node's own monotonic clock, and by presence's. */
  answered(sentMs: number, receivedMs: number, now: number): void {
    const drifted = drift * (receivedMs - this.#asOfMs)
    const least = Math.max(this.#least - drifted, now - receivedMs)
    const most = Math.min(this.#most + drifted, now - sentMs)
    // Where they cannot both be right it is another clock: presence was started anew.
    const isSame = least <= most
    this.#least = isSame ? least : now - receivedMs
    this.#most = isSame ? most : now - sentMs
    this.#asOfMs = receivedMs
  }

  /** Presence's time for one of the node's, once it is known. */
  at(ms: number): number {
    return ms + (this.#least + this.#most) / 2
  }
}
