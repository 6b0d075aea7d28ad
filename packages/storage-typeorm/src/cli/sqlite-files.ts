// Which of two SQLite files is meant: the app's own, or chat's beside it.
import { existsSync } from 'node:fs'
import { format, parse } from 'node:path'
import { chatFileBeside } from '../sqlite/chat-file.js'
import { loadDriver, locateDriver } from '../sqlite/driver.js'
import { UsageError } from './terminal.js'

export interface SqliteFiles {
  readonly chat: string
  /** The app's own, in which the outbox stands; null where it cannot be told. */
  readonly app: string | null
}

/**
 * A file that holds chat's tables is chat's, and so is one that is named as chat names its own; any other is the app's.
 * @throws UsageError where it cannot have a file beside it
 */
export function sqliteFiles(path: string, tablePrefix: string, driver: string | undefined): SqliteFiles {
  let beside: string
  try {
    beside = chatFileBeside(path)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  if (existsSync(beside)) return { chat: beside, app: path }
  const { dir, name, ext } = parse(path)
  if (name.endsWith('.im')) {
    const app = format({ dir, name: name.slice(0, -'.im'.length), ext })
    return { chat: path, app: existsSync(app) ? app : null }
  }
  return holdsChat(path, `${tablePrefix}meta`, driver) ? { chat: path, app: null } : { chat: beside, app: path }
}

function holdsChat(path: string, table: string, driver: string | undefined): boolean {
  if (!existsSync(path)) return false
  const db = new (loadDriver(locateDriver(driver)))(path, { timeout: 1000 })
  try {
    return db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?").all([table]).length > 0
  } finally {
    db.close()
  }
}
