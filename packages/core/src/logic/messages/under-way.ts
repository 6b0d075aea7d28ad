// What a session has sent and has no answer to yet, in the order in which it came. A refusal goes through those behind it
// once, so that each of them knows by itself that it may not be stored.
import type { ConversationId, RookeryError } from '@rookery/protocol'
import type { Hold } from './refused-sends.js'

/** Where a request stands among those of its session, for as long as it is under way. */
export interface Ordered {
  readonly conversationId: ConversationId
  /** When its key came first. */
  readonly place: number
  /** When it came this time; the same number where this is the first. */
  readonly arrival: number
  /** Set when something before it was refused. */
  heldBack: Hold<RookeryError> | null
  earlier: Ordered | null
  later: Ordered | null
}

export class UnderWay {
  private last: Ordered | null = null

  /** Takes the request that came last. */
  add(one: Ordered): void {
    one.earlier = this.last
    if (this.last !== null) this.last.later = one
    this.last = one
  }

  /** Lets go of one that has its answer; of one that is not in it nothing happens. */
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
   * Holds back what is behind `place` in a conversation and came after the arrival `upTo`.
   * @returns the last arrival that was looked at
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
