// The messages that the host's own transactions put, in a table beside the host's rows.
//
// A row is one INSERT in the host's transaction. It needs no counter, and no lock for which others wait.
import { option, type OutboxRow } from '@rookery/core'
import { EntityManager, type DataSource, type EntitySubscriberInterface, type QueryRunner } from 'typeorm'
import { wordsOf } from '../declared.js'
import { isFile } from '../sqlite/chat-file.js'
import { openCommittedView } from './committed.js'
import { isOutboxDialect } from './outbox-sql.js'
import { prepareTable, type OutboxHost } from './outbox-table.js'
import type { OutboxRows } from './parked.js'
import { inAscii, TableOutbox } from './table-outbox.js'

export interface TypeOrmOutboxOptions {
  /** Before the name of the table. Default: `im_`, which makes `im_outbox`. */
  readonly tablePrefix?: string
  /**
   * Whether the table is made where it is missing. Default: true; with false a missing table keeps the outbox from
   * starting, for hosts whose migrations make it.
   */
  readonly createTable?: boolean
  /** Finds the transaction of the running code. Default: none is found. */
  readonly current?: () => EntityManager | null
}

const declared = {
  tablePrefix: option.standard('im_', option.text(/^\w*$/, "must be letters, digits and underscores, such as 'im_'")),
  createTable: option.standard(true, option.flag('must be true or false')),
  current: option.optional(
    option.passing<() => EntityManager | null>((value) => typeof value === 'function', 'must be a function'),
  ),
} satisfies option.Options<TypeOrmOutboxOptions>

interface Opened extends OutboxRows {
  readonly host: DataSource
}

export class TypeOrmOutbox extends TableOutbox {
  readonly #options: option.ValuesOf<typeof declared>
  protected opened: Opened | null = null
  /** Why the outbox cannot take rows. */
  #lacks =
    "within() needs the app to have a TypeORM DataSource: import TypeOrmModule.forRoot(…), or give TypeOrmStorageModule.forRoot({ dataSource: 'name' }) where yours has a name; for another ORM give TypeOrmStorageModule.forRoot({ outbox: { run, isRunning } })."
  #wake: () => void = () => {}
  /** Transactions that put rows and have not ended. */
  readonly #putting = new WeakSet<QueryRunner>()
  readonly #subscriber: EntitySubscriberInterface = {
    // TypeORM also calls this for savepoints. Only after the outermost commit no transaction is running.
    afterTransactionCommit: ({ queryRunner }) => {
      if (queryRunner.isTransactionActive || !this.#putting.delete(queryRunner)) return
      this.#wake()
    },
  }

  /**
   * @param host gives the app's own DataSource when the outbox starts. Where it is null, or of a kind that the outbox
   *   does not support, the outbox starts, but takes no rows.
   */
  constructor(
    private readonly host: () => DataSource | null,
    options: TypeOrmOutboxOptions = {},
  ) {
    super()
    this.#options = option.read(declared, options, wordsOf('TypeOrmOutbox'))
  }

  async start(): Promise<void> {
    const host = this.host()
    if (host === null) return
    const lacks = whyNot(host)
    if (lacks !== null) {
      this.#lacks = `within() cannot put a message into the app's DataSource: ${lacks}.`
      return
    }
    const { tablePrefix, createTable } = this.#options
    const sql = await prepareTable(host as OutboxHost, `${tablePrefix}outbox`, createTable)
    this.opened = { host, sql, view: await openCommittedView(host) }
    host.subscribers.push(this.#subscriber)
  }

  async stop(): Promise<void> {
    const opened = this.opened
    this.opened = null
    if (opened === null) return
    const place = opened.host.subscribers.indexOf(this.#subscriber)
    if (place !== -1) opened.host.subscribers.splice(place, 1)
    await opened.view.close()
  }

  async put(tx: unknown, rows: readonly OutboxRow[]): Promise<void> {
    if (this.opened === null) throw new TypeError(this.#lacks)
    const { sql, host } = this.opened
    const runner = runningTransaction(tx, host)
    const putAt = Date.now()
    this.#putting.add(runner)
    for (const { id, request } of rows) await runner.query(sql.insert, [id, inAscii(request), putAt])
  }

  current(): unknown {
    return this.#options.current?.() ?? null
  }

  onCommitted(wake: () => void): void {
    this.#wake = wake
  }
}

/** Why the outbox does not support the host's database; null where it does. */
function whyNot({ options }: DataSource): string | null {
  const { type } = options
  if (!isOutboxDialect(type))
    return `it is of type '${type}', and the outbox works in 'better-sqlite3', 'postgres', 'mysql' and 'mariadb'`
  if (options.type === 'better-sqlite3' && !isFile(options.database))
    return `its database is '${options.database}', and the outbox needs a file`
  return null
}

/** @throws TypeError where it is none */
function runningTransaction(tx: unknown, host: DataSource): QueryRunner {
  if (!(tx instanceof EntityManager))
    throw new TypeError('within() needs the EntityManager of a running transaction: dataSource.transaction((tx) => …).')
  const { queryRunner } = tx
  if (queryRunner === undefined || !queryRunner.isTransactionActive)
    throw new TypeError(
      'within() was given an EntityManager in which no transaction runs: use the one of dataSource.transaction((tx) => …).',
    )
  const own = queryRunner.connection
  // The driver is the same object, also where the app wraps its DataSource.
  if (own.driver !== host.driver)
    throw new TypeError(
      `within() was given a transaction of the DataSource ${nameOf(own)}, and the outbox is in ${nameOf(host)}: give a transaction of that one, or set its place by TypeOrmStorageModule.forRoot({ dataSource: ${nameOf(own)} }).`,
    )
  return queryRunner
}

const nameOf = ({ options }: DataSource): string => `'${(options as { name?: string }).name ?? 'default'}'`
