// What a read consists of: the text of a statement, and the function that decodes its rows.
import type { Answers, Row } from '../link.js'
import type { Sql } from '../sql.js'

/** Runs statements in one snapshot. */
export type Ask = (...statements: readonly string[]) => Promise<Answers>

export interface Query<Args, Result> {
  /** One statement, so one snapshot; null where `together` has to run instead. */
  text(sql: Sql, args: Args): string | null
  /** Answers `again` where the rows do not suffice. */
  decode(rows: readonly Row[], args: Args): Result | typeof again
  /** Runs several statements in one snapshot. */
  together?(ask: Ask, sql: Sql, args: Args): Promise<Result>
}

/** One statement did not suffice: `together` has to run. */
export const again = Symbol('again')

export const query = <Args, Result>(definition: Query<Args, Result>): Query<Args, Result> => definition
