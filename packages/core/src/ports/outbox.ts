// What the host's own transactions want said: rows beside the host's rows, moved into timelines once they are committed.
//
// Guarantees: a row that was put is read if, and only if, the caller's outermost transaction committed; savepoints count.
// `put` takes no lock that others wait for. Rows are read in the order in which they were put within a transaction, and none
// before an earlier one of its transaction, unless that is parked or passed over.
import type { JsonText, MessageId } from '@rookery/protocol'

export interface OutboxRow {
  /** The id that the message will have; tells a row that was moved twice. */
  readonly id: MessageId
  /** What is to be done, as core wrote it. */
  readonly request: JsonText
}

/** A row that could not be moved. */
export interface ParkedRow extends OutboxRow {
  readonly reason: string
  /** When it was written, Unix ms. */
  readonly putAt: number
}

export interface ParkedPage {
  /** In the order in which they were put. */
  readonly rows: readonly ParkedRow[]
  /** Where the next page begins; null where there is none. */
  readonly next: string | null
}

export interface Outbox {
  /** Opens what reading needs. Called once, first. */
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * Inserts rows in the caller's running transaction.
   * @param tx the host's own: for TypeORM its `EntityManager`
   * @throws TypeError where `tx` is no running transaction
   */
  put(tx: unknown, rows: readonly OutboxRow[]): Promise<void>
  /** The running transaction that the host's code stands in, where the host uses something that can tell; else null. */
  current(): unknown
  /** Calls back soon after transactions that put rows here have committed. Not needed to be told of all: rows are swept, too. */
  onCommitted(wake: () => void): void
  /**
   * Rows that are committed and not parked, oldest first, as they stand at one moment.
   * @param except ids that are passed over, so that what is behind them is read
   */
  read(limit: number, except?: readonly MessageId[]): Promise<readonly OutboxRow[]>
  /** Those of these rows that are there and not parked. */
  find(ids: readonly MessageId[]): Promise<readonly OutboxRow[]>
  /** Forgets rows that are moved; unknown ids are ignored. */
  remove(ids: readonly MessageId[]): Promise<void>
  /** Keeps a row that cannot be moved, with its reason, out of what `read` gives. */
  park(id: MessageId, reason: string): Promise<void>
  readonly parked: ParkedOutbox
}

/** The rows that are parked, for whoever looks after them. */
export interface ParkedOutbox {
  /** A page of them. */
  list(page: { readonly after: string | null; readonly limit: number }): Promise<ParkedPage>
  count(): Promise<number>
  /** Gives rows back to `read`, in their old places. Answers those that were parked. */
  unpark(ids: readonly MessageId[]): Promise<readonly MessageId[]>
  /** Removes rows. Answers those that were parked. */
  drop(ids: readonly MessageId[]): Promise<readonly MessageId[]>
}
