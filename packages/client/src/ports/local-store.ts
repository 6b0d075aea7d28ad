// Where a client keeps what it holds. A store in memory, one in the browser and one on SQL pass one suite.
import type { BlobRow, ControlRow, Key, MessageRow, Table, Tables } from './rows.js'

/** Tables that are read whole when a client starts. */
export type SmallTable = Exclude<Table, 'messages' | 'controls' | 'blobs'>

export type StoreOp =
  | { readonly [T in Table]: { readonly op: 'put'; readonly table: T; readonly row: Tables[T] } }[Table]
  | { readonly op: 'delete'; readonly table: Table; readonly key: Key }
  | { readonly op: 'clear'; readonly table: Table }
  /** Everything held of a conversation's messages: its rows in `messages`, `ranges` and `controls`. */
  | { readonly op: 'cut'; readonly conversationId: string }

/** Messages of a conversation from `from` to `to`, both included; the `last` or the `first` so many of them. */
export interface MessageQuery {
  readonly conversationId: string
  readonly from: number
  readonly to: number
  readonly last?: number
  readonly first?: number
}

/** The store has no room left: nothing of this commit was stored. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError'
}

/**
 * Guarantees:
 * 1. `commit` is one transaction: after it all of its operations are there, in their order, and survive a crash of the
 *    app; if it throws, or the app ends meanwhile, none is.
 * 2. A read sees every commit that was answered before it began.
 * 3. No callback runs inside a transaction, so that a store may be a database, or another tab.
 * 4. Rows come back equal as JSON values; blobs byte for byte.
 * 5. If there is no room `commit` throws a {@link StoreFullError}; whatever else it throws means that the store is gone.
 */
export interface LocalStore {
  /** What it is made of, for people: `memory`, `indexeddb`, `sql`. */
  readonly kind: string
  /** Whether rows outlive the process. */
  readonly isDurable: boolean
  open(): Promise<void>
  commit(ops: readonly StoreOp[]): Promise<void>
  /** All rows of a table, ordered by key. */
  all<T extends SmallTable>(table: T): Promise<readonly Tables[T][]>
  /** Ascending by `seq`. */
  messages(query: MessageQuery): Promise<readonly MessageRow[]>
  /** Those of these messages that are held, in any order. */
  messagesAt(conversationId: string, seqs: readonly number[]): Promise<readonly MessageRow[]>
  /** Those whose target is one of these, ascending by target and `seq`. */
  controls(conversationId: string, targets: readonly number[]): Promise<readonly ControlRow[]>
  blob(key: string): Promise<BlobRow | undefined>
  /** Calls back when the store ends by itself: another tab wants a new version, or the browser dropped it. */
  onLost?(lost: () => void): void
  close(): Promise<void>
}
