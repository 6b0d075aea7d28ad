// The storage port on MySQL and MariaDB: connections that write, connections that read, and the code between them and
// the port.
import type { Storage, StorageInfo } from '@rookery/core'
import { DatabaseStorage, type OpenDatabase } from '../database-storage.js'
import { refuseHandedOn } from '../handed-on.js'
import { maintenanceOf } from '../maintenance/calls.js'
import { ServerPools } from '../server-pools.js'
import { lockFor } from './company.js'
import { loadDriver, type Driver } from './driver.js'
import { readServer } from './durability.js'
import { isOfTheServer } from './faults.js'
import { Link, type LinkConfig } from './link.js'
import { MysqlMaintaining } from './maintaining.js'
import { migrate } from './migrate.js'
import type { MysqlSettings } from './options.js'
import { Reader } from './reading/reader.js'
import { frameOf, sessionOf } from './session.js'
import { Sql } from './sql.js'
import { mysqlTablesOf } from './tables.js'
import { Writer } from './writing/writer.js'

interface Prepared extends StorageInfo {
  /** The largest packet that the server takes. */
  readonly packetBytes: number
}

/** Used until the server has reported its own limit. */
const packetBytesMin = 1 << 20

export const mysqlStorage = (settings: MysqlSettings): Storage =>
  new DatabaseStorage(async (tell) => {
    const driver = await loadDriver()
    const sql = new Sql(mysqlTablesOf(settings.tablePrefix), driver)
    return open(driver, sql, settings, await prepare(driver, sql, settings, tell))
  })

/** Checks the server and its tables over its own connection, and closes that. */
async function prepare(
  driver: Driver,
  sql: Sql,
  settings: MysqlSettings,
  tell: (line: string) => void,
): Promise<Prepared> {
  const { callTimeoutMs } = settings
  const config = linkConfig(settings, 'write', packetBytesMin)
  // Before anything is set.
  await refuseHandedOn(
    () => Link.open(driver, { ...config, session: [] }),
    (link) => {
      const ask = async (statement: string): Promise<unknown> =>
        (await link.ask([statement], callTimeoutMs))[0]?.[0]?.[0]
      return {
        // Some poolers answer the bare function themselves.
        session: () => ask('SELECT CONNECTION_ID() + 0'),
        begin: () => ask('START TRANSACTION'),
        commit: () => ask('COMMIT'),
      }
    },
  )
  const link = await Link.open(driver, config)
  try {
    const { warnings, packetBytes } = await readServer(link, callTimeoutMs)
    const [weakness] = warnings
    if (weakness !== undefined && settings.durability === 'refuse') throw new Error(weakness)
    await migrate(link, sql, settings, tell)
    const [rows] = await link.ask([`SELECT epoch FROM ${sql.t.meta}`], callTimeoutMs)
    const epoch = rows?.[0]?.[0]
    if (typeof epoch !== 'string') {
      throw new Error(`${sql.t.meta} is empty: the tables were not made by this package, or were damaged`)
    }
    return { epoch, warnings, packetBytes }
  } finally {
    await link.close()
  }
}

function open(driver: Driver, sql: Sql, settings: MysqlSettings, { packetBytes, ...info }: Prepared): OpenDatabase {
  const { callTimeoutMs } = settings
  const [toWrite, toRead] = [linkConfig(settings, 'write', packetBytes), linkConfig(settings, 'read', packetBytes)]
  const write = (): Promise<Link> => Link.open(driver, toWrite)
  const pools = new ServerPools(
    { write, read: () => Link.open(driver, toRead), maintain: write },
    settings,
    isOfTheServer,
  )
  const frame = frameOf(settings)
  const writer = new Writer(pools.writing, sql, { callTimeoutMs, frame, packetBytes })
  const reader = new Reader(pools.reading, sql, callTimeoutMs)
  let lock: Link | null = null
  return {
    info,
    read: (name, args) => reader.read(name, args),
    async commit(ops) {
      const results = await writer.commit(ops)
      pools.committed()
      return results
    },
    maintenance: maintenanceOf(new MysqlMaintaining(pools.maintaining, sql, frame, callTimeoutMs)),
    async join(company) {
      lock ??= await lockFor(driver, toWrite, sql.t.meta, company, callTimeoutMs)
      return lock !== null
    },
    async close() {
      await pools.close()
      await lock?.close()
    },
  }
}

function linkConfig(settings: MysqlSettings, role: 'write' | 'read', packetBytes: number): LinkConfig {
  const { address, connectTimeoutMs, applicationName } = settings
  const session = sessionOf(settings, role)
  return { address, connectTimeoutMs, session, applicationName, packetBytes: packetBytes - 65_536 }
}
