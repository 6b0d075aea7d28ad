// The outbox for transactions of ORMs other than TypeORM: Prisma, Drizzle, Knex, Kysely, MikroORM, or a bare driver.
// The host's transaction runs one statement, through a function that the host gives. Everything else uses the outbox's
// own connections.
import { option, type OutboxRow } from '@rookery/core'
import type { DataSource } from 'typeorm'
import { wordsOf } from '../declared.js'
import { openServer, type ServerOptions, viewThrough } from './committed.js'
import { GrowingLooks } from './growing-looks.js'
import { prepareTable, type OutboxHost } from './outbox-table.js'
import type { OutboxRows } from './parked.js'
import { inAscii, TableOutbox } from './table-outbox.js'

/** @typeParam Tx what the host's ORM gives to the code inside a transaction */
export interface SqlOutboxOptions<Tx = unknown> {
  /**
   * Runs a statement in the transaction, and resolves once it is done. PostgreSQL takes the values at `$1`, `$2` …, in
   * this order and each once; MySQL and MariaDB take them at `?`.
   */
  run(tx: Tx, sql: string, values: (string | number)[]): PromiseLike<unknown>
  /** Whether it is a running transaction, as far as the ORM can tell. It may throw if it gets something else. */
  isRunning(tx: Tx): boolean
  /** The kind of the host's database. */
  readonly dialect: 'postgres' | 'mysql' | 'mariadb'
  /**
   * The database of the host's tables: `postgres://user:password@host:5432/database`. The outbox opens two connections.
   */
  readonly url: string
  /** On PostgreSQL: the schema of the table. Default: the first schema of the account's search path. */
  readonly schema?: string
  /** The prefix of the table's name. Default: `im_`, which makes `im_outbox`. */
  readonly tablePrefix?: string
  /**
   * Whether the outbox makes the table if it is missing. Default: true. With false the outbox does not start without
   * the table, for hosts whose migrations make it.
   */
  readonly createTable?: boolean
  /** Finds the transaction of the running code. Default: none is found. */
  current?(): Tx | null
}

/** How the outbox reaches the host's transactions. */
export type SqlTransactions<Tx = unknown> = Pick<SqlOutboxOptions<Tx>, 'run' | 'isRunning'>

const aFunction = <Given>(form: string): option.Option<Given> =>
  option.passing<Given>((value) => typeof value === 'function', `must be a function, ${form}`)

const declared = {
  run: aFunction<SqlOutboxOptions['run']>('(tx, sql, values) => …, that runs a statement in the transaction'),
  isRunning: aFunction<SqlOutboxOptions['isRunning']>(
    '(tx) => boolean, that tells whether it is a running transaction',
  ),
  dialect: option.oneOf(['postgres', 'mysql', 'mariadb'], "must be 'postgres', 'mysql' or 'mariadb'"),
  url: option.text(
    /^(?:postgres(?:ql)?|mysql|mariadb):\/\//,
    "must name the database of the app's tables, such as postgres://user@host:5432/database",
  ),
  schema: option.optional(option.text(/./, "must be a schema's name")),
  tablePrefix: option.standard('im_', option.text(/^\w*$/, "must be letters, digits and underscores, such as 'im_'")),
  createTable: option.standard(true, option.flag('must be true or false')),
  current: option.optional(
    aFunction<NonNullable<SqlOutboxOptions['current']>>('() => the running transaction, or null'),
  ),
} satisfies option.Options<SqlOutboxOptions>

/**
 * The outbox for hosts without TypeORM. Nothing tells it of commits. So after a `put` it reads its table in growing
 * intervals, from 5 ms on, until it has seen the row.
 * @example new SqlOutbox({ dialect: 'postgres', url, run: (tx: Knex, sql, values) => …, isRunning: (tx) => … })
 */
export class SqlOutbox<Tx = unknown> extends TableOutbox {
  readonly #options: option.ValuesOf<typeof declared>
  protected opened: OutboxRows | null = null
  #wake: () => void = () => {}
  readonly #looks = new GrowingLooks(() => this.#wake())

  /** @throws Error of one line that names a wrong option and the remedy */
  constructor(options: SqlOutboxOptions<Tx>) {
    super()
    this.#options = option.read(declared, options, wordsOf('SqlOutbox'))
  }

  async start(): Promise<void> {
    const { dialect, url, schema, tablePrefix, createTable } = this.#options
    const place = { type: dialect, url, ...(schema === undefined ? {} : { schema }) }
    const own: DataSource = await openServer(place as ServerOptions)
    try {
      const sql = await prepareTable(own as OutboxHost, `${tablePrefix}outbox`, createTable)
      this.opened = { sql, view: viewThrough(own) }
    } catch (error) {
      await own.destroy()
      throw error
    }
  }

  async stop(): Promise<void> {
    const { opened } = this
    this.opened = null
    this.#looks.stop()
    await opened?.view.close()
  }

  async put(tx: unknown, rows: readonly OutboxRow[]): Promise<void> {
    if (this.opened === null) throw new TypeError('within() needs the app to have started.')
    const { sql } = this.opened
    await this.#mustRun(tx, sql.lock)
    const putAt = Date.now()
    for (const { id, request } of rows) {
      await this.#options.run(tx, sql.insert, [id, inAscii(request), putAt])
      this.#looks.put(id)
    }
  }

  current(): unknown {
    return this.#options.current?.() ?? null
  }

  onCommitted(wake: () => void): void {
    this.#wake = wake
  }

  override async read(...asked: Parameters<TableOutbox['read']>): Promise<readonly OutboxRow[]> {
    const rows = await super.read(...asked)
    for (const { id } of rows) this.#looks.seen(id)
    return rows
  }

  /**
   * Some ORMs run the statements of an ended transaction outside of any transaction, where a row would be committed at
   * once.
   * @param lock a statement that the server refuses outside of a transaction; null where it has none
   * @throws TypeError where no transaction is running
   */
  async #mustRun(tx: unknown, lock: string | null): Promise<void> {
    const { run, isRunning } = this.#options
    let isOne = false
    try {
      isOne = isRunning(tx)
      if (isOne && lock !== null) await run(tx, lock, [])
    } catch (cause) {
      throw new TypeError(`within() was given no transaction that it can write in: ${messageOf(cause)}`, { cause })
    }
    if (!isOne)
      throw new TypeError(
        'within() needs a running transaction: pass what your ORM gives to the code inside one, before it ends.',
      )
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
