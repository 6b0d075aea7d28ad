// What a read consists of: in the reading thread usually one statement that answers JSON text, and on the caller's side
// the function that decodes it.
import type { SqliteDatabase } from '../driver.js'
import type { Tables } from '../../rows/tables.js'

export interface Query<Args, Raw, Result> {
  /** Prepares the read, once, in the reading thread. The function it returns answers JSON text of `Raw`. */
  prepare(db: SqliteDatabase, tables: Tables): (args: Args) => string
  /** On the caller's side. */
  decode(raw: Raw, args: Args): Result
}

export const query = <Args, Raw, Result>(definition: Query<Args, Raw, Result>): Query<Args, Raw, Result> => definition

/** The only column of a statement's only row. */
export const onlyText = (row: unknown): string => {
  const [text] = row as [string]
  return text
}

/** Runs a read of several statements so that all of them see one snapshot. */
export function snapshot(db: SqliteDatabase): (read: () => string) => string {
  const [begin, end] = [db.prepare('BEGIN'), db.prepare('COMMIT')]
  return (read) => {
    begin.run([])
    try {
      return read()
    } finally {
      end.run([])
    }
  }
}
