// What a read consists of: a statement, its parameters, and the function that decodes its rows.
import type { Tables } from '../../rows/tables.js'
import type { Row } from './row.js'

export interface Query<Args, Result> {
  sql(tables: Tables): string
  /** Types of the parameters. */
  readonly types: readonly string[]
  values(args: Args): readonly (Buffer | string | null)[]
  /** @throws Ambiguous where the query `otherwise` has to read the rows */
  decode(rows: readonly Row[], args: Args): Result
  /** The cost, in reads of a single row. Default: 1. */
  readonly weight?: number
  /** The name of a slower query that can read every stored value. */
  readonly otherwise?: string
}

/** The cost of a page of 100. */
export const pageWeight = 8

export const query = <Args, Result>(definition: Query<Args, Result>): Query<Args, Result> => definition
