// Watches how a node does, for metrics and traces. It gets no contents, no tokens and no ids of users.
//
// Core calls the hooks on the path of a message. So they are cheap, return at once and never throw. A hook that is left out
// costs nothing.
import type { ConversationKind, ErrorCode } from '@rookery/protocol'

/** A send that was answered; or a recall, an edit or a reaction in a conversation of the user who asked for it. */
export interface ObservedSend {
  readonly kind: ConversationKind
  /** As the sender named it. Clients choose it, so make it no label of a metric. For a change, its control message's type. */
  readonly type: string
  /** `host`: through `Im`, or from the outbox. */
  readonly by: 'session' | 'host'
  /** `duplicate`: it was stored before, or the message was so already. */
  readonly outcome: 'stored' | 'duplicate' | ErrorCode
  /** From its arrival to its answer. */
  readonly durationMs: number
}

/** A commit of the writer. */
export interface ObservedCommit {
  readonly operations: number
  readonly durationMs: number
  /** Whether it failed as a whole. Then the writer runs it again. */
  readonly failed: boolean
}

/** A call of the host's code. */
export interface ObservedHandler {
  readonly on: 'before' | 'after' | 'topic' | 'connect'
  /** The type or the topic, as the client named it; or `connect`. */
  readonly name: string
}

/** What became of a notification. */
export interface ObservedPush {
  readonly provider: string
  readonly kind: 'message' | 'badge'
  readonly outcome: 'sent' | 'dead' | 'retry' | 'rejected' | 'given-up'
  /** Of a failure, as the provider says it, or core: `breaker`, `queue-full`, `failed`; empty otherwise. */
  readonly reason: string
  /** How many messages it tells of. */
  readonly messages: number
}

/** Users who wait for an acknowledgement, since the last call. */
export interface ObservedArming {
  /** Began to wait. */
  readonly armed: number
  /** Of them, those whose device acknowledged in time. */
  readonly deliveredFirst: number
}

/** A batch for a provider. */
export interface ObservedPushBatch {
  readonly provider: string
  readonly size: number
}

export interface PushObserver {
  /** A notification was given to a provider, or could not be. */
  told?(push: ObservedPush): void
  armed?(arming: ObservedArming): void
  /** Around a call of a provider: calls it once, and gives what it gives. */
  batch?<T>(batch: ObservedPushBatch, call: () => Promise<T>): Promise<T>
}

export interface Observer {
  sent?(send: ObservedSend): void
  committed?(commit: ObservedCommit): void
  /** Wraps a handler: calls `call` once, and returns what that returns. */
  handler?<T>(handler: ObservedHandler, call: () => Promise<T>): Promise<T>
  /** A session was behind, and the node told it to pull. */
  synced?(): void
  /** The host told a user something: a device took it, none took it in time, or it was stored. */
  s2c?(outcome: 'delivered' | 'undelivered' | 'stored'): void
  /** What a step of retention took; often nothing. */
  trimmed?(taken: { readonly entries: number; readonly messages: number; readonly keys: number }): void
  /** A row of the outbox was moved, will be tried again later, or was set aside. */
  outboxRow?(outcome: 'moved' | 'retried' | 'parked'): void
  /** Who watches what is told to devices that are not connected. */
  readonly push?: PushObserver
}
