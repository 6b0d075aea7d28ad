// A network between nodes that loses, delays and reorders frames. It never delivers a frame twice, because no bus may. Its
// parcels are numbered, so that nodes are told of what is missing.
import { type Bus, type Clock, MemoryBusHub, type Parcel } from '@rookery/core'
import type { NodeId } from '@rookery/protocol'
import type { SeededRandom } from './seeded-random.js'

export interface LossyBusOptions {
  readonly clock: Clock
  readonly random: SeededRandom
}

type Deliver = (frames: readonly unknown[]) => void

export class LossyBusHub {
  /** The probability that the network loses what one `publish` gave, 0 to 1. */
  lossRate = 0
  /** The delay of each parcel lies between these two, ms; if they differ, later parcels overtake earlier ones. */
  delayMs: readonly [min: number, max: number] = [0, 0]
  /** The number of frames that never arrived, and the number that did. */
  lost = 0
  delivered = 0
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #hub: MemoryBusHub
  readonly #cuts = new Set<string>()
  /** Nodes whose connection to the network is cut. */
  readonly #offline = new Set<NodeId>()
  /** Frames for paused nodes, in the order in which they arrived. */
  readonly #paused = new Map<NodeId, (() => void)[]>()
  #drops: ((frame: unknown, parcel: Parcel) => boolean)[] = []

  constructor(options: LossyBusOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#hub = new MemoryBusHub({ clock: this.#clock, carry: (parcel, deliver) => this.#carry(parcel, deliver) })
  }

  /** Makes a bus for one node. */
  bus(): Bus {
    return this.#hub.bus()
  }

  /** Loses whatever one of these two nodes publishes to the other from now on. */
  cut(a: NodeId, b: NodeId): void {
    this.#cuts.add(pairOf(a, b))
  }

  heal(a: NodeId, b: NodeId): void {
    this.#cuts.delete(pairOf(a, b))
  }

  /** Cuts a node's connection: whatever is published to it is lost. */
  disconnect(nodeId: NodeId): void {
    this.#offline.add(nodeId)
  }

  /** The node is connected again. By default it has noticed that it was not, and so may have missed frames. */
  reconnect(nodeId: NodeId, hasNoticed = true): void {
    if (this.#offline.delete(nodeId) && hasNoticed) this.#hub.missed(nodeId)
  }

  /** Ends loss, delays, cuts and drops; paused nodes stay paused. */
  healAll(): void {
    for (const nodeId of this.#offline) this.reconnect(nodeId)
    this.lossRate = 0
    this.delayMs = [0, 0]
    this.#cuts.clear()
    this.#drops = []
  }

  /** Loses the next frame that matches, alone. Several calls lose several. */
  dropNext(matches: (frame: unknown, parcel: Parcel) => boolean): void {
    this.#drops.push(matches)
  }

  /** Acts like a stopped process: frames for the node wait. */
  pause(nodeId: NodeId): void {
    if (!this.#paused.has(nodeId)) this.#paused.set(nodeId, [])
  }

  /** Delivers the frames that waited, in their order. */
  resume(nodeId: NodeId): void {
    const waiting = this.#paused.get(nodeId) ?? []
    this.#paused.delete(nodeId)
    for (const arrive of waiting) queueMicrotask(arrive)
  }

  #carry(parcel: Parcel, deliver: Deliver): void {
    const frames = parcel.frames.filter((frame) => !this.#isDropped(frame, parcel))
    const isLost =
      this.#cuts.has(pairOf(parcel.from, parcel.to)) ||
      this.#offline.has(parcel.to) ||
      this.#random.chance(this.lossRate)
    this.lost += isLost ? parcel.frames.length : parcel.frames.length - frames.length
    // A parcel all of whose frames were dropped is lost as a whole; one that never had any arrives.
    if (isLost || frames.length < Math.min(1, parcel.frames.length)) return
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

/** The same key for both directions. */
const pairOf = (a: NodeId, b: NodeId): string => JSON.stringify(a < b ? [a, b] : [b, a])
