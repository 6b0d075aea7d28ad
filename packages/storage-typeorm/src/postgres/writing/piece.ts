// A piece of a batch: one statement, and what its row answers for each of the operations in it.
import type { RefusedResult, StorageResult } from '@rookery/core'
import type { Step } from '../link.js'
import type { Known } from './known.js'

export type Row = readonly (string | null)[] | undefined

export interface Piece {
  readonly step: Step
  readonly results: (row: Row) => (StorageResult | RefusedResult)[]
  /** Once it is committed: notes what the row told of others. */
  readonly learn?: (row: Row, known: Known) => void
}
