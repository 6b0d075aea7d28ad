// The one door after the commit. Whatever was stored, by a session, the host, the outbox or a change, goes through it once,
// to each taker in turn; so a taker misses nothing, and no use case knows who takes what it stored.
import type {
  AppendResult,
  ControlResult,
  CustomResult,
  GroupResult,
  ReadResult,
  SettingsResult,
  StorageOp,
} from '../../ports/storage.js'
import type { Candidate } from '../access/admission.js'

/**
 * What storage answered where it is stored. `duplicate` says that an earlier run of the same commit was stored after all: its
 * answer was lost, and nobody was told.
 */
interface StoredResults {
  readonly append: Extract<AppendResult, { status: 'stored' | 'duplicate' }>
  readonly control: Extract<ControlResult, { status: 'stored' | 'duplicate' }>
  readonly group: Extract<GroupResult, { status: 'stored' | 'duplicate' }>
  readonly custom: CustomResult
  readonly read: Extract<ReadResult, { status: 'ok' }>
  readonly settings: Extract<SettingsResult, { status: 'ok' }>
}

/** What gives somebody something to read: a message, or an entry in one user's own inbox. */
export type ReadableOp = Extract<StorageOp, { op: keyof StoredResults }>
export type StoredAs<Op extends ReadableOp> = StoredResults[Op['op']]

/** A message that was sent, as it was admitted; null for everything else. */
export type Said = Pick<Candidate, 'incoming' | 'onBehalfOf' | 'changed'> | null

/** Called in the turn in which the commit's results are handed out. */
export type Committed = <Op extends ReadableOp>(op: Op, result: StoredAs<Op>, said?: Said) => void

export interface Taker {
  committed(op: ReadableOp, result: StoredAs<ReadableOp>, said: Said): void
}

/** The door to these. It makes nothing, and keeps nothing. */
export const doorTo =
  (takers: readonly Taker[]): Committed =>
  (op, result, said = null) => {
    for (const taker of takers) taker.committed(op, result, said)
  }
