// What each of the two threads does: it opens its connection and answers calls one by one. worker.ts runs it in a
// worker; where the host sets `worker: false`, it runs on the caller's thread.
import type { Company } from '@rookery/core'
import { companyCall, lockFor, release } from './company.js'
import type { SqliteDatabase } from './driver.js'
import { TransactionFailure } from './faults.js'
import { tablesOf } from '../rows/tables.js'
import { maintenanceCall, SqliteMaintaining } from './maintaining.js'
import { openReader, openWriter } from './open.js'
import type { SqliteSettings } from './options.js'
import { Reader } from './reading/queries.js'
import type { Call, Reply } from './wire.js'
import { Writer } from './writing/writer.js'

export type Role = 'write' | 'read'

/** What opening found. The reading thread leaves it empty. */
export interface Opened {
  readonly epoch: string
  readonly warnings: readonly string[]
}

interface Connection {
  readonly opened: Opened
  run(call: Call): string | Promise<string>
  close(): void
}

export class SqliteThread {
  #connection: Connection | undefined
  /** The connection failed for good. The next call opens another one. */
  #broken = false
  /** Holds the lock of this process until the end. */
  #company: SqliteDatabase | null = null

  constructor(
    private readonly role: Role,
    private readonly settings: SqliteSettings,
  ) {}

  async open(): Promise<Opened> {
    this.#connection = await (this.role === 'write' ? connectWriter(this.settings) : connectReader(this.settings))
    return this.#connection.opened
  }

  /** Never rejects. */
  async answer(call: Call): Promise<Reply> {
    const { id } = call
    try {
      if (call.work === companyCall) return { id, text: JSON.stringify(this.#keep(call.text as Company)) }
      if (this.#broken) await this.#reopen()
      if (!this.#connection) throw new Error('the database is not open')
      return { id, text: await this.#connection.run(call) }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (!(error instanceof TransactionFailure)) return { id, message, outcome: 'none' }
      this.#broken ||= error.fatal
      return { id, message, outcome: error.outcome }
    }
  }

  close(): void {
    this.#closeConnection()
    if (this.#company) release(this.#company)
    this.#company = null
  }

  #keep(company: Company): boolean {
    this.#company ??= lockFor(this.settings, company)
    return this.#company !== null
  }

  #closeConnection(): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.close()
  }

  async #reopen(): Promise<void> {
    this.#closeConnection()
    await this.open()
    this.#broken = false
  }
}

async function connectWriter(settings: SqliteSettings): Promise<Connection> {
  const { db, epoch, warnings } = await openWriter(settings)
  const writer = new Writer(db, settings.tablePrefix)
  const maintaining = new SqliteMaintaining(db, tablesOf(settings.tablePrefix), () => writer.forget())
  return {
    opened: { epoch, warnings },
    run: ({ work, text }) => (work === maintenanceCall ? maintaining.run(text) : writer.commit(text)),
    close: () => void db.close(),
  }
}

function connectReader(settings: SqliteSettings): Connection {
  const db = openReader(settings)
  const reader = new Reader(db, settings.tablePrefix)
  const maintaining = new SqliteMaintaining(db, tablesOf(settings.tablePrefix), () => {})
  return {
    opened: { epoch: '', warnings: [] },
    run: ({ work, text }) => (work === maintenanceCall ? maintaining.run(text) : reader.read(work, text)),
    close: () => void db.close(),
  }
}
