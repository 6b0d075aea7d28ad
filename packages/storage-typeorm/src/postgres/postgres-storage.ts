// The storage port on PostgreSQL: connections that write, connections that read, and what is between them and the port.
import type { Storage, StorageInfo } from '@rookery/core'
import { DatabaseStorage, type OpenDatabase } from '../database-storage.js'
import { refuseHandedOn } from '../handed-on.js'
import { maintenanceOf } from '../maintenance/calls.js'
import { tablesOf } from '../rows/tables.js'
import { ServerPools } from '../server-pools.js'
import { lockFor } from './company.js'
import { loadDriver, type PgClientClass } from './driver.js'
import { readDurability } from './durability.js'
import { isOfTheServer } from './faults.js'
import { Link, type LinkOptions } from './link.js'
import { PostgresMaintaining } from './maintaining.js'
import { migrate } from './migrate.js'
import { functionsOf } from './migrations/functions.js'
import type { PostgresSettings } from './options.js'
import { Reader } from './reading/reader.js'
import { sessionOf } from './session.js'
import { refuseLeftBehind } from './standing.js'
import { readingStatements, writingStatements } from './statements.js'
import { Writer } from './writing/writer.js'

export const postgresStorage = (settings: PostgresSettings): Storage =>
  new DatabaseStorage(async (tell) => {
    const driver = await loadDriver()
    return open(driver, settings, await prepare(driver, settings, tell))
  })

/** Checks the server and its tables over its own connection, and closes that. */
async function prepare(
  driver: PgClientClass,
  settings: PostgresSettings,
  tell: (line: string) => void,
): Promise<StorageInfo> {
  const { tablePrefix, callTimeoutMs } = settings
  const tables = tablesOf(tablePrefix)
  const options = linkOptions(settings, 'write', {})
  // Before anything is set.
  await refuseHandedOn(
    () => Link.open(driver, { ...options, session: '' }),
    (link) => {
      const ask = async (sql: string): Promise<unknown[]> => (await link.rows(sql, [], callTimeoutMs)).flat()
      return {
        session: async () => (await ask('SELECT pg_backend_pid()'))[0],
        begin: () => ask('BEGIN'),
        commit: () => ask('COMMIT'),
      }
    },
  )
  const link = await Link.open(driver, options)
  try {
    const warnings = await readDurability(link, callTimeoutMs)
    const [weakness] = warnings
    if (weakness !== undefined && settings.durability === 'refuse') throw new Error(weakness)
    const { options: given, ...withoutOptions } = settings.address
    if (settings.schema === null && given !== undefined) {
      const without = (): Promise<Link> => Link.open(driver, { ...options, address: withoutOptions })
      await refuseLeftBehind(link, without, tables, callTimeoutMs)
    }
    await migrate(link, settings, tables, functionsOf(tablePrefix), tell)
    const [row] = (await link.query(`SELECT epoch FROM ${tables.meta}`, [], callTimeoutMs)) as { epoch: string }[]
    if (!row) throw new Error(`${tables.meta} is empty: the tables were not made by this package, or were damaged`)
    return { epoch: row.epoch, warnings }
  } finally {
    await link.close()
  }
}

function open(driver: PgClientClass, settings: PostgresSettings, info: StorageInfo): OpenDatabase {
  const { tablePrefix, callTimeoutMs } = settings
  const tables = tablesOf(tablePrefix)
  const toWrite = linkOptions(settings, 'write', writingStatements(tables, functionsOf(tablePrefix)))
  const toRead = linkOptions(settings, 'read', readingStatements(tables))
  const toMaintain = linkOptions(settings, 'write', {})
  const pools = new ServerPools(
    {
      write: () => Link.open(driver, toWrite),
      read: () => Link.open(driver, toRead),
      maintain: () => Link.open(driver, toMaintain),
    },
    settings,
    isOfTheServer,
  )
  const writer = new Writer(pools.writing, callTimeoutMs)
  const reader = new Reader(pools.reading, callTimeoutMs)
  let lock: Link | null = null
  return {
    info,
    read: (name, args) => reader.read(name, args),
    async commit(ops) {
      const results = await writer.commit(ops)
      pools.committed()
      return results
    },
    maintenance: maintenanceOf(new PostgresMaintaining(pools.maintaining, tables, callTimeoutMs)),
    async join(company) {
      lock ??= await lockFor(driver, toMaintain, tables.meta, company, callTimeoutMs)
      return lock !== null
    },
    async close() {
      await pools.close()
      await lock?.close()
    },
  }
}

const linkOptions = (
  settings: PostgresSettings,
  role: 'write' | 'read',
  statements: LinkOptions['statements'],
): LinkOptions => ({
  address: settings.address,
  connectTimeoutMs: settings.connectTimeoutMs,
  session: sessionOf(settings, role),
  statements,
})
