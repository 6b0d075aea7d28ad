// The storage port in memory: a connection to a MemoryDatabase. Each node that shares the database has its own.
import {
  StorageError,
  type ConversationReads,
  type DeviceReads,
  type GroupReads,
  type HeadReads,
  type KeyReads,
  type Maintenance,
  type MemberReads,
  type PushReads,
  type ResultsOf,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type TimelineReads,
} from '../ports/storage.js'
import { apply } from './commit.js'
import { conversationReads } from './conversation-reads.js'
import { maintenance } from './maintenance.js'
import { headReads } from './head-reads.js'
import { groupReads, memberReads } from './member-reads.js'
import { MemoryDatabase } from './memory-database.js'
import { pushReads } from './push.js'
import type { Tables } from './rows.js'
import { timelineReads } from './timeline-reads.js'

export interface MemoryStorageOptions {
  /** The database to share with other instances. Default: a new one. */
  readonly database?: MemoryDatabase
}

/** Keeps everything until the process ends: for tests and first trials. */
export class MemoryStorage implements Storage {
  readonly database: MemoryDatabase
  readonly timelines: TimelineReads
  readonly heads: HeadReads
  readonly keys: KeyReads
  readonly conversations: ConversationReads
  readonly members: MemberReads
  readonly groups: GroupReads
  readonly devices: DeviceReads
  readonly push: PushReads
  readonly maintenance: Maintenance
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(options: MemoryStorageOptions = {}) {
    this.database = options.database ?? new MemoryDatabase()
    const tables = (): Tables => this.#tables()
    this.timelines = timelineReads(tables)
    this.heads = headReads(tables)
    this.keys = {
      async find(from, clientMsgId) {
        const { users, systemKeys } = tables()
        return (from === null ? systemKeys : users.get(from)?.keys)?.get(clientMsgId) ?? null
      },
    }
    this.conversations = conversationReads(tables)
    this.members = memberReads(tables)
    this.groups = groupReads(tables)
    this.maintenance = maintenance(tables)
    this.push = pushReads(tables)
    this.devices = {
      async list(userIds) {
        const { users } = tables()
        return userIds.flatMap((userId) => [...(users.get(userId)?.devices.values() ?? [])])
      },
    }
  }

  async start(): Promise<StorageInfo> {
    if (this.#state !== 'new') throw new StorageError(`start called on a storage that is ${this.#state}`, 'none')
    this.#state = 'open'
    return {
      epoch: this.database.tables.epoch,
      warnings: ['memory storage forgets everything when the process ends: use a database storage to keep messages'],
    }
  }

  async stop(): Promise<void> {
    this.#state = 'closed'
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    const tables = this.#tables()
    return ops.map((op) => apply(tables, op)) as ResultsOf<Ops>
  }

  #tables(): Tables {
    if (this.#state === 'open') return this.database.tables
    throw new StorageError(this.#state === 'new' ? 'storage is not started' : 'storage is closed', 'none')
  }
}
