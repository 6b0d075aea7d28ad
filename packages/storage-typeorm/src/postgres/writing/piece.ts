// A piece of a batch: one statement, and what its row answers for each operation in the piece.
import type { RefusedResult, StorageResult } from '@rookery/core'
import type { Step } from '../link.js'
import type { Known } from './known.js'

export type Row = readonly (string | null)[] | undefined

export interface Piece {
  readonly step: Step
  readonly results: (row: Row) => (StorageResult | RefusedResult)[]
  /** Called after the commit. It notes what the row told of users and conversations. */
  readonly learn?: (row: Row, known: Known) => void
}
