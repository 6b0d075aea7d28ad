// What a host may choose on SQLite, its defaults, and one clear line for each mistake.
import { resolve } from 'node:path'
import { checkMigrations, ms, refuseUnknown, wrong } from '../option-checks.js'
import { isFile } from './chat-file.js'
import { locateDriver } from './driver.js'

export interface SqliteOptions {
  /** The kind of database, as TypeORM names it. */
  readonly type: 'better-sqlite3'
  /** Chat's own file, made where there is none. Never the host's own: see `chatFileBeside`. */
  readonly database: string
  /**
   * The driver: a module's name or path, or the module itself. Default: `libsql` where it is installed, otherwise
   * `better-sqlite3`.
   */
  readonly driver?: unknown
  /** Before each table's name. Default: `im_`. */
  readonly tablePrefix?: string
  /**
   * `run` brings the tables up to date at start, once however many processes start together; `check` refuses to start
   * where they are not. Default: `run`.
   */
  readonly migrations?: 'run' | 'check'
  /**
   * Whether the database is worked in threads of its own. Without them every commit makes the event loop wait for the
   * disk, which is for scripts and tests. Default: true.
   */
  readonly worker?: boolean
  /**
   * How much a commit waits for: `full` until it is on disk, `normal` and `off` until the system has taken it, which
   * loses acknowledged messages when the power fails and is reported as a warning. Default: `full`.
   */
  readonly synchronous?: 'full' | 'normal' | 'off'
  /** How long a commit waits for another process's, in ms, before it fails as not stored. Default: 5000. */
  readonly busyTimeoutMs?: number
  /** How long any call may take, in ms, before it fails; what became of it is unknown then. Default: 15000. */
  readonly callTimeoutMs?: number
}

/** Options with every default filled in, plain enough to be handed to a thread. */
export interface SqliteSettings {
  readonly database: string
  readonly driverPath: string
  readonly tablePrefix: string
  readonly migrations: 'run' | 'check'
  readonly worker: boolean
  readonly synchronous: 'full' | 'normal' | 'off'
  readonly busyTimeoutMs: number
  readonly callTimeoutMs: number
}

const known = new Set([
  'type',
  'database',
  'driver',
  'tablePrefix',
  'migrations',
  'worker',
  'synchronous',
  'busyTimeoutMs',
  'callTimeoutMs',
])

/** @throws Error of one line that names the option and the remedy. */
export function checkSqliteOptions(options: SqliteOptions): SqliteSettings {
  refuseUnknown(options, known)
  const {
    database,
    tablePrefix = 'im_',
    migrations = 'run',
    worker = true,
    synchronous = 'full',
    busyTimeoutMs = 5000,
    callTimeoutMs = 15_000,
  } = options
  if (typeof database !== 'string') throw wrong('database', "must be a file's path, such as 'data/app.im.sqlite'")
  if (!isFile(database)) {
    throw wrong('database', `cannot be '${database}': two connections share it; give a file's path`)
  }
  if (typeof tablePrefix !== 'string' || !/^(?:[A-Za-z_][A-Za-z0-9_]{0,31})?$/.test(tablePrefix)) {
    throw wrong('tablePrefix', "must be up to 32 letters, digits and underscores, such as 'im_'")
  }
  if (tablePrefix.toLowerCase().startsWith('sqlite_')) throw wrong('tablePrefix', "must not begin with 'sqlite_'")
  checkMigrations(migrations)
  if (typeof worker !== 'boolean') throw wrong('worker', 'must be true or false')
  if (!['full', 'normal', 'off'].includes(synchronous)) {
    throw wrong('synchronous', "must be 'full', or 'normal' or 'off' where losing messages is allowed")
  }
  ms('busyTimeoutMs', busyTimeoutMs)
  ms('callTimeoutMs', callTimeoutMs)
  if (callTimeoutMs <= busyTimeoutMs) throw wrong('callTimeoutMs', `must be more than busyTimeoutMs (${busyTimeoutMs})`)
  const driverPath = locateDriver(options.driver)
  const file = resolve(database)
  return { database: file, driverPath, tablePrefix, migrations, worker, synchronous, busyTimeoutMs, callTimeoutMs }
}
