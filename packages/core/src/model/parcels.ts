// How a bus that can lose notices that it did. A bus sends frames in parcels. Those from one node to one destination carry
// numbers from 1 on, without a gap; so a parcel shows whether one before it is missing. Behind the last parcel nothing
// follows that could show its loss: therefore half a second later an empty one does.
import type { NodeId } from '@rookery/protocol'
import type { Clock, Timer } from '../ports/clock.js'

/** An empty parcel follows the last one after this time, ms. */
export const emptyAfterMs = 500

/** Numbers that are missing of one sender are remembered up to here, so that a parcel that was overtaken still counts. */
const missingMax = 1000

/** Gives numbers to the parcels that a node sends. */
export class OutgoingParcels {
  readonly #numbers = new Map<string, number>()
  /** Destinations that are owed an empty parcel, and when, monotonic ms; the earliest is first. */
  readonly #owed = new Map<string, number>()
  #timer: Timer | null = null

  /** @param sendEmpty sends a parcel without frames, under this number */
  constructor(
    private readonly clock: Clock,
    private readonly sendEmpty: (to: string, n: number) => void,
  ) {}

  /** The number of the next parcel to a destination: a node, or whatever else every receiver of it receives whole. */
  next(to: string): number {
    this.#owed.delete(to)
    this.#owed.set(to, this.clock.monotonic() + emptyAfterMs)
    this.#timer ??= this.clock.setTimeout(() => this.#send(), emptyAfterMs)
    return this.#count(to)
  }

  /** Sends no further empty parcel. */
  stop(): void {
    if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
    this.#timer = null
    this.#owed.clear()
  }

  #count(to: string): number {
    const n = (this.#numbers.get(to) ?? 0) + 1
    this.#numbers.set(to, n)
    return n
  }

  #send(): void {
    this.#timer = null
    const nowMs = this.clock.monotonic()
    for (const [to, atMs] of this.#owed) {
      if (atMs > nowMs) {
        this.#timer = this.clock.setTimeout(() => this.#send(), atMs - nowMs)
        return
      }
      this.#owed.delete(to)
      this.sendEmpty(to, this.#count(to))
    }
  }
}

/** What a parcel's number says. */
export interface Arrival {
  /** It came before: its frames are dropped. */
  readonly isRepeat: boolean
  /** A parcel before it has not come. */
  readonly isGap: boolean
}

interface Sender {
  readonly boot: string
  /** The greatest number that came. */
  last: number
  readonly missing: Set<number>
}

/** Reads the numbers of the parcels that a node receives through one destination. */
export class IncomingParcels {
  readonly #senders = new Map<NodeId, Sender>()

  /** A parcel came. The first one of a node's boot has the number 1, or some are missing. */
  arrived(from: NodeId, boot: string, n: number): Arrival {
    let sender = this.#senders.get(from)
    if (sender?.boot !== boot) this.#senders.set(from, (sender = { boot, last: 0, missing: new Set() }))
    const { last, missing } = sender
    if (n <= last) return { isRepeat: !missing.delete(n), isGap: false }
    for (let lost = Math.max(last + 1, n - missingMax); lost < n; lost++) missing.add(lost)
    for (const oldest of missing) {
      if (missing.size <= missingMax) break
      missing.delete(oldest)
    }
    sender.last = n
    return { isRepeat: false, isGap: n > last + 1 }
  }
}
