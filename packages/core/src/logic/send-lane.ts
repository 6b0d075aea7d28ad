// The order of one session's sends to one conversation, over handlers, refusals and retries.
//
//  L1. Sends leave in the order in which they came, whatever each has to wait for.
//  L2. After an answer that may be tried again, everything the client sent behind that message gets the same answer, whether
//      it is under way or yet to come, until the refused key comes again or the time is over.
//  L3. What the client sent before a refused message is not held back by it, and a message that comes again has the place
//      that it had at first.
import type { ConversationId } from '../model/ids.js'
import type { RookeryError } from '../protocol/errors.js'

/** Where a send stands among the requests of its session. */
export interface SendPlace {
  /** When its key came first. */
  readonly place: number
  /** When it came this time; the same number where this is the first. */
  readonly arrival: number
}

/** A send as its lane sees it. */
export interface LaneItem extends SendPlace {
  /** Everything before the writer's queue. Never rejects. */
  prepare(): Promise<void>
  refuse(error: RookeryError): void
}

/** Whose lanes they are: one for each conversation, made as they are needed. */
export interface LaneOwner {
  lanes: Map<ConversationId, SendLane> | null
}

/** The lane of a session for a conversation. */
export function laneOf(owner: LaneOwner, conversationId: ConversationId): SendLane {
  const lanes = (owner.lanes ??= new Map())
  let lane = lanes.get(conversationId)
  if (lane === undefined) lanes.set(conversationId, (lane = new SendLane(() => lanes.delete(conversationId))))
  return lane
}

/** So many of the last answers are remembered: as many as a session may have under way. */
const settledMax = 256

export class SendLane {
  private readonly waiting: LaneItem[] = []
  private running = false
  /** Refused keys that have not come again. */
  private readonly missing = new Map<string, { readonly place: number; readonly untilMs: number }>()
  /** What came up to `upTo`, behind `place`, was overtaken by a failure. */
  private failures: { readonly place: number; readonly upTo: number; readonly untilMs: number }[] = []
  private readonly settled = new Set<string>()
  private lastError: RookeryError | null = null

  /** @param discard called when the lane says nothing that a new one would not */
  constructor(private readonly discard: () => void) {}

  /** Remembers an answer that may be tried again. `upTo` is the last arrival in the session. */
  fail(clientMsgId: string, place: number, upTo: number, error: RookeryError, untilMs: number): void {
    // Attempts of one key may be refused in any order; it has the place of the first.
    const first = Math.min(place, this.missing.get(clientMsgId)?.place ?? place)
    this.missing.set(clientMsgId, { place: first, untilMs })
    this.lastError = error
    if (this.failures.some((one) => one.place <= place && one.upTo >= upTo)) return
    this.failures = this.failures.filter((one) => one.place < place)
    this.failures.push({ place, upTo, untilMs })
  }

  /** A key comes again: answers the place it had, where it was refused before, and waits for it no longer. */
  cameAgain(clientMsgId: string): number | null {
    const place = this.missing.get(clientMsgId)?.place ?? null
    this.missing.delete(clientMsgId)
    return place
  }

  /** A key has got an answer for good: nobody waits for it, even if another attempt of it is turned away. */
  settle(clientMsgId: string): void {
    this.missing.delete(clientMsgId)
    this.settled.add(clientMsgId)
    if (this.settled.size > settledMax) for (const oldest of this.settled) return void this.settled.delete(oldest)
  }

  isSettled(clientMsgId: string): boolean {
    return this.settled.has(clientMsgId)
  }

  /** Why a send may not leave now; null where it may. */
  refusal({ place, arrival }: SendPlace, nowMs: number): RookeryError | null {
    for (const [key, one] of this.missing)
      if (one.untilMs <= nowMs) this.missing.delete(key)
      else if (one.place < place) return this.lastError
    this.failures = this.failures.filter((one) => one.untilMs > nowMs)
    return this.overtaken({ place, arrival })
  }

  /** Why something that left may not be stored any more; null where it may. */
  overtaken({ place, arrival }: SendPlace): RookeryError | null {
    return this.failures.some((one) => one.place < place && arrival <= one.upTo) ? this.lastError : null
  }

  push(item: LaneItem, nowMs: () => number): void {
    this.waiting.push(item)
    if (!this.running) void this.run(nowMs)
  }

  private async run(nowMs: () => number): Promise<void> {
    this.running = true
    for (let item = this.waiting.shift(); item !== undefined; item = this.waiting.shift()) {
      const refusal = this.refusal(item, nowMs())
      if (refusal === null) await item.prepare()
      else item.refuse(refusal)
    }
    this.running = false
    if (this.missing.size === 0 && this.failures.length === 0) this.discard()
  }
}
