// What an error of SQLite means for a batch: which operation caused it, and whether SQLite can have stored anything.

interface SqliteFault {
  readonly code?: unknown
  /** libsql sets this number; better-sqlite3 sets names only. */
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

/** The primary result code of an error; null where the error is not SQLite's. */
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
  // The error is not SQLite's: our own code could not carry out the operation.
  null,
])

/**
 * Whether one operation causes the error, so that the batch would succeed without it. Otherwise the cause is the disk
 * or a lock.
 */
export const isOfTheOperation = (error: unknown): boolean => ofTheOperation.has(faultOf(error))

const ofTheConnection: ReadonlySet<string | null> = new Set(['SQLITE_READONLY', 'SQLITE_IOERR', 'SQLITE_CANTOPEN'])

/** Whether a new connection may succeed: the file may be writable again, or another file may have its place. */
export const isOfTheConnection = (error: unknown): boolean => ofTheConnection.has(faultOf(error))

/** Tells the caller that a transaction failed. */
export class TransactionFailure extends Error {
  override readonly name = 'TransactionFailure'
  constructor(
    cause: unknown,
    readonly outcome: 'none' | 'unknown',
    /** The connection must not be used again. */
    readonly fatal = false,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
