// The storage port on MySQL and MariaDB: connections that write, connections that read, and what is between them and the
// port.
import {
  StorageError,
  type ConversationReads,
  type DeviceReads,
  type GroupReads,
  type Maintenance,
  type MemberReads,
  type ResultsOf,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type TimelineReads,
} from '@rookery/core'
import { Failover } from '../failover.js'
import { refuseHandedOn, type Visit } from '../handed-on.js'
import { maintenanceOf } from '../maintenance/calls.js'
import { Pool } from '../pool.js'
import { lookedUp } from '../rows/text.js'
import { loadDriver, type Driver } from './driver.js'
import { readServer } from './durability.js'
import { isOfTheServer } from './faults.js'
import { Link, type LinkConfig } from './link.js'
import { MysqlMaintaining } from './maintaining.js'
import { migrate } from './migrate.js'
import type { MysqlSettings } from './options.js'
import type { ArgsOf, QueryName, ResultOf } from './reading/queries.js'
import { Reader } from './reading/reader.js'
import { frameOf, sessionOf } from './session.js'
import { Sql } from './sql.js'
import { mysqlTablesOf } from './tables.js'
import { Writer } from './writing/writer.js'

interface Open {
  readonly failover: Failover
  readonly maintaining: Pool<Link>
  readonly maintenance: Maintenance
  readonly writing: Pool<Link>
  readonly reading: Pool<Link>
  readonly writer: Writer
  readonly reader: Reader
}

/** Until the server has told what it takes. */
const packetBytesMin = 1 << 20

export class MysqlStorage implements Storage {
  #open: Open | null = null
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(private readonly settings: MysqlSettings) {}

  readonly timelines: TimelineReads = {
    inbox: (userId, after, limit) => this.#read('inbox', { userId, after, limit }),
    messages: (conversationId, range) => this.#read('messages', { conversationId, range }),
    timeline: (userId, conversationId, after, limit) =>
      this.#read('timeline', { userId, conversationId, after, limit }),
    follows: (userId) => this.#read('follows', { userId }),
    followsAfter: (userId, after, limit) => this.#read('followsAfter', { userId, after, limit }),
    heads: (userIds) => this.#read('heads', { userIds }),
    conversationHeads: (conversationIds) => this.#read('conversationHeads', { conversationIds }),
    reactions: (userId, messages) => this.#read('reactions', { userId, messages }),
    entryAt: (userId, seq) => this.#read('entryAt', { userId, seq }),
    key: (from, clientMsgId) => this.#read('key', { from, clientMsgId }),
    loginEpoch: () => this.#read('loginEpoch', null),
  }
  readonly conversations: ConversationReads = {
    views: (userId, conversationIds) => this.#read('views', { userId, conversationIds }),
    list: (userId, after, limit) => this.#read('list', { userId, after, limit }),
  }
  readonly members: MemberReads = {
    access: (conversationId, userId) => this.#read('access', { conversationId, userId }),
    sharing: (userId, others) => this.#read('sharing', { userId, others }),
    readers: (conversationId, seq, after, limit) => this.#read('readers', { conversationId, seq, after, limit }),
  }
  readonly groups: GroupReads = {
    group: (groupId) => this.#read('group', { groupId }),
    roster: (groupId) => this.#read('roster', { groupId }),
    memberships: (groupId, userIds) => this.#read('memberships', { groupId, userIds }),
    members: (groupId, after, limit) => this.#read('members', { groupId, after, limit }),
    memberOf: (userId, after, limit) => this.#read('memberOf', { userId, after, limit }),
    owned: (userId) => this.#read('owned', { userId }),
  }
  readonly devices: DeviceReads = {
    list: (userIds) => this.#read('devices', { userIds }),
  }
  readonly maintenance: Maintenance = {
    trim: async (...args) => this.#opened().maintenance.trim(...args),
    verify: async (...args) => this.#opened().maintenance.verify(...args),
    export: async (userId, step) => this.#opened().maintenance.export(lookedUp(userId), step),
    erase: async (userId, step) => this.#opened().maintenance.erase(lookedUp(userId), step),
    renewEpoch: async (epoch) => this.#opened().maintenance.renewEpoch(epoch),
  }

  async start(tell: (line: string) => void = () => {}): Promise<StorageInfo> {
    if (this.#state !== 'new') throw new StorageError(`start called on a storage that is ${this.#state}`, 'none')
    this.#state = 'closed'
    try {
      const driver = await loadDriver()
      const sql = new Sql(mysqlTablesOf(this.settings.tablePrefix), driver)
      const { packetBytes, ...info } = await this.#prepare(driver, sql, tell)
      this.#open = this.#pools(driver, sql, packetBytes)
      this.#state = 'open'
      return info
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new StorageError(`the chat database cannot be opened: ${message}`, 'none', { cause: error })
    }
  }

  async stop(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    await this.#open?.reading.close()
    await this.#open?.writing.close()
    await this.#open?.maintaining.close()
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    const { writer, failover } = this.#opened()
    const results = await writer.commit(ops)
    failover.committed()
    return results as ResultsOf<Ops>
  }

  /** Looks at the server and its tables over a connection of its own, which is closed again. */
  async #prepare(
    driver: Driver,
    sql: Sql,
    tell: (line: string) => void,
  ): Promise<StorageInfo & { readonly packetBytes: number }> {
    const { settings } = this
    const { callTimeoutMs } = settings
    await this.#refuseHandedOn(driver)
    const link = await Link.open(driver, this.#link('write', packetBytesMin))
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

  /** Before anything is set. */
  async #refuseHandedOn(driver: Driver): Promise<void> {
    const { callTimeoutMs } = this.settings
    const bare = { ...this.#link('write', packetBytesMin), session: [] }
    const links: Link[] = []
    const visit = async (): Promise<Visit> => {
      const link = await Link.open(driver, bare)
      links.push(link)
      const ask = async (sql: string): Promise<unknown> => (await link.ask([sql], callTimeoutMs))[0]?.[0]?.[0]
      return {
        // The bare function is answered by some poolers themselves.
        session: () => ask('SELECT CONNECTION_ID() + 0'),
        begin: () => ask('START TRANSACTION'),
        commit: () => ask('COMMIT'),
      }
    }
    try {
      await refuseHandedOn(await visit(), await visit())
    } finally {
      await Promise.all(links.map((link) => link.close()))
    }
  }

  #pools(driver: Driver, sql: Sql, packetBytes: number): Open {
    const { settings } = this
    const { writers, readers, callTimeoutMs } = settings
    const [toWrite, toRead] = [this.#link('write', packetBytes), this.#link('read', packetBytes)]
    const failover = new Failover(() => [writing, reading, maintaining])
    const failed = (error: unknown): void => (isOfTheServer(error) ? failover.found() : undefined)
    const writing = new Pool(() => Link.open(driver, toWrite), writers, failed)
    const reading = new Pool(() => Link.open(driver, toRead), readers)
    const maintaining = new Pool(() => Link.open(driver, toWrite), 1, failed)
    const frame = frameOf(settings)
    return {
      failover,
      writing,
      reading,
      maintaining,
      writer: new Writer(writing, sql, { callTimeoutMs, frame, packetBytes }),
      reader: new Reader(reading, sql, callTimeoutMs),
      maintenance: maintenanceOf(new MysqlMaintaining(maintaining, sql, frame, callTimeoutMs)),
    }
  }

  #link(role: 'write' | 'read', packetBytes: number): LinkConfig {
    const { address, connectTimeoutMs, applicationName } = this.settings
    const session = sessionOf(this.settings, role)
    return { address, connectTimeoutMs, session, applicationName, packetBytes: packetBytes - 65_536 }
  }

  async #read<Name extends QueryName>(name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>> {
    return this.#opened().reader.read(name, args)
  }

  #opened(): Open {
    if (this.#state === 'open' && this.#open) return this.#open
    throw new StorageError(this.#state === 'new' ? 'storage is not started' : 'storage is closed', 'none')
  }
}
