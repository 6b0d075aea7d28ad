// Large groups: their messages come through the group's own timeline, beside the inbox. Inbox entries tell where such a
// timeline begins and ends for this user; in between each message is applied once, in order.

/** The most timelines that a request may name. */
const namedMax = 200

export class Timelines {
  /** @type {Map<string, number>} the last held sequence of each */
  #at
  /** @type {Map<string, number>} the ends of timelines that have one */
  #ends = new Map()

  /** @param {Record<string, number>} held */
  constructor(held = {}) {
    this.#at = new Map(Object.entries(held))
  }

  /** The positions for `pull` and the handshake. */
  get positions() {
    return Object.fromEntries([...this.#at].slice(0, namedMax))
  }

  /** A device that holds nothing follows from the present heads on. */
  begin(timelines) {
    this.#at = new Map(timelines.map(({ conversationId, seq }) => [conversationId, seq]))
  }

  clear() {
    this.#at.clear()
    this.#ends.clear()
  }

  /** Takes an inbox entry. @returns {boolean} whether it was about a timeline */
  tell({ kind, conversationId, from, to }) {
    if (kind === 'follow') {
      this.#ends.delete(conversationId)
      this.#at.set(conversationId, from)
    } else if (kind === 'unfollow') {
      this.#ends.set(conversationId, to)
      this.#moveTo(conversationId, this.#at.get(conversationId) ?? to)
    } else return false
    return true
  }

  /**
   * Takes live messages.
   * @param {{ conversationId: string, messages: any[] }} event @param {(message: any) => void} apply
   * @returns {boolean} false if messages are missing before them
   */
  take({ conversationId, messages }, apply) {
    for (const message of messages) {
      const at = this.#at.get(conversationId)
      if (at === undefined || message.seq > at + 1) return false
      if (message.seq <= at) continue
      apply(message)
      this.#moveTo(conversationId, message.seq)
    }
    return true
  }

  /** Takes one timeline of a page. @param {any} page @param {(message: any) => void} apply */
  takePage({ conversationId, messages, seq }, apply) {
    const at = this.#at.get(conversationId)
    if (at === undefined) return
    for (const message of messages) if (message.seq > at) apply(message)
    this.#moveTo(conversationId, Math.max(at, seq))
  }

  #moveTo(conversationId, seq) {
    if (seq < (this.#ends.get(conversationId) ?? Infinity)) this.#at.set(conversationId, seq)
    else this.#at.delete(conversationId)
  }
}
