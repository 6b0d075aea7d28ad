// The login epoch of the storage, and the value to which each user's was last raised.
import type { RaiseLoginOp, RaiseLoginResult } from '@rookery/core'
import type { SqliteStatement } from '../driver.js'
import type { Batch } from './batch.js'

export class Logins {
  readonly #raise: SqliteStatement
  readonly #read: SqliteStatement
  readonly #write: SqliteStatement

  constructor(private readonly batch: Batch) {
    const { db, tables: t } = batch
    this.#raise = db.prepare(`UPDATE ${t.meta} SET login_epoch = login_epoch + 1`)
    this.#read = db.prepare(`SELECT login_epoch FROM ${t.meta}`).raw()
    this.#write = db.prepare(`UPDATE ${t.user} SET login_epoch = ? WHERE id = ?`)
  }

  raise({ userId }: RaiseLoginOp): RaiseLoginResult {
    const user = this.batch.counters.userRow(userId)
    this.#raise.run([])
    const [loginEpoch] = this.#read.get([]) as [number]
    this.#write.run([loginEpoch, user.id])
    return { status: 'ok', loginEpoch }
  }
}
