// What a read is made of: mostly one statement, in the reading thread, that answers JSON text, and what the caller makes
// of it.
import type { SqliteDatabase } from '../driver.js'
import type { Tables } from '../../rows/tables.js'

export interface Query<Args, Raw, Result> {
  /** Prepares it; called once in the reading thread. What it makes answers JSON text of `Raw`. */
  prepare(db: SqliteDatabase, tables: Tables): (args: Args) => string
  /** On the caller's side. */
  decode(raw: Raw, args: Args): Result
}

export const query = <Args, Raw, Result>(definition: Query<Args, Raw, Result>): Query<Args, Raw, Result> => definition

/** The one column of a statement's one row. */
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
