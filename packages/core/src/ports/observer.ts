// Who watches how a node does: for figures and spans. Given no contents, no tokens, and no ids of users.
//
// Hooks run on the path, so they are cheap, return at once and never throw. Those left out cost nothing.
import type { ConversationKind, ErrorCode } from '@rookery/protocol'

/** A send that was answered; or a recall, an edit, a reaction, in a conversation that is the asking user's. */
export interface ObservedSend {
  readonly kind: ConversationKind
  /** As the sender named it: of clients' choosing, so no label of a metric. Of a change that of its control message. */
  readonly type: string
  /** `host`: through `Im`, or from the outbox. */
  readonly by: 'session' | 'host'
  /** `duplicate`: it was stored before, or stood so already. */
  readonly outcome: 'stored' | 'duplicate' | ErrorCode
  /** From its arrival to its answer. */
  readonly durationMs: number
}

/** A commit of the writer. */
export interface ObservedCommit {
  readonly operations: number
  readonly durationMs: number
  /** It failed as a whole, and is run again. */
  readonly failed: boolean
}

/** A call of the host's code. */
export interface ObservedHandler {
  readonly on: 'before' | 'after' | 'topic' | 'connect'
  /** The type or the topic, as the client named it; `connect`. */
  readonly name: string
}

export interface Observer {
  sent?(send: ObservedSend): void
  committed?(commit: ObservedCommit): void
  /** Around a handler: calls it once, and gives what it gives. */
  handler?<T>(handler: ObservedHandler, call: () => Promise<T>): Promise<T>
  /** A session was found behind, and told to pull. */
  synced?(): void
  /** Something was told to a user: taken by a device, by none in time, or stored. */
  s2c?(outcome: 'delivered' | 'undelivered' | 'stored'): void
  /** A step of retention took so many rows; often none. */
  trimmed?(taken: { readonly entries: number; readonly messages: number; readonly keys: number }): void
  /** A row of the outbox was moved, is tried again later, or was kept aside. */
  outboxRow?(outcome: 'moved' | 'retried' | 'parked'): void
}
