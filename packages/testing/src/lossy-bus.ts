// A network between nodes that loses, delays and reorders frames; it never delivers one twice, as no bus may.
import { type Bus, type Clock, MemoryBusHub, type Parcel } from '@rookery/core'
import type { NodeId } from '@rookery/protocol'
import type { SeededRandom } from './seeded-random.js'

export interface LossyBusOptions {
  readonly clock: Clock
  readonly random: SeededRandom
}

type Deliver = (frames: readonly unknown[]) => void

export class LossyBusHub {
  /** How likely it is that what one `publish` gave is lost, 0 to 1. */
  lossRate = 0
  /** Each parcel takes a time of its own between these two, ms; where they differ, later ones overtake earlier ones. */
  delayMs: readonly [min: number, max: number] = [0, 0]
  /** How many frames never arrived, and how many did. */
  lost = 0
  delivered = 0
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #hub = new MemoryBusHub((parcel, deliver) => this.#carry(parcel, deliver))
  readonly #cuts = new Set<string>()
  /** What came for nodes that are stopped, in the order in which it came. */
  readonly #paused = new Map<NodeId, (() => void)[]>()
  #drops: ((frame: unknown, parcel: Parcel) => boolean)[] = []

  constructor(options: LossyBusOptions) {
    this.#clock = options.clock
    this.#random = options.random
  }

  /** A node's own end. */
  bus(): Bus {
    return this.#hub.bus()
  }

  /** Nothing published from now on passes between these two, in either direction. */
  cut(a: NodeId, b: NodeId): void {
    this.#cuts.add(pairOf(a, b))
  }

  heal(a: NodeId, b: NodeId): void {
    this.#cuts.delete(pairOf(a, b))
  }

  /** No loss, delay, cut or drop any more; nodes that are paused stay so. */
  healAll(): void {
    this.lossRate = 0
    this.delayMs = [0, 0]
    this.#cuts.clear()
    this.#drops = []
  }

  /** The next frame that matches is lost, alone. Several calls lose several. */
  dropNext(matches: (frame: unknown, parcel: Parcel) => boolean): void {
    this.#drops.push(matches)
  }

  /** Like a stopped process: what comes for the node waits. */
  pause(nodeId: NodeId): void {
    if (!this.#paused.has(nodeId)) this.#paused.set(nodeId, [])
  }

  /** What waited arrives, in its order. */
  resume(nodeId: NodeId): void {
    const waiting = this.#paused.get(nodeId) ?? []
    this.#paused.delete(nodeId)
    for (const arrive of waiting) queueMicrotask(arrive)
  }

  #carry(parcel: Parcel, deliver: Deliver): void {
    const frames = parcel.frames.filter((frame) => !this.#isDropped(frame, parcel))
    const isLost = this.#cuts.has(pairOf(parcel.from, parcel.to)) || this.#random.chance(this.lossRate)
    this.lost += isLost ? parcel.frames.length : parcel.frames.length - frames.length
    if (isLost || frames.length === 0) return
    const [min, max] = this.delayMs
    const delayMs = min + (max - min) * this.#random.next()
    const arrive = (): void => {
      const waiting = this.#paused.get(parcel.to)
      if (waiting) {
        waiting.push(arrive)
        return
      }
      this.delivered += frames.length
      deliver(frames)
    }
    if (delayMs > 0) this.#clock.setTimeout(arrive, delayMs)
    else queueMicrotask(arrive)
  }

  #isDropped(frame: unknown, parcel: Parcel): boolean {
    const at = this.#drops.findIndex((matches) => matches(frame, parcel))
    if (at >= 0) this.#drops.splice(at, 1)
    return at >= 0
  }
}

/** The same in both directions. */
const pairOf = (a: NodeId, b: NodeId): string => JSON.stringify(a < b ? [a, b] : [b, a])
