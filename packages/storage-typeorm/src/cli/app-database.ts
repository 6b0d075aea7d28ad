// Finds the database of the app's own DataSource, in which the outbox is made. It is chat's database, unless the
// command line names another.
import type { DataSourceOptions } from 'typeorm'
import { loadDriver, locateDriver } from '../sqlite/driver.js'
import type { Given } from './arguments.js'
import { sqliteFiles } from './sqlite-files.js'
import { UsageError, type Terminal } from './terminal.js'

/**
 * @param given the command line, with a checked address of chat's database
 * @returns null where chat's own file was named, and none of the app is beside it
 * @throws UsageError
 */
export function appDatabase(given: Given, { env }: Terminal): DataSourceOptions | null {
  const named = given['app-database']
  const address = named ?? given.database ?? env['DATABASE_URL'] ?? ''
  const [, scheme = '', rest = ''] = /^(\w+):(.*)$/s.exec(address) ?? []
  const schema = given['app-schema'] ?? (named === undefined ? given.schema : undefined)
  if (scheme === 'sqlite' && rest !== '') {
    const database = named === undefined ? sqliteFiles(rest, given['table-prefix'] ?? 'im_', given.driver).app : rest
    return database === null
      ? null
      : { type: 'better-sqlite3', database, driver: loadDriver(locateDriver(given.driver)) }
  }
  if (rest.startsWith('//')) {
    if (/^postgres(?:ql)?$/.test(scheme))
      return { type: 'postgres', url: address, ...(schema === undefined ? {} : { schema }) }
    if (scheme === 'mysql' || scheme === 'mariadb')
      return { type: scheme, url: address, connectorPackage: 'mysql2' } as DataSourceOptions
  }
  throw new UsageError(
    `--app-database must be sqlite:PATH, postgres://…, mysql://… or mariadb://…, not '${address.split(':', 1)[0]}…'`,
  )
}
