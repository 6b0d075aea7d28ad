// One store on SQLite, over whichever driver an app has.
import {
  StoreFullError,
  type LocalStore,
  type MessageQuery,
  type SmallTable,
  type StoreOp,
} from '../ports/local-store.js'
import {
  keyOfRow,
  keysOf,
  type BlobRow,
  type ControlRow,
  type MessageRow,
  type Table,
  type Tables,
} from '../ports/rows.js'

export type SqlValue = string | number | Uint8Array

export interface SqlStatement {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** What the store needs of a driver. Each may answer at once or later. */
export interface SqlDriver {
  /** Runs all statements in one transaction: all take effect, or it throws and none does. Calls come one at a time. */
  transaction(statements: readonly SqlStatement[]): void | Promise<void>
  /** The rows of a query, as objects by column. */
  all(statement: SqlStatement): readonly unknown[] | Promise<readonly unknown[]>
  close?(): void | Promise<void>
}

const tables = Object.keys(keysOf) as Table[]
const isNumber = (field: string): boolean => ['seq', 'from', 'target'].includes(field)
const columnsOf = (table: Table): readonly string[] => keysOf[table].map((field) => `"${field}"`)

/** Rows as JSON text beside the columns of their keys. */
export class SqlStore implements LocalStore {
  readonly kind = 'sql'
  readonly isDurable = true
  /** Writes one after the other: a driver may have one connection. */
  #writing: Promise<unknown> = Promise.resolve()

  /** @param prefix of the names of its tables */
  constructor(
    private readonly driver: SqlDriver,
    private readonly prefix = 'rookery_',
  ) {}

  async open(): Promise<void> {
    await this.#run(tables.map((table) => ({ sql: this.#tableSql(table), values: [] })))
  }

  async close(): Promise<void> {
    await this.#writing
    await this.driver.close?.()
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    if (ops.length > 0) await this.#run(ops.flatMap((op) => this.#statements(op)))
  }

  async all<T extends SmallTable>(table: T): Promise<readonly Tables[T][]> {
    const order = columnsOf(table).join(', ')
    return this.#rows(`SELECT "row" FROM ${this.#name(table)} ORDER BY ${order}`, [])
  }

  async messages({ conversationId, from, to, last, first }: MessageQuery): Promise<readonly MessageRow[]> {
    const where = `"conversationId" = ? AND "seq" BETWEEN ? AND ?`
    const [order, limit] = last === undefined ? ['ASC', first ?? -1] : ['DESC', last]
    const sql = `SELECT "row" FROM ${this.#name('messages')} WHERE ${where} ORDER BY "seq" ${order} LIMIT ?`
    const most = Number.MAX_SAFE_INTEGER
    const rows = await this.#rows<MessageRow>(sql, [conversationId, Math.max(from, 0), Math.min(to, most), limit])
    return last === undefined ? rows : [...rows].reverse()
  }

  messagesAt(conversationId: string, seqs: readonly number[]): Promise<readonly MessageRow[]> {
    return this.#among('messages', 'seq', conversationId, seqs)
  }

  controls(conversationId: string, targets: readonly number[]): Promise<readonly ControlRow[]> {
    return this.#among('controls', 'target', conversationId, targets)
  }

  async blob(key: string): Promise<BlobRow | undefined> {
    const sql = `SELECT "row", "data" FROM ${this.#name('blobs')} WHERE "key" = ?`
    const [found] = (await this.driver.all({ sql, values: [key] })) as { row: string; data: Uint8Array }[]
    if (found === undefined) return undefined
    return { ...(JSON.parse(found.row) as Omit<BlobRow, 'data'>), data: new Uint8Array(found.data) }
  }

  async #among<T extends 'messages' | 'controls'>(
    table: T,
    field: string,
    conversationId: string,
    seqs: readonly number[],
  ): Promise<readonly Tables[T][]> {
    const order = columnsOf(table).join(', ')
    const found: Tables[T][] = []
    const sorted = [...seqs].sort((a, b) => a - b)
    for (let at = 0; at < sorted.length; at += valuesMost) {
      const part = sorted.slice(at, at + valuesMost)
      const marks = part.map(() => '?').join(', ')
      const where = `"conversationId" = ? AND "${field}" IN (${marks})`
      const sql = `SELECT "row" FROM ${this.#name(table)} WHERE ${where} ORDER BY ${order}`
      found.push(...(await this.#rows<Tables[T]>(sql, [conversationId, ...part])))
    }
    return found
  }

  async #rows<Row>(sql: string, values: readonly SqlValue[]): Promise<Row[]> {
    const found = (await this.driver.all({ sql, values })) as { row: string }[]
    return found.map(({ row }) => JSON.parse(row) as Row)
  }

  #run(statements: readonly SqlStatement[]): Promise<void> {
    const run = this.#writing.then(async () => {
      try {
        await this.driver.transaction(statements)
      } catch (error) {
        if (isFull(error)) throw new StoreFullError('no room is left', { cause: error })
        throw error
      }
    })
    this.#writing = run.catch(() => {})
    return run
  }

  #name(table: Table): string {
    return `"${this.prefix}${table}"`
  }

  #tableSql(table: Table): string {
    const keys = columnsOf(table)
    const columns = keysOf[table].map((field) => `"${field}" ${isNumber(field) ? 'INTEGER' : 'TEXT'} NOT NULL`)
    const data = table === 'blobs' ? ', "data" BLOB NOT NULL' : ''
    const key = `PRIMARY KEY (${keys.join(', ')})`
    return `CREATE TABLE IF NOT EXISTS ${this.#name(table)} (${columns.join(', ')}, "row" TEXT NOT NULL${data}, ${key})`
  }

  #statements(op: StoreOp): SqlStatement[] {
    if (op.op === 'cut')
      return (['messages', 'ranges', 'controls'] as const).map((table) => ({
        sql: `DELETE FROM ${this.#name(table)} WHERE "conversationId" = ?`,
        values: [op.conversationId],
      }))
    if (op.op === 'clear') return [{ sql: `DELETE FROM ${this.#name(op.table)}`, values: [] }]
    const keys = columnsOf(op.table)
    if (op.op === 'delete') {
      const where = keys.map((key) => `${key} = ?`).join(' AND ')
      return [{ sql: `DELETE FROM ${this.#name(op.table)} WHERE ${where}`, values: op.key }]
    }
    const key = keyOfRow(op.table, op.row as never)
    if (key.some((part) => part === undefined)) throw new Error(`a row of ${op.table} without its key`)
    const isBlob = op.table === 'blobs'
    const { data, ...row } = op.row as { data?: Uint8Array }
    const columns = [...keys, '"row"', ...(isBlob ? ['"data"'] : [])]
    const marks = columns.map(() => '?').join(', ')
    const sql = `INSERT OR REPLACE INTO ${this.#name(op.table)} (${columns.join(', ')}) VALUES (${marks})`
    return [{ sql, values: [...key, JSON.stringify(isBlob ? row : op.row), ...(isBlob ? [data!] : [])] }]
  }
}

/** Old SQLites take no more values in one statement. */
const valuesMost = 500

const isFull = (error: unknown): boolean => {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return code === 'SQLITE_FULL' || String(message).includes('database or disk is full')
}

/** What `better-sqlite3` and `libsql` have in common. */
export interface SyncDatabase {
  exec(sql: string): unknown
  prepare(sql: string): { run(...values: unknown[]): unknown; all(...values: unknown[]): unknown[] }
  close(): unknown
}

/** A driver on an open database of `better-sqlite3` or `libsql`, which belongs to the store from then on. */
export function syncDriver(database: SyncDatabase): SqlDriver {
  const prepared = new Map<string, ReturnType<SyncDatabase['prepare']>>()
  const prepare = (sql: string): ReturnType<SyncDatabase['prepare']> => {
    const statement = prepared.get(sql) ?? database.prepare(sql)
    // Statements over lists differ in length: they are not kept without end.
    if (prepared.size < 200) prepared.set(sql, statement)
    return statement
  }
  return {
    transaction: (statements) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        for (const { sql, values } of statements) prepare(sql).run(...values)
        database.exec('COMMIT')
      } catch (error) {
        // A full disk has ended the transaction already.
        try {
          database.exec('ROLLBACK')
        } catch {
          // What went wrong first is the cause.
        }
        throw error
      }
    },
    all: ({ sql, values }) => prepare(sql).all(...values),
    close: () => void database.close(),
  }
}
