// The options of a host on SQLite, with their defaults, and one clear line for each mistake.
import { option } from '@rookery/core'
import { resolve } from 'node:path'
import { migrations, ms, storageWords } from '../declared.js'
import { isFile } from './chat-file.js'
import { locateDriver } from './driver.js'

export interface SqliteOptions {
  /** The kind of database, as TypeORM names it. */
  readonly type: 'better-sqlite3'
  /** Chat's own file; it is made if it is missing. Never the host's own file: see `chatFileBeside`. */
  readonly database: string
  /**
   * The driver: a module's name or path, or the module itself. Default: `libsql` if it is installed, otherwise
   * `better-sqlite3`.
   */
  readonly driver?: unknown
  /** The prefix of each table's name. Default: `im_`. */
  readonly tablePrefix?: string
  /**
   * `run` brings the tables up to date at start, once, even if many processes start together. `check` refuses to start
   * if they are not up to date. Default: `run`.
   */
  readonly migrations?: 'run' | 'check'
  /**
   * Whether the database runs in its own threads. Without them every commit makes the event loop wait for the disk: use
   * that for scripts and tests only. Default: true.
   */
  readonly worker?: boolean
  /**
   * What a commit waits for. `full`: the data is on disk. `normal` and `off`: the operating system has the data; then a
   * power failure loses acknowledged messages, and a warning says so. Default: `full`.
   */
  readonly synchronous?: 'full' | 'normal' | 'off'
  /** How long a commit waits for another process's, in ms, before it fails as not stored. Default: 5000. */
  readonly busyTimeoutMs?: number
  /** How long any call may take, in ms, before it fails. Its outcome is unknown then. Default: 15000. */
  readonly callTimeoutMs?: number
}

const declared = {
  type: option.anything<SqliteOptions['type']>(),
  database: option.passing<string>(
    (value) => typeof value === 'string' && isFile(value),
    (value) =>
      typeof value === 'string'
        ? `cannot be '${value}': two connections share it; give a file's path`
        : "must be a file's path, such as 'data/app.im.sqlite'",
  ),
  driver: option.optional(option.anything()),
  tablePrefix: option.standard(
    'im_',
    option.text(/^(?!sqlite_)(?:[A-Z_][A-Z0-9_]{0,31})?$/i, (value) =>
      /^sqlite_/i.test(String(value))
        ? "must not begin with 'sqlite_'"
        : "must be up to 32 letters, digits and underscores, such as 'im_'",
    ),
  ),
  migrations,
  worker: option.standard(true, option.flag('must be true or false')),
  synchronous: option.standard(
    'full',
    option.oneOf(['full', 'normal', 'off'], "must be 'full', or 'normal' or 'off' where losing messages is allowed"),
  ),
  busyTimeoutMs: option.standard(5000, ms),
  callTimeoutMs: option.standard(15_000, ms),
} satisfies option.Options<SqliteOptions>

export const sqliteOptionNames: readonly string[] = Object.keys(declared)

/** The options with their defaults, plain enough to be sent to a thread. */
export interface SqliteSettings extends Omit<option.ValuesOf<typeof declared>, 'type' | 'driver'> {
  readonly driverPath: string
}

/** @throws Error of one line that names the option and the remedy. */
export function checkSqliteOptions(options: SqliteOptions): SqliteSettings {
  const { type: _, driver, database, ...settings } = option.read(declared, options, storageWords)
  const { busyTimeoutMs, callTimeoutMs } = settings
  if (callTimeoutMs <= busyTimeoutMs)
    throw storageWords.wrong('callTimeoutMs', `must be more than busyTimeoutMs (${busyTimeoutMs})`)
  return { ...settings, database: resolve(database), driverPath: locateDriver(driver) }
}
