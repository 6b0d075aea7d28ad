// The bus in memory: nodes of one process that share a hub and nothing else.
import type { NodeId } from '@rookery/protocol'
import { IncomingParcels, OutgoingParcels } from '../model/parcels.js'
import type { Bus } from '../ports/bus.js'
import type { Clock } from '../ports/clock.js'

/** Frames that one call gave, on their way to one node. */
export interface Parcel {
  readonly from: NodeId
  readonly to: NodeId
  /** Null where it goes to the node as such. */
  readonly topic: string | null
  /** Copies: no node sees another one's objects. None in the parcel that follows the last one. */
  readonly frames: readonly unknown[]
}

/**
 * How parcels travel: calls `deliver`, in a later turn, at most once for each frame.
 * @param deliver hands these frames to the node that the parcel is addressed to, if it is there by then
 */
export type Carrier = (parcel: Parcel, deliver: (frames: readonly unknown[]) => void) => void

const atOnce: Carrier = ({ frames }, deliver) => queueMicrotask(() => deliver(frames))

interface HubOptions {
  /** By default everything arrives. */
  readonly carry?: Carrier
  /** For a carrier that loses parcels: they are numbered then, and receivers are told of what is missing. */
  readonly clock?: Clock
}

/** What nodes meet at; each takes a `bus()` of its own. */
export class MemoryBusHub {
  readonly #carry: Carrier
  readonly #clock: Clock | null
  readonly #nodes = new Map<NodeId, MemoryBus>()

  constructor({ carry = atOnce, clock }: HubOptions = {}) {
    this.#carry = carry
    this.#clock = clock ?? null
  }

  bus(): Bus {
    return new MemoryBus(this.#nodes, this.#carry, this.#clock)
  }

  /** Tells a node that it may have missed frames of any other, as after its connection was cut. */
  missed(nodeId: NodeId): void {
    this.#nodes.get(nodeId)?.missed(null)
  }
}

interface Mark {
  readonly from: NodeId
  readonly boot: string
  /** Null where parcels are not numbered. */
  readonly n: number | null
}

class MemoryBus implements Bus {
  #nodeId: NodeId | null = null
  #boot = ''
  #receive: (frame: unknown, from: NodeId) => void = () => {}
  #missed: (from: NodeId | null) => void = () => {}
  readonly #topics = new Set<string>()
  readonly #incoming = new IncomingParcels()
  readonly #outgoing: OutgoingParcels | null

  constructor(
    private readonly nodes: Map<NodeId, MemoryBus>,
    private readonly carry: Carrier,
    clock: Clock | null,
  ) {
    this.#outgoing = clock && new OutgoingParcels(clock, (to, n) => this.#send(to, '[]', n))
  }

  async start(...[nodeId, boot, receive, missed]: Parameters<Bus['start']>): Promise<void> {
    this.#nodeId = nodeId
    this.#boot = boot
    this.#receive = receive
    this.#missed = missed
    this.nodes.set(nodeId, this)
  }

  publish(to: readonly NodeId[] | 'all', frames: readonly unknown[]): void {
    if (this.#nodeId === null || frames.length === 0) return
    const text = JSON.stringify(frames)
    const others = to === 'all' ? this.#others() : to
    for (const nodeId of others) this.#send(nodeId, text, this.#outgoing?.next(nodeId) ?? null)
  }

  async topics(added: readonly string[], removed: readonly string[]): Promise<void> {
    for (const topic of removed) this.#topics.delete(topic)
    for (const topic of added) this.#topics.add(topic)
  }

  publishTo(topic: string, frames: readonly unknown[]): void {
    if (this.#nodeId === null || frames.length === 0) return
    const text = JSON.stringify(frames)
    for (const nodeId of this.#others())
      if (this.nodes.get(nodeId)!.#topics.has(topic)) this.#send(nodeId, text, null, topic)
  }

  missed(from: NodeId | null): void {
    this.#missed(from)
  }

  async stop(): Promise<void> {
    this.#outgoing?.stop()
    // A node that was started again under this id meanwhile goes on receiving.
    if (this.#nodeId !== null && this.nodes.get(this.#nodeId) === this) this.nodes.delete(this.#nodeId)
    this.#nodeId = null
  }

  #others(): NodeId[] {
    return [...this.nodes.keys()].filter((nodeId) => nodeId !== this.#nodeId)
  }

  #send(to: NodeId, text: string, n: number | null, topic: string | null = null): void {
    const from = this.#nodeId
    const boot = this.#boot
    if (from === null) return
    const frames = JSON.parse(text) as unknown[]
    this.carry({ from, to, topic, frames }, (arrived) => this.nodes.get(to)?.take({ from, boot, n }, arrived))
  }

  take({ from, boot, n }: Mark, frames: readonly unknown[]): void {
    const arrival = n === null ? null : this.#incoming.arrived(from, boot, n)
    if (arrival?.isRepeat) return
    for (const frame of frames) {
      try {
        this.#receive(frame, from)
      } catch {
        // A handler that throws loses its own frame; the frames behind it and the sender know nothing of it.
      }
    }
    if (arrival?.isGap) this.#missed(from)
  }
}
