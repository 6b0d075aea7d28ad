// The storage port in a database that TypeORM knows: chooses the dialect, and nothing else.
import {
  StorageError,
  type ConversationReads,
  type DeviceReads,
  type GroupReads,
  type Maintenance,
  type MemberReads,
  type ResultsOf,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type TimelineReads,
} from '@rookery/core'
import { checkMysqlOptions, type MysqlOptions } from './mysql/options.js'
import { MysqlStorage } from './mysql/mysql-storage.js'
import { checkPostgresOptions, type PostgresOptions } from './postgres/options.js'
import { PostgresStorage } from './postgres/postgres-storage.js'
import { checkSqliteOptions, type SqliteOptions } from './sqlite/options.js'
import { SqliteStorage } from './sqlite/sqlite-storage.js'

/** By the kind of database, as TypeORM names it. */
export type TypeOrmStorageOptions = SqliteOptions | PostgresOptions | MysqlOptions

/**
 * Keeps everything in a database, over connections of its own.
 * @example new TypeOrmStorage({ type: 'better-sqlite3', database: 'data/app.im.sqlite' })
 */
export class TypeOrmStorage implements Storage {
  readonly #options: () => TypeOrmStorageOptions
  #storage: Storage | undefined

  /**
   * @param options themselves, which are checked here, or what gives them when the storage starts.
   * @throws Error of one line that names a wrong option and the remedy.
   */
  constructor(options: TypeOrmStorageOptions | (() => TypeOrmStorageOptions)) {
    if (typeof options === 'function') {
      this.#options = options
      return
    }
    this.#options = () => options
    this.#storage = create(options)
  }

  async start(tell?: (line: string) => void): Promise<StorageInfo> {
    this.#storage ??= create(this.#options())
    return this.#storage.start(tell)
  }

  async stop(): Promise<void> {
    await this.#storage?.stop()
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    return this.#started().commit(ops)
  }

  get timelines(): TimelineReads {
    return this.#started().timelines
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

function create(options: TypeOrmStorageOptions): Storage {
  if (options.type === 'better-sqlite3') return new SqliteStorage(checkSqliteOptions(options))
  if (options.type === 'postgres') return new PostgresStorage(checkPostgresOptions(options))
  if (options.type === 'mysql' || options.type === 'mariadb') return new MysqlStorage(checkMysqlOptions(options))
  const { type } = options as { readonly type: unknown }
  throw new Error(
    `TypeOrmStorage option type is '${String(type)}'; supported are 'better-sqlite3' (SQLite), 'postgres', 'mysql' and 'mariadb'`,
  )
}
