// The bus in memory: nodes of one process that share a hub and nothing else.
import type { NodeId } from '@rookery/protocol'
import type { Bus } from '../ports/bus.js'

/** Frames that one call of `publish` gave, on their way. */
export interface Parcel {
  readonly from: NodeId
  readonly to: NodeId
  /** Copies: no node sees another one's objects. */
  readonly frames: readonly unknown[]
}

/**
 * How parcels travel: calls `deliver`, in a later turn, at most once for each frame.
 * @param deliver hands these frames to the node that the parcel is addressed to, if it is there by then
 */
export type Carrier = (parcel: Parcel, deliver: (frames: readonly unknown[]) => void) => void

type Receive = (frame: unknown, from: NodeId) => void

const atOnce: Carrier = ({ frames }, deliver) => queueMicrotask(() => deliver(frames))

/** What nodes meet at; each takes a `bus()` of its own. */
export class MemoryBusHub {
  readonly #carry: Carrier
  readonly #receivers = new Map<NodeId, Receive>()

  constructor(carry: Carrier = atOnce) {
    this.#carry = carry
  }

  bus(): Bus {
    return new MemoryBus(this.#receivers, this.#carry)
  }
}

class MemoryBus implements Bus {
  #nodeId: NodeId | null = null
  #receive: Receive | null = null

  constructor(
    private readonly receivers: Map<NodeId, Receive>,
    private readonly carry: Carrier,
  ) {}

  async start(nodeId: NodeId, receive: Receive): Promise<void> {
    this.#nodeId = nodeId
    this.#receive = receive
    this.receivers.set(nodeId, receive)
  }

  publish(to: NodeId, frames: readonly unknown[]): void {
    const from = this.#nodeId
    if (from === null || frames.length === 0) return
    const copies = JSON.parse(JSON.stringify(frames)) as unknown[]
    this.carry({ from, to, frames: copies }, (arrived) => {
      for (const frame of arrived) {
        try {
          this.receivers.get(to)?.(frame, from)
        } catch {
          // A handler that throws loses its own frame; the frames behind it and the sender know nothing of it.
        }
      }
    })
  }

  async stop(): Promise<void> {
    // A node that was started again under this id meanwhile goes on receiving.
    if (this.#nodeId !== null && this.receivers.get(this.#nodeId) === this.#receive) this.receivers.delete(this.#nodeId)
    this.#nodeId = null
  }
}
