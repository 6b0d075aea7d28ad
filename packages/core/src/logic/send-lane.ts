// The order of one session's sends to one conversation, over handlers, refusals and retries.
//
//  L1. Sends leave in the order in which they came, whatever each has to wait for.
//  L2. After an answer that may be tried again, all that were under way behind it and all later ones get the same answer,
//      until the refused key comes again or the time is over.
import type { RookeryError } from '../protocol/errors.js'

/** A send as its lane sees it. */
export interface LaneItem {
  readonly clientMsgId: string
  /** Everything before the writer's queue. Never rejects. */
  prepare(): Promise<void>
  refuse(error: RookeryError): void
}

export class SendLane {
  private readonly waiting: LaneItem[] = []
  private running = false
  private blocked: { readonly clientMsgId: string; readonly untilMs: number } | null = null
  private lastError: RookeryError | null = null
  /** Raised by each block: what left under an older one was overtaken by a failure. */
  generation = 0

  /** @param discard called when the lane says nothing that a new one would not */
  constructor(private readonly discard: () => void) {}

  /** Remembers an answer that may be tried again. The first one counts: it is the earliest message that is missing. */
  block(clientMsgId: string, error: RookeryError, untilMs: number): void {
    if (this.blocked !== null) return
    this.blocked = { clientMsgId, untilMs }
    this.lastError = error
    this.generation++
  }

  /** Why something that left under `generation` may not be stored any more; null where it may. */
  overtaken(generation: number): RookeryError | null {
    return generation < this.generation ? this.lastError : null
  }

  /** Why a send may not leave now; null where it may. Coming again, the refused key opens the lane. */
  refusal(clientMsgId: string, nowMs: number): RookeryError | null {
    if (this.blocked === null) return null
    if (this.blocked.clientMsgId !== clientMsgId && this.blocked.untilMs > nowMs) return this.lastError
    this.blocked = null
    return null
  }

  push(item: LaneItem, nowMs: () => number): void {
    this.waiting.push(item)
    if (!this.running) void this.run(nowMs)
  }

  private async run(nowMs: () => number): Promise<void> {
    this.running = true
    for (let item = this.waiting.shift(); item !== undefined; item = this.waiting.shift()) {
      const refusal = this.refusal(item.clientMsgId, nowMs())
      if (refusal === null) await item.prepare()
      else item.refuse(refusal)
    }
    this.running = false
    if (this.generation === 0) this.discard()
  }
}
