// The storage port in a database that TypeORM knows. This file only chooses the dialect. A process loads only the
// dialect that it uses.
import {
  StorageError,
  type Company,
  type ConversationReads,
  type DeviceReads,
  type GroupReads,
  type HeadReads,
  type KeyReads,
  type Maintenance,
  type MemberReads,
  type PushReads,
  type ResultsOf,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type TimelineReads,
} from '@rookery/core'
import { checkMysqlOptions, type MysqlOptions } from './mysql/options.js'
import { checkPostgresOptions, type PostgresOptions } from './postgres/options.js'
import { checkSqliteOptions, type SqliteOptions } from './sqlite/options.js'

/** By the kind of database, as TypeORM names it. */
export type TypeOrmStorageOptions = SqliteOptions | PostgresOptions | MysqlOptions

/**
 * Stores chat in a database, over its own connections.
 * @example new TypeOrmStorage({ type: 'better-sqlite3', database: 'data/app.im.sqlite' })
 */
export class TypeOrmStorage implements Storage {
  readonly #choose: () => Chosen
  #loading: Promise<Storage> | undefined
  #storage: Storage | undefined

  /**
   * @param options the options, which the constructor checks, or a function that gives them when the storage starts.
   * @throws Error of one line that names a wrong option and the remedy.
   */
  constructor(options: TypeOrmStorageOptions | (() => TypeOrmStorageOptions)) {
    if (typeof options === 'function') {
      this.#choose = () => choose(options())
      return
    }
    const chosen = choose(options)
    this.#choose = () => chosen
  }

  async start(tell?: (line: string) => void): Promise<StorageInfo> {
    // Two calls of `start` share one storage.
    this.#loading ??= this.#choose()()
    this.#storage = await this.#loading
    return this.#storage.start(tell)
  }

  async join(company: Company): Promise<boolean> {
    return (await this.#started().join?.(company)) ?? true
  }

  async stop(): Promise<void> {
    await this.#loading?.catch(() => undefined)
    await this.#storage?.stop()
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    return this.#started().commit(ops)
  }

  get timelines(): TimelineReads {
    return this.#started().timelines
  }

  get heads(): HeadReads {
    return this.#started().heads
  }

  get keys(): KeyReads {
    return this.#started().keys
  }

  get conversations(): ConversationReads {
    return this.#started().conversations
  }

  get members(): MemberReads {
    return this.#started().members
  }

  get groups(): GroupReads {
    return this.#started().groups
  }

  get push(): PushReads {
    return this.#started().push
  }

  get devices(): DeviceReads {
    return this.#started().devices
  }

  get maintenance(): Maintenance {
    return this.#started().maintenance
  }

  #started(): Storage {
    if (this.#storage) return this.#storage
    throw new StorageError('storage is not started', 'none')
  }
}

/** Loads a dialect and makes its storage from checked options. */
type Chosen = () => Promise<Storage>

function choose(options: TypeOrmStorageOptions): Chosen {
  if (options.type === 'better-sqlite3') {
    const settings = checkSqliteOptions(options)
    return async () => (await import('./sqlite/sqlite-storage.js')).sqliteStorage(settings)
  }
  if (options.type === 'postgres') {
    const settings = checkPostgresOptions(options)
    return async () => (await import('./postgres/postgres-storage.js')).postgresStorage(settings)
  }
  if (options.type === 'mysql' || options.type === 'mariadb') {
    const settings = checkMysqlOptions(options)
    return async () => (await import('./mysql/mysql-storage.js')).mysqlStorage(settings)
  }
  const { type } = options as { readonly type: unknown }
  throw new Error(
    `TypeOrmStorage option type is '${String(type)}'; supported are 'better-sqlite3' (SQLite), 'postgres', 'mysql' and 'mariadb'`,
  )
}
