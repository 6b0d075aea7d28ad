// The messages of one session to one conversation that were refused and have not come again, by key and by place.

/** Why a message may not leave, and until when. */
export interface Hold<Reason> {
  readonly error: Reason
  /** Monotonic ms. */
  readonly untilMs: number
}

/** A message that got an answer that may be tried again. */
export interface Refused<Reason> {
  readonly clientMsgId: string
  /** The number of the request that first brought this key, among the session's requests. */
  readonly place: number
  /** The answer to every message behind it. */
  readonly hold: Hold<Reason>
  /** Until when refusals of this message itself hold others back. Null if it was only held back by another message. */
  readonly ownUntilMs: number | null
  /** Until when it is remembered. */
  readonly knownUntilMs: number
}

export class RefusedSends<Reason> {
  private readonly byKey = new Map<string, Refused<Reason>>()
  /** Ascending; no two have the same place. */
  private readonly byPlace: Refused<Reason>[] = []

  get size(): number {
    return this.byPlace.length
  }

  /** The refused message with the smallest place. */
  get first(): Refused<Reason> | undefined {
    return this.byPlace[0]
  }

  /** What holds back a message with this place; null if nothing does. */
  holdOn(place: number, nowMs: number): Hold<Reason> | null {
    for (const one of this.byPlace) {
      if (one.place >= place) return null
      if (one.hold.untilMs > nowMs) return one.hold
    }
    return null
  }

  get(clientMsgId: string): Refused<Reason> | undefined {
    return this.byKey.get(clientMsgId)
  }

  /** Replaces any earlier refusal of the same key. */
  set(one: Refused<Reason>): void {
    this.delete(one.clientMsgId)
    this.byKey.set(one.clientMsgId, one)
    const last = this.byPlace.at(-1)
    if (last === undefined || last.place < one.place) this.byPlace.push(one)
    else this.byPlace.splice(this.indexOf(one.place), 0, one)
  }

  delete(clientMsgId: string): Refused<Reason> | undefined {
    const one = this.byKey.get(clientMsgId)
    if (one === undefined) return undefined
    this.byKey.delete(clientMsgId)
    this.byPlace.splice(this.indexOf(one.place), 1)
    return one
  }

  all(): IterableIterator<Refused<Reason>> {
    return this.byKey.values()
  }

  /** The index where a place is, or where it would be inserted. */
  private indexOf(place: number): number {
    let from = 0
    let to = this.byPlace.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.byPlace[middle]!.place < place) from = middle + 1
      else to = middle
    }
    return from
  }
}
