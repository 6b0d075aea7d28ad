// Chat has its own file beside the host's, because two writers on one file would make each other's transactions fail.
import { format, parse } from 'node:path'

/**
 * The file chat uses beside a host's SQLite file: `data/app.sqlite` → `data/app.im.sqlite`.
 * @throws Error of one line where the host's database is not a file.
 */
export function chatFileBeside(hostFile: string): string {
  if (!isFile(hostFile)) {
    throw new Error(
      `database: the host's SQLite database is '${hostFile}', which has no place beside it; name a file for chat, such as 'data/app.im.sqlite'`,
    )
  }
  const { dir, name, ext } = parse(hostFile)
  return format({ dir, name: `${name}.im`, ext: ext === '' ? '.sqlite' : ext })
}

/**
 * Whether this names a file that two connections can share. A database in memory, a temporary database and a URI are no
 * such files.
 */
export const isFile = (database: string): boolean =>
  database !== '' && !database.startsWith(':') && !/^file:/i.test(database)
