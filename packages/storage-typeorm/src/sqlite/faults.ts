// What an error of SQLite means for a batch: whose fault it is, and whether anything can have been stored.

interface SqliteFault {
  readonly code?: unknown
  /** libsql's; better-sqlite3 gives names only. */
  readonly rawCode?: unknown
}

/** SQLite's primary result codes that matter here. */
export const busy = 'SQLITE_BUSY'
const primary: Readonly<Record<number, string>> = {
  5: busy,
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  25: 'SQLITE_RANGE',
}

/** The primary code of an error; null where it is none of SQLite's. */
export function faultOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  const { code, rawCode } = error as SqliteFault
  if (typeof rawCode === 'number') {
    const name = primary[rawCode & 255]
    if (name !== undefined) return name
  }
  if (typeof code !== 'string' || !code.includes('SQLITE_')) return null
  return code.split('_').slice(0, 2).join('_')
}

const ofTheOperation: ReadonlySet<string | null> = new Set([
  'SQLITE_CONSTRAINT',
  'SQLITE_TOOBIG',
  'SQLITE_MISMATCH',
  'SQLITE_RANGE',
  // Not SQLite's: an operation that our own code could not make sense of.
  null,
])

/** Whether an operation would be refused again, and its batch go through without it; else it is the disk, or a lock. */
export const isOfTheOperation = (error: unknown): boolean => ofTheOperation.has(faultOf(error))

const ofTheConnection: ReadonlySet<string | null> = new Set(['SQLITE_READONLY', 'SQLITE_IOERR', 'SQLITE_CANTOPEN'])

/** Whether another connection may find what this one cannot: a file that is writable again, or another in its place. */
export const isOfTheConnection = (error: unknown): boolean => ofTheConnection.has(faultOf(error))

/** A failed transaction on its way to the caller. */
export class TransactionFailure extends Error {
  override readonly name = 'TransactionFailure'
  constructor(
    cause: unknown,
    readonly outcome: 'none' | 'unknown',
    /** The connection can no longer be trusted. */
    readonly fatal = false,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
