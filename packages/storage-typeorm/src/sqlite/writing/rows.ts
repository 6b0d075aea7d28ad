// Statements over many rows at once. A call into the driver costs as much as writing one or two rows, so these gather
// rows and run in chunks. The statement for each size of chunk is prepared once.
import type { SqliteDatabase, SqliteStatement, SqlValue } from '../driver.js'

const chunkSizes = [64, 16, 4, 1] as const

/** A statement that takes any number of rows of `columns` values each. */
export class ManyRows {
  readonly #prepared = new Map<number, SqliteStatement>()

  /** @param sql the statement's text around its rows, such as `(?,?),(?,?)`. */
  constructor(
    private readonly db: SqliteDatabase,
    private readonly columns: number,
    private readonly sql: (rows: string) => string,
  ) {}

  /** Runs the statement for all rows. `values` lists them one after another. */
  run(values: readonly SqlValue[]): void {
    this.#chunks(values, false, (statement, chunk) => statement.run(chunk))
  }

  /** Reads for all rows, and answers the found rows as arrays, in no order. */
  all(values: readonly SqlValue[]): unknown[] {
    const found: unknown[] = []
    this.#chunks(values, true, (statement, chunk) => {
      for (const row of statement.all(chunk)) found.push(row)
    })
    return found
  }

  #chunks(
    values: readonly SqlValue[],
    reads: boolean,
    run: (statement: SqliteStatement, chunk: readonly SqlValue[]) => void,
  ): void {
    let at = 0
    for (const size of chunkSizes) {
      const length = size * this.columns
      while (values.length - at >= length) {
        const statement = this.#statement(size, reads)
        run(statement, at === 0 && values.length === length ? values : values.slice(at, at + length))
        at += length
      }
    }
  }

  #statement(size: number, reads: boolean): SqliteStatement {
    const known = this.#prepared.get(size)
    if (known) return known
    const row = `(${Array<string>(this.columns).fill('?').join(',')})`
    const prepared = this.db.prepare(this.sql(Array<string>(size).fill(row).join(',')))
    const statement = reads ? prepared.raw() : prepared
    this.#prepared.set(size, statement)
    return statement
  }
}
