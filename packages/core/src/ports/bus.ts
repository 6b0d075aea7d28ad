// Frames from one node to another. At most once, in no order: what is lost here is mended by the next pull.
//
// Guarantees `describeBus` checks: a frame reaches at most the node that it is addressed to, whole or not at all, equal as
// a JSON value; publishing to a node that is not there is no error; a handler that throws stops nothing.
import type { NodeId } from '@rookery/protocol'

export interface Bus {
  /** Begins to receive under this id. Called once, before anything is published. */
  start(nodeId: NodeId, receive: (frame: unknown, from: NodeId) => void): Promise<void>
  /** Sends JSON values to one node. Returns at once; loss is silent. Frames given together travel together. */
  publish(to: NodeId, frames: readonly unknown[]): void
  /** Sends what is waiting, and closes what it opened. */
  stop(): Promise<void>
}
