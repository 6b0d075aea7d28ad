// Finds the database of a command: it turns an address, as apps write it, into options of the storage.
import { existsSync } from 'node:fs'
import type { TypeOrmStorageOptions } from '../typeorm-storage.js'
import type { Given } from './arguments.js'
import { sqliteFiles } from './sqlite-files.js'
import { UsageError, type Terminal } from './terminal.js'

/** The timeout of a command's calls, ms. It is long, because no client waits for their answers. */
const callTimeoutMs = 60_000

/**
 * @param mayBeNew whether a SQLite file may be missing
 * @throws UsageError where none is named, or it cannot be one
 */
export function storageOptions(given: Given, { env }: Terminal, mayBeNew: boolean): TypeOrmStorageOptions {
  const isGiven = given.database !== undefined
  const address = given.database ?? env['DATABASE_URL'] ?? ''
  const [, scheme = '', rest = ''] = /^(\w+):(.*)$/s.exec(address) ?? []
  const tables = given['table-prefix'] === undefined ? {} : { tablePrefix: given['table-prefix'] }
  const { schema, driver } = given
  if (scheme !== 'sqlite' && driver !== undefined) throw new UsageError('--driver is for SQLite alone')
  if (!/^postgres(?:ql)?$/.test(scheme) && schema !== undefined)
    throw new UsageError('--schema is for PostgreSQL alone')
  const shared = { ...tables, callTimeoutMs }
  if (scheme === 'sqlite' && rest !== '') {
    const app = given['app-database']
    // Where the command line names the app's own file too, this one is chat's.
    const isChat = app !== undefined && app !== address
    const database = isChat ? rest : sqliteFiles(rest, given['table-prefix'] ?? 'im_', driver).chat
    if (!mayBeNew && !existsSync(database))
      throw new UsageError(`there is no file ${existsSync(rest) ? database : rest}`)
    return { type: 'better-sqlite3', database, ...shared, ...(driver === undefined ? {} : { driver }) }
  }
  if (rest.startsWith('//')) {
    const server = { url: address, applicationName: 'rookery command', writers: 1, readers: 1, ...shared }
    if (/^postgres(?:ql)?$/.test(scheme))
      return { type: 'postgres', ...server, ...(schema === undefined ? {} : { schema }) }
    if (scheme === 'mysql' || scheme === 'mariadb') return { type: scheme, ...server }
  }
  if (address === '')
    throw new UsageError('say which database: --database URL, or the environment variable DATABASE_URL')
  // The message repeats only the scheme: the rest of an address may contain a password.
  throw new UsageError(
    `${isGiven ? '--database' : 'DATABASE_URL'} must be sqlite:PATH, postgres://…, mysql://… or mariadb://…, not '${address.split(':', 1)[0]}…'`,
  )
}
