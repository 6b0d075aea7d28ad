// What a host may choose on SQLite, its defaults, and one clear line for each mistake.
import { option } from '@rookery/core'
import { resolve } from 'node:path'
import { migrations, ms, storageWords } from '../declared.js'
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

/** Options with every default filled in, plain enough to be handed to a thread. */
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
