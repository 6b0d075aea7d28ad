// The storage port on PostgreSQL: connections that write, connections that read, and what is between them and the port.
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
import { tablesOf } from '../rows/tables.js'
import { lookedUp } from '../rows/text.js'
import { loadDriver, type PgClientClass } from './driver.js'
import { readDurability } from './durability.js'
import { Link, type LinkOptions } from './link.js'
import { isOfTheServer } from './faults.js'
import { migrate } from './migrate.js'
import { PostgresMaintaining } from './maintaining.js'
import { functionsOf } from './migrations/functions.js'
import type { PostgresSettings } from './options.js'
import type { ArgsOf, QueryName, ResultOf } from './reading/queries.js'
import { Reader } from './reading/reader.js'
import { sessionOf } from './session.js'
import { refuseLeftBehind } from './standing.js'
import { readingStatements, writingStatements } from './statements.js'
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

export class PostgresStorage implements Storage {
  #open: Open | null = null
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(private readonly settings: PostgresSettings) {}

  readonly timelines: TimelineReads = {
    inbox: (userId, after, limit) => this.#read('inbox', { userId, after, limit }),
    messages: (conversationId, { reader, ...range }) => {
      const isForward = range.after !== undefined && range.before === undefined
      return reader === undefined
        ? this.#read(isForward ? 'messagesAfter' : 'messagesBefore', { conversationId, range })
        : this.#read(isForward ? 'seenAfter' : 'seenBefore', { conversationId, range, reader })
    },
    heads: (userIds) => this.#read('heads', { userIds }),
    timeline: (userId, conversationId, after, limit) =>
      this.#read('timeline', { userId, conversationId, after, limit }),
    follows: (userId) => this.#read('follows', { userId }),
    followsAfter: (userId, after, limit) => this.#read('followsAfter', { userId, after, limit }),
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
      const info = await this.#prepare(driver, tell)
      this.#open = this.#pools(driver)
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
  async #prepare(driver: PgClientClass, tell: (line: string) => void): Promise<StorageInfo> {
    const { settings } = this
    const { tablePrefix, callTimeoutMs } = settings
    const tables = tablesOf(tablePrefix)
    await this.#refuseHandedOn(driver)
    const link = await Link.open(driver, this.#link('write', {}))
    try {
      const warnings = await readDurability(link, callTimeoutMs)
      const [weakness] = warnings
      if (weakness !== undefined && settings.durability === 'refuse') throw new Error(weakness)
      const { options, ...withoutOptions } = settings.address
      if (settings.schema === null && options !== undefined) {
        const without = (): Promise<Link> => Link.open(driver, { ...this.#link('write', {}), address: withoutOptions })
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

  /** Before anything is set. */
  async #refuseHandedOn(driver: PgClientClass): Promise<void> {
    const { callTimeoutMs } = this.settings
    const bare = { ...this.#link('write', {}), session: '' }
    const links: Link[] = []
    const visit = async (): Promise<Visit> => {
      const link = await Link.open(driver, bare)
      links.push(link)
      const ask = async (sql: string): Promise<unknown[]> => (await link.rows(sql, [], callTimeoutMs)).flat()
      return {
        session: async () => (await ask('SELECT pg_backend_pid()'))[0],
        begin: () => ask('BEGIN'),
        commit: () => ask('COMMIT'),
      }
    }
    try {
      await refuseHandedOn(await visit(), await visit())
    } finally {
      await Promise.all(links.map((link) => link.close()))
    }
  }

  #pools(driver: PgClientClass): Open {
    const { tablePrefix, writers, readers, callTimeoutMs } = this.settings
    const toWrite = this.#link('write', writingStatements(tablesOf(tablePrefix), functionsOf(tablePrefix)))
    const toRead = this.#link('read', readingStatements(tablesOf(tablePrefix)))
    const failover = new Failover(() => [writing, reading, maintaining])
    const failed = (error: unknown): void => (isOfTheServer(error) ? failover.found() : undefined)
    const writing = new Pool(() => Link.open(driver, toWrite), writers, failed)
    const reading = new Pool(() => Link.open(driver, toRead), readers)
    const [writer, reader] = [new Writer(writing, callTimeoutMs), new Reader(reading, callTimeoutMs)]
    const toMaintain = this.#link('write', {})
    const maintaining = new Pool(() => Link.open(driver, toMaintain), 1, failed)
    const maintenance = maintenanceOf(new PostgresMaintaining(maintaining, tablesOf(tablePrefix), callTimeoutMs))
    return { failover, writing, reading, maintaining, writer, reader, maintenance }
  }

  #link(role: 'write' | 'read', statements: LinkOptions['statements']): LinkOptions {
    const { address, connectTimeoutMs } = this.settings
    return { address, connectTimeoutMs, session: sessionOf(this.settings, role), statements }
  }

  async #read<Name extends QueryName>(name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>> {
    return this.#opened().reader.read(name, args)
  }

  #opened(): Open {
    if (this.#state === 'open' && this.#open) return this.#open
    throw new StorageError(this.#state === 'new' ? 'storage is not started' : 'storage is closed', 'none')
  }
}
