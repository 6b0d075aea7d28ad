// Tells two SQLite files apart: the app's own, and chat's beside it.
import { existsSync } from 'node:fs'
import { format, parse } from 'node:path'
import { chatFileBeside } from '../sqlite/chat-file.js'
import { loadDriver, locateDriver } from '../sqlite/driver.js'
import { UsageError } from './terminal.js'

interface SqliteFiles {
  readonly chat: string
  /** The app's own file, which has the outbox; null where it is unknown. */
  readonly app: string | null
}

/**
 * A file is chat's where it has chat's tables, or a name that chat gives its own files. Any other file is the app's.
 * @throws UsageError where it is not a file that can have another beside it
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
