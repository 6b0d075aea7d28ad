// What maintenance needs of a database, and what its dialects write differently. None of its statements is hot, so they are
// written once for all dialects; numbers that we made ourselves stand in the text, everything else is a parameter.
import type { Tables } from '../rows/tables.js'

export type Value = string | number | null

/** Reads; rows are lists of values, integers are numbers. Parameters are `?`. */
export interface Rows {
  all<Row extends readonly unknown[]>(sql: string, values?: readonly Value[]): Promise<Row[]>
}

export interface WritableRows extends Rows {
  run(sql: string, values?: readonly Value[]): Promise<void>
}

/** Which messages of a conversation: those after `from` up to `to`. */
export interface MessageSpan {
  readonly conversation: number
  readonly from: number
  readonly to: number
}

export interface Dialect {
  readonly tables: Tables
  /** The column of a user's number, which is a reserved word in some dialects. */
  readonly person: string
  /** Locks counter rows in the order that all writers keep; null where a transaction has the database for itself. */
  readonly lock: (table: 'user' | 'conversation', ids: readonly number[]) => string | null
  /** Where it stands what was delivered to a c2c conversation's user: on the conversation's row, or on the membership's. */
  readonly deliveredOn: 'conversation' | 'member'
  /** Keys of these messages go; only those that still stand for them. The last of the statements is the one that counts. */
  readonly dropKeys: (span: MessageSpan) => readonly string[]
  /** Keys of these messages, which are about to go, hold their answer themselves from now on. */
  readonly detachKeys: (span: MessageSpan) => string
  /** Whether key `k` stands for message `m`. */
  readonly standsFor: (k: string, m: string) => string
  /** Whether pointer `i` is found to lead to message `m`, which is the one that it names. */
  readonly pointsAt: (i: string, m: string) => string
  /** Makes a pointer lead to the message that it names. */
  readonly pointAgain: (user: number, seq: number) => readonly string[]
  /** Whether message `m` stands where readers look for those that are exceptional or mention somebody, if it is one of them. */
  readonly isFound: (m: string) => string
  /** Counters of a conversation that say how far such messages reach, each with its column and the table that bears it out. */
  readonly lastOf: readonly (readonly [field: string, column: string, table: string])[]
  /** Makes messages stand there as their flags and mentions say, after these were changed. */
  readonly markAgain: (span: MessageSpan) => readonly string[]
  /** Which messages are edits of what this user sent within a span. */
  readonly editsOf: (span: MessageSpan, user: number) => string
  /** What was kept beside a conversation's messages up to a sequence, such as reactions to them, goes. */
  readonly dropBeside: (conversation: number, to: number) => readonly string[]
  /** Keys that hold their answer themselves and are older than `before` go, at most `most`; the last one counts. */
  readonly dropDetached: (before: number, most: number) => readonly string[]
}

export interface Database extends Rows {
  readonly dialect: Dialect
  /**
   * Carries out all of these in one transaction, written to the database at once, so that its locks wait for nobody here.
   * Answers how many rows each has changed.
   */
  carryOut(statements: readonly string[]): Promise<readonly number[]>
  /** Reads of one moment. */
  snapshot<T>(work: (rows: Rows) => Promise<T>): Promise<T>
  /** A transaction: all of it or nothing. */
  transaction<T>(work: (rows: WritableRows) => Promise<T>): Promise<T>
}
