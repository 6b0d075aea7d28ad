// Durable timelines. The one place that must never lie: what `commit` has answered is on disk.
//
// Guarantees every adapter keeps, and `describeStorage` in @rookery/testing/suites checks:
//  1. `commit` is one transaction. When it resolves everything in it is durable; when it rejects with
//     `StorageError` and `outcome: 'none'` nothing of it is, and with `outcome: 'unknown'` either may be.
//  2. Sequence numbers are allocated in that transaction from a locked counter row, so that they have no gap and
//     commit order is sequence order: a reader that has seen N never finds anything new at or below N.
//  3. Operations take effect in the order given; a later one sees what an earlier one of the same batch did.
//  4. A key (from, clientMsgId), compared byte for byte, is stored at most once, over all conversations and
//     over commits that run at the same time. A repeat answers the first result and writes nothing.
//  5. Positions (read, delivered, heads, login epoch) never go back.
//  6. Text comes back byte for byte.
//  7. Reads see everything committed before they were called.
//  8. Every call settles within a bounded time, whatever the database does.
//  9. A commit of nothing succeeds only where the database takes writes: it is how health asks.
// 10. A row that somebody else holds keeps back what needs it, and nothing else: such operations, with those behind them in
//     their conversations, are refused as held, soon, and the rest is stored. Where that is all, `RowsHeld` says so.
// Any number of calls may be under way at once. Rows are locked conversations first, then users, each sorted.
import type { Maintenance } from './maintenance.js'
import type { ResultsOf, StorageOp } from './storage-ops.js'
import type {
  ConversationReads,
  DeviceReads,
  GroupReads,
  HeadReads,
  KeyReads,
  MemberReads,
  TimelineReads,
} from './storage-reads.js'

export type * from './maintenance.js'
export type * from './storage-groups.js'
export type * from './storage-ops.js'
export type * from './stored-key.js'
export type * from './storage-reads.js'

export interface StorageInfo {
  /** Changes when storage was lost; under another epoch a reader starts over. */
  readonly epoch: string
  /** Settings weaker than the promises need, each with its remedy in one line. */
  readonly warnings: readonly string[]
}

export interface Storage {
  /**
   * Opens, migrates, and tells what was found. Called once, before anything else.
   * @param tell given a line wherever it has to wait for others
   */
  start(tell?: (line: string) => void): Promise<StorageInfo>
  /** Waits for what is under way and closes what it opened. Called once, last. */
  stop(): Promise<void>
  /**
   * The only write: one transaction, one result for each operation.
   * @throws StorageError
   */
  commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>>
  readonly timelines: TimelineReads
  readonly heads: HeadReads
  readonly keys: KeyReads
  readonly conversations: ConversationReads
  readonly members: MemberReads
  readonly groups: GroupReads
  readonly devices: DeviceReads
  readonly maintenance: Maintenance
}

/** A transaction or read that failed as a whole. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  constructor(
    message: string,
    /** Whether anything of it can have been stored. */
    readonly outcome: 'none' | 'unknown',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Somebody else holds rows that everything in a commit needs. */
export class RowsHeld extends StorageError {
  constructor(options?: ErrorOptions) {
    super('somebody else holds a row that it needs', 'none', options)
  }
}
