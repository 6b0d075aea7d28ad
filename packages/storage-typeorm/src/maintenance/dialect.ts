// What maintenance needs of a database, and what the dialects write differently. None of its statements is frequent, so
// all dialects share them. Our own numbers are part of the text, everything else is a parameter.
import type { Tables } from '../rows/tables.js'

export type Value = string | number | null

/** Reads rows as lists of values, with integers as numbers. Parameters are `?`. */
export interface Rows {
  all<Row extends readonly unknown[]>(sql: string, values?: readonly Value[]): Promise<Row[]>
}

export interface WritableRows extends Rows {
  run(sql: string, values?: readonly Value[]): Promise<void>
}

/** Messages of a conversation: those after `from`, up to `to`. */
export interface MessageSpan {
  readonly conversation: number
  readonly from: number
  readonly to: number
}

export interface Dialect {
  readonly tables: Tables
  /** The column of a user's number, which is a reserved word in some dialects. */
  readonly person: string
  /** Locks counter rows in the order that all writers keep; null where only one transaction can write at a time. */
  readonly lock: (table: 'user' | 'conversation', ids: readonly number[]) => string | null
  /** Which row holds the delivered position of a c2c conversation's user: the conversation's or the membership's. */
  readonly deliveredOn: 'conversation' | 'member'
  /** Deletes the keys of these messages that still refer to them. The rows of the last statement are counted. */
  readonly dropKeys: (span: MessageSpan) => readonly string[]
  /** Makes keys of these messages store their answers themselves, before the messages are removed. */
  readonly detachKeys: (span: MessageSpan) => string
  /** Whether key `k` refers to message `m`. */
  readonly standsFor: (k: string, m: string) => string
  /** Whether pointer `i` leads to message `m`, which is the message that it names. */
  readonly pointsAt: (i: string, m: string) => string
  /** Makes a pointer lead to the message that it names. */
  readonly pointAgain: (user: number, seq: number) => readonly string[]
  /**
   * Whether message `m` is where reads look for exceptional messages, or for those that mention somebody, if it is one
   * of them.
   */
  readonly isFound: (m: string) => string
  /**
   * Counters of a conversation that hold the last such messages, each with its column and the table of these messages.
   */
  readonly lastOf: readonly (readonly [field: string, column: string, table: string])[]
  /** Puts messages there according to their flags and mentions, after these changed. */
  readonly markAgain: (span: MessageSpan) => readonly string[]
  /** Finds the edits of messages that this user sent within a span. */
  readonly editsOf: (span: MessageSpan, user: number) => string
  /** Deletes what is stored beside a conversation's messages up to a sequence, such as reactions to them. */
  readonly dropBeside: (conversation: number, to: number) => readonly string[]
  /**
   * Deletes at most `most` keys that store their answers themselves and are older than `before`. The rows of the last
   * statement are counted.
   */
  readonly dropDetached: (before: number, most: number) => readonly string[]
}

export interface Database extends Rows {
  readonly dialect: Dialect
  /**
   * Runs all statements in one transaction and in one write, so that it never holds locks while it waits for this
   * process. Answers how many rows each statement has changed.
   */
  carryOut(statements: readonly string[]): Promise<readonly number[]>
  /** Runs reads in one snapshot. */
  snapshot<T>(work: (rows: Rows) => Promise<T>): Promise<T>
  /** Runs a transaction, which is stored completely or not at all. */
  transaction<T>(work: (rows: WritableRows) => Promise<T>): Promise<T>
}
