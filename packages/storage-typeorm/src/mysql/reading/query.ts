// What a read is made of: the text of a statement, and what its rows become.
import type { Answers, Row } from '../link.js'
import type { Sql } from '../sql.js'

/** Asks within one snapshot. */
export type Ask = (...statements: readonly string[]) => Promise<Answers>

export interface Query<Args, Result> {
  /** One statement, so of one snapshot; null where `together` is to ask. */
  text(sql: Sql, args: Args): string | null
  /** Answers `again` where the rows do not tell everything. */
  decode(rows: readonly Row[], args: Args): Result | typeof again
  /** Asks in several statements, which see one snapshot. */
  together?(ask: Ask, sql: Sql, args: Args): Promise<Result>
}

/** One statement did not tell everything: `together` is to ask. */
export const again = Symbol('again')

export const query = <Args, Result>(definition: Query<Args, Result>): Query<Args, Result> => definition
