// Which database a command works on: from an address as apps write it to the options of the storage.
import { existsSync } from 'node:fs'
import type { TypeOrmStorageOptions } from '../typeorm-storage.js'
import type { Given } from './arguments.js'
import { sqliteFiles } from './sqlite-files.js'
import { UsageError, type Terminal } from './terminal.js'

/** A call of a command may take so long, ms: nobody waits for its answer. */
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
    // Where the app's own is named, this one is chat's.
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
  // Only the scheme is repeated: the rest of an address may hold a password.
  throw new UsageError(
    `${isGiven ? '--database' : 'DATABASE_URL'} must be sqlite:PATH, postgres://…, mysql://… or mariadb://…, not '${address.split(':', 1)[0]}…'`,
  )
}
