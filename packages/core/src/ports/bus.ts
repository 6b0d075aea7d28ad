// Frames from one node to others. At most once, in no order; what is lost is mended by the next pull, and the receiver is
// told soon that something was lost.
//
// Guarantees that `describeBus` checks:
//  1. A frame reaches at most the nodes that it is for, whole or not at all, equal as a JSON value.
//  2. Publishing to a node that is not there is no error; a handler that throws stops nothing.
//  3. A loss between two running nodes is noticed: by the next parcel, or by the empty parcel that follows the last one
//     after half a second (`OutgoingParcels`). This does not hold for topics: there the reader of the topic has a sequence
//     of its own to go by.
import type { NodeId } from '@rookery/protocol'

export interface Bus {
  /**
   * Begins to receive under this id. Called once, before anything is published. It does not wait for a server that is away.
   * @param boot tells a restarted node from its predecessor
   * @param missed called when frames of a node may have been lost since the last call; null: of any node, topics too
   */
  start(
    nodeId: NodeId,
    boot: string,
    receive: (frame: unknown, from: NodeId) => void,
    missed: (from: NodeId | null) => void,
  ): Promise<void>
  /**
   * Sends JSON values, encoded once for all receivers. Returns at once. Frames given together travel together.
   * @param to these nodes, or every other node that has started on this bus
   */
  publish(to: readonly NodeId[] | 'all', frames: readonly unknown[]): void
  /**
   * Begins and ends to receive topics. Resolves once it receives the added ones: what is published from then on arrives,
   * or is lost like any frame. Adding twice, or removing a stranger, does nothing.
   */
  topics(added: readonly string[], removed: readonly string[]): Promise<void>
  /** Sends JSON values to the other nodes that receive this topic. Returns at once. */
  publishTo(topic: string, frames: readonly unknown[]): void
  /** Sends what is waiting, and closes what it opened. */
  stop(): Promise<void>
}
