// Durable timelines. The one place that must never lie: what `commit` has answered is on disk.
//
// Guarantees every adapter keeps, and `describeStorage` in @rookery/testing/suites checks:
//  1. `commit` is one transaction. If it resolves, everything in it is durable. If it rejects with `StorageError` and
//     `outcome: 'none'`, nothing of it is stored; with `outcome: 'unknown'`, all of it is stored or nothing.
//  2. The transaction takes sequence numbers from a locked counter row. So they have no gap, and commit order is
//     sequence order: a reader that has seen N never finds anything new at or below N.
//  3. Operations take effect in the order given. A later one sees what an earlier one of the same batch did.
//  4. A key (from, clientMsgId) is compared byte for byte. It is stored at most once, over all conversations and over
//     commits that run at the same time. A repeat answers the first result and writes nothing.
//  5. Positions (read, delivered, heads, login epoch) never go back.
//  6. Text comes back byte for byte.
//  7. A read sees everything that was committed before its call.
//  8. Every call settles within a bounded time, whatever the database does.
//  9. A commit of nothing succeeds only if the database takes writes. Health asks in this way.
// 10. A row that somebody else holds delays only what needs it. The adapter soon refuses those operations as held, with
//     the ones behind them in their conversations, and stores the rest. If there is no rest, it throws `RowsHeld`.
// Any number of calls may be under way at once. An adapter locks rows of conversations first, then of users, each sorted.
import type { Maintenance } from './maintenance.js'
import type { PushReads } from './storage-push.js'
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
export type * from './storage-push.js'
export type * from './stored-key.js'
export type * from './storage-reads.js'

export interface StorageInfo {
  /** Changes when storage was lost. A reader that finds another epoch starts over. */
  readonly epoch: string
  /** Settings of the database that are too weak for the guarantees, each with its remedy in one line. */
  readonly warnings: readonly string[]
}

/** How a process works on a storage: as the only one, or together with others over one presence and one bus. */
export type Company = 'alone' | 'together'

export interface Storage {
  /**
   * Opens and migrates, and answers what it found. Called once, before anything else.
   * @param tell takes a line each time the storage has to wait for others
   */
  start(tell?: (line: string) => void): Promise<StorageInfo>
  /**
   * Says how this process works on the storage, until `stop` or until the process dies; called once, after `start`.
   * Answers false where another process does not fit: any other for `alone`, one that is alone for `together`. Optional:
   * without it, or where it rejects, nobody knows.
   */
  join?(company: Company): Promise<boolean>
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
  readonly push: PushReads
  readonly maintenance: Maintenance
}

/** A transaction or a read failed as a whole. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  constructor(
    message: string,
    /** Whether it can have been stored. */
    readonly outcome: 'none' | 'unknown',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Somebody else holds rows that every operation of a commit needs. */
export class RowsHeld extends StorageError {
  constructor(options?: ErrorOptions) {
    super('somebody else holds a row that it needs', 'none', options)
  }
}
