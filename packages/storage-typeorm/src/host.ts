// Chat's storage derived from the host's own DataSource: which dialect, which driver, which file.
import type { DataSource } from 'typeorm'
import { chatFileBeside } from './sqlite/chat-file.js'
import type { TypeOrmStorageOptions } from './typeorm-storage.js'

/**
 * Options for a chat file beside the host's SQLite file, under the host's driver; what is given comes first.
 * @throws Error of one line where the host's database is of a kind that is not supported.
 */
export function optionsBeside(host: DataSource, given: Partial<TypeOrmStorageOptions>): TypeOrmStorageOptions {
  const { options } = host
  if (options.type !== 'better-sqlite3') {
    throw new Error(
      `the app's DataSource is of type '${options.type}'; chat is stored in SQLite ('better-sqlite3') so far: give TypeOrmStorageModule.forRoot({ database: 'data/app.im.sqlite' })`,
    )
  }
  // Without a driver the host loads better-sqlite3, which is then the one that is known to work here.
  const driver: unknown = options.driver ?? 'better-sqlite3'
  return { driver, ...given, type: 'better-sqlite3', database: chatFileBeside(options.database) }
}
