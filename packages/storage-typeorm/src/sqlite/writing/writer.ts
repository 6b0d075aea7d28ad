// The writing connection: each commit is one BEGIN IMMEDIATE … COMMIT, in the order in which they came.
//
// When the database refuses a batch, the writer rolls it back and runs it again with each operation in its own
// savepoint, so that it refuses only the operations that cause the error. Other batches do not pay for this.
import type { RefusedResult, StorageOp, StorageResult } from '@rookery/core'
import type { SqliteDatabase, SqliteStatement } from '../driver.js'
import { busy, faultOf, isOfTheConnection, isOfTheOperation, TransactionFailure } from '../faults.js'
import { tablesOf } from '../../rows/tables.js'
import { isAllKeepable, maySpoil } from '../../rows/text.js'
import { packResults, unpackOps } from '../wire.js'
import { Operations } from './apply.js'
import { Batch } from './batch.js'

type Results = (StorageResult | RefusedResult)[]

export class Writer {
  readonly #db: SqliteDatabase
  readonly #batch: Batch
  readonly #operations: Operations
  readonly #begin: SqliteStatement
  readonly #commit: SqliteStatement
  readonly #prove: SqliteStatement

  constructor(db: SqliteDatabase, tablePrefix: string) {
    this.#db = db
    this.#batch = new Batch(db, tablesOf(tablePrefix))
    this.#operations = new Operations(this.#batch)
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#prove = db.prepare(`UPDATE ${tablesOf(tablePrefix).meta} SET epoch = epoch`)
  }

  /**
   * Commits operations packed by `packOps`, and answers results for `unpackResults`.
   * @throws TransactionFailure
   */
  commit(text: string): string {
    const ops = unpackOps(text)
    // Checks that the disk takes writes: it writes a stored value again.
    if (ops.length === 0) {
      return packResults(
        this.#transaction(() => {
          this.#prove.run([])
          return []
        }),
      )
    }
    if (!maySpoil(text) || isAllKeepable(ops)) return packResults(this.#run(ops))
    // The writer refuses text that the driver would change, or that would end the process, before the driver sees it.
    const kept = ops.filter((op) => isAllKeepable(op))
    const results = this.#run(kept)
    const refused: RefusedResult = {
      status: 'refused',
      error: new Error('its text holds a NUL or a lone surrogate, which the database cannot keep'),
    }
    return packResults(ops.map((op) => (isAllKeepable(op) ? (results.shift() ?? refused) : refused)))
  }

  /** Drops the cached counters: something other than this writer changed them. */
  forget(): void {
    this.#batch.forget()
  }

  #run(ops: readonly StorageOp[]): Results {
    if (ops.length === 0) return []
    try {
      return this.#transaction(() => this.#operations.applyAll(ops))
    } catch (error) {
      if (!(error instanceof TransactionFailure) || error.outcome !== 'none' || !isOfTheOperation(error.cause))
        throw error
      return this.#transaction(() => ops.map((op) => this.#alone(op)))
    }
  }

  #transaction(work: () => Results): Results {
    try {
      this.#begin.run([])
    } catch (error) {
      throw this.#failed(error, 'none')
    }
    let results: Results
    try {
      this.#batch.begin()
      results = work()
    } catch (error) {
      throw this.#failed(error, 'none')
    }
    try {
      this.#commit.run([])
    } catch (error) {
      // SQLite waits for a lock before it writes anything. After any other error it is unknown whether the commit was
      // stored.
      throw this.#failed(error, faultOf(error) === busy ? 'none' : 'unknown')
    }
    return results
  }

  /** Rolls the transaction back. A connection that cannot roll back is not used again. */
  #failed(error: unknown, outcome: 'none' | 'unknown'): TransactionFailure {
    this.#batch.forget()
    try {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      return new TransactionFailure(error, outcome, outcome === 'unknown' || isOfTheConnection(error))
    } catch {
      return new TransactionFailure(error, outcome, true)
    }
  }

  #alone(op: StorageOp): StorageResult | RefusedResult {
    this.#db.exec('SAVEPOINT alone')
    try {
      const [result] = this.#operations.applyAll([op])
      this.#db.exec('RELEASE alone')
      if (!result) throw new Error('an operation had no result')
      return result
    } catch (error) {
      if (!isOfTheOperation(error)) throw error
      this.#db.exec('ROLLBACK TO alone')
      this.#db.exec('RELEASE alone')
      this.#batch.forget()
      this.#batch.begin()
      return { status: 'refused', error: error instanceof Error ? error : new Error(String(error)) }
    }
  }
}
