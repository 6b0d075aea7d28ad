// What a read is made of: a statement, its parameters, and what its rows become.
import type { Tables } from '../../rows/tables.js'
import type { Row } from './row.js'

export interface Query<Args, Result> {
  sql(tables: Tables): string
  /** Types of the parameters. */
  readonly types: readonly string[]
  values(args: Args): readonly (Buffer | string | null)[]
  /** @throws Ambiguous where the rows have to be read by `otherwise` */
  decode(rows: readonly Row[], args: Args): Result
  /** What it costs, in reads of a single row; 1 where it is not given. */
  readonly weight?: number
  /** The name of the query that is slower and takes whatever is stored. */
  readonly otherwise?: string
}

/** What a page of 100 costs. */
export const pageWeight = 8

export const query = <Args, Result>(definition: Query<Args, Result>): Query<Args, Result> => definition
