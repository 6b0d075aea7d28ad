// The requests of a session that have no answer yet, in the order in which they came. A refusal marks the requests
// behind it once, so each of them knows by itself that it may not be stored.
import type { ConversationId, RookeryError } from '@rookery/protocol'
import type { Hold } from './refused-sends.js'

/** The place of a request among those of its session, while it is under way. */
export interface Ordered {
  readonly conversationId: ConversationId
  /** The number of the request that first brought this key. */
  readonly place: number
  /** The number of this request; equal to `place` if the key is new. */
  readonly arrival: number
  /** Set when an earlier request was refused. */
  heldBack: Hold<RookeryError> | null
  earlier: Ordered | null
  later: Ordered | null
}

export class UnderWay {
  private last: Ordered | null = null

  /** Adds the request that came last. */
  add(one: Ordered): void {
    one.earlier = this.last
    if (this.last !== null) this.last.later = one
    this.last = one
  }

  /** Removes a request that has its answer. If the request is not in the list, nothing happens. */
  remove(one: Ordered): void {
    const { earlier, later } = one
    if (this.last === one) this.last = earlier
    else if (later === null) return
    else later.earlier = earlier
    if (earlier !== null) earlier.later = later
    one.earlier = null
    one.later = null
  }

  /**
   * Holds back the requests to a conversation that are behind `place` and came after the arrival `upTo`.
   * @returns the last arrival that it has looked at
   */
  holdBack(conversationId: ConversationId, place: number, upTo: number, hold: Hold<RookeryError>): number {
    const after = Math.max(place, upTo)
    for (let one = this.last; one !== null && one.arrival > after; one = one.earlier)
      if (one.conversationId === conversationId && one.place > place && !holdsAsLong(one.heldBack, hold))
        one.heldBack = hold
    return Math.max(upTo, this.last?.arrival ?? 0)
  }
}

const holdsAsLong = (known: Hold<RookeryError> | null, hold: Hold<RookeryError>): boolean =>
  known !== null && known.untilMs >= hold.untilMs
