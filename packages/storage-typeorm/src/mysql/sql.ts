// Writes values into the text of a statement. Every value for the server passes here: the driver escapes text, for
// sessions with our own settings, and numbers must be whole.
import type { Driver } from './driver.js'
import type { MysqlTables } from './tables.js'

/**
 * The most rows of one list or statement: MariaDB would turn a list of more than a thousand into a table, and lock in
 * another order.
 */
const rowsMax = 500

export class Sql {
  constructor(
    readonly t: MysqlTables,
    private readonly driver: Pick<Driver, 'escape'>,
  ) {}

  /** Text, or NULL. */
  text(value: string | null): string {
    return value === null ? 'NULL' : this.driver.escape(value)
  }

  /** An id or key, which is compared byte for byte. */
  bytes(value: string): string {
    return `_binary${this.driver.escape(value)}`
  }

  /** @throws RangeError where it is not a whole number that a column can hold exactly */
  int(value: number | null): string {
    if (value === null) return 'NULL'
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`)
    return String(value)
  }

  /** Ids for `IN`. */
  list(ids: readonly string[]): string {
    return `(${ids.map((id) => this.bytes(id)).join(', ')})`
  }
}

/** Rows as a table, in a form that all these servers can join. */
export const table = (names: readonly string[], rows: readonly (readonly string[])[]): string =>
  `(${rows
    .map(
      (row, at) => `SELECT ${at === 0 ? row.map((value, n) => `${value} AS ${names[n]}`).join(', ') : row.join(', ')}`,
    )
    .join(' UNION ALL ')})`

/** Reads a column of bytes as text. */
export const asText = (column: string): string => `CONVERT(${column} USING utf8mb4)`

/** Splits a list into parts that one statement takes. */
export function pieces<T>(all: readonly T[], max = rowsMax): readonly (readonly T[])[] {
  if (all.length === 0) return []
  if (all.length <= max) return [all]
  return Array.from({ length: Math.ceil(all.length / max) }, (_, n) => all.slice(n * max, (n + 1) * max))
}
