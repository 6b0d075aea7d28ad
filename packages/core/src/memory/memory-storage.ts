// The storage port in memory: a connection to a MemoryDatabase, one for each node that shares it.
import type { UserId } from '../model/ids.js'
import {
  StorageError,
  type ConversationReads,
  type DeviceReads,
  type MemberReads,
  type ResultsOf,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type TimelineReads,
} from '../ports/storage.js'
import { apply } from './commit.js'
import { conversationReads } from './conversation-reads.js'
import { MemoryDatabase } from './memory-database.js'
import type { Tables } from './rows.js'
import { timelineReads } from './timeline-reads.js'

export interface MemoryStorageOptions {
  /** What is shared with other instances; one of its own where left out. */
  readonly database?: MemoryDatabase
}

/** Keeps everything until the process ends: for tests, and for trying things out. */
export class MemoryStorage implements Storage {
  readonly database: MemoryDatabase
  readonly timelines: TimelineReads
  readonly conversations: ConversationReads
  readonly members: MemberReads
  readonly devices: DeviceReads
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(options: MemoryStorageOptions = {}) {
    this.database = options.database ?? new MemoryDatabase()
    const tables = (): Tables => this.#tables()
    this.timelines = timelineReads(tables)
    this.conversations = conversationReads(tables)
    this.members = memberReads(tables)
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

function memberReads(tables: () => Tables): MemberReads {
  return {
    async access(conversationId, userId) {
      const row = tables().conversations.get(conversationId)
      if (row === undefined || (userId !== null && !row.members.has(userId))) return null
      return {
        conversationId,
        kind: row.kind,
        users: row.kind === 'c2c' ? [...row.members.keys()] : [],
        subject: row.subject,
        version: row.version,
        seq: row.messages.length,
        floor: 0,
      }
    },
    async sharing(userId, others) {
      const now = tables()
      const mine = now.users.get(userId)?.conversations ?? new Set()
      return others.filter((other) => shareOne(now, mine, userId, other))
    },
  }
}

function shareOne(tables: Tables, mine: ReadonlySet<string>, userId: UserId, other: UserId): boolean {
  const theirs = tables.users.get(other)?.conversations
  if (!theirs) return false
  // With oneself one shares only a conversation with oneself.
  if (userId === other) return [...mine].some((id) => tables.conversations.get(id)?.members.size === 1)
  const [few, many] = mine.size < theirs.size ? [mine, theirs] : [theirs, mine]
  for (const conversationId of few) if (many.has(conversationId)) return true
  return false
}
