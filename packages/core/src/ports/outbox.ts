// What the host's own transactions send: rows beside the host's rows. Core moves them into timelines once they are
// committed.
//
// Guarantees:
//  1. `read` gives a row if, and only if, the caller's outermost transaction committed it. A savepoint that was rolled back
//     takes its rows with it.
//  2. `put` takes no lock for which others wait.
//  3. `read` gives the rows of one transaction in the order in which they were put. None comes before an earlier one of its
//     transaction, unless that is parked or passed over.
import type { JsonText, MessageId } from '@rookery/protocol'

export interface OutboxRow {
  /** The id that the message will have. By it core notices a row that was moved before. */
  readonly id: MessageId
  /** What to do, as core wrote it. */
  readonly request: JsonText
}

/** A row that could not be moved. */
export interface ParkedRow extends OutboxRow {
  readonly reason: string
  /** When it was put, Unix ms. */
  readonly putAt: number
}

export interface ParkedPage {
  /** In the order in which they were put. */
  readonly rows: readonly ParkedRow[]
  /** Where the next page begins; null if there is none. */
  readonly next: string | null
}

export interface Outbox {
  /** Opens what `read` needs. Called once, first. */
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * Inserts rows in the caller's running transaction.
   * @param tx the host's transaction; for TypeORM its `EntityManager`
   * @throws TypeError if `tx` is no running transaction
   */
  put(tx: unknown, rows: readonly OutboxRow[]): Promise<void>
  /** The transaction in which the host's code runs now; null if there is none, or the host uses nothing that knows it. */
  current(): unknown
  /** Calls back soon after a transaction that put rows here has committed. It may miss some: core also looks from time to time. */
  onCommitted(wake: () => void): void
  /**
   * Rows that are committed and not parked, oldest first, as they are at one moment.
   * @param except passes over these ids and reads what is behind them
   */
  read(limit: number, except?: readonly MessageId[]): Promise<readonly OutboxRow[]>
  /** The rows with these ids that are there and not parked. */
  find(ids: readonly MessageId[]): Promise<readonly OutboxRow[]>
  /** Removes rows that were moved. Ignores unknown ids. */
  remove(ids: readonly MessageId[]): Promise<void>
  /** Sets aside a row that cannot be moved, with the reason. `read` gives it no more. */
  park(id: MessageId, reason: string): Promise<void>
  readonly parked: ParkedOutbox
}

/** The parked rows, for whoever looks after them. */
export interface ParkedOutbox {
  /** A page of them. */
  list(page: { readonly after: string | null; readonly limit: number }): Promise<ParkedPage>
  count(): Promise<number>
  /** Gives rows back to `read`, in their old places. Answers the ids that were parked. */
  unpark(ids: readonly MessageId[]): Promise<readonly MessageId[]>
  /** Removes parked rows. Answers the ids that were parked. */
  drop(ids: readonly MessageId[]): Promise<readonly MessageId[]>
}
