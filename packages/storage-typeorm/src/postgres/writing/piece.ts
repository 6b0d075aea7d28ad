// A piece of a batch: one statement, and what its row answers for each of the operations in it.
import type { RefusedResult, StorageResult } from '@rookery/core'
import type { Step } from '../link.js'

export interface Piece {
  readonly step: Step
  readonly results: (row: readonly (string | null)[] | undefined) => (StorageResult | RefusedResult)[]
}
