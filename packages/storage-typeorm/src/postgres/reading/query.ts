// What a read is made of: a statement, its parameters, and what its rows become.
import type { Tables } from '../../rows/tables.js'
import type { Row } from './row.js'

export interface Query<Args, Result> {
  sql(tables: Tables): string
  /** Types of the parameters. */
  readonly types: readonly string[]
  values(args: Args): readonly (Buffer | string | null)[]
  decode(rows: readonly Row[], args: Args): Result
}

export const query = <Args, Result>(definition: Query<Args, Result>): Query<Args, Result> => definition
