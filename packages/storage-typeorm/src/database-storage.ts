// The storage port over a database that is opened once, whatever its dialect: what a storage does before it is open and
// after it is closed, and how the port's roles reach the dialect.
import {
  StorageError,
  type Company,
  type ConversationReads,
  type DeviceReads,
  type GroupReads,
  type HeadReads,
  type KeyReads,
  type Maintenance,
  type MemberReads,
  type PushReads,
  type RefusedResult,
  type ResultsOf,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type StorageResult,
  type TimelineReads,
} from '@rookery/core'
import { readsOver, type Read } from './reads.js'
import { lookedUp } from './rows/text.js'

/** A database of one dialect that is open. */
export interface OpenDatabase {
  readonly info: StorageInfo
  readonly read: Read
  /** Commits a batch and answers each operation in the order given. @throws StorageError */
  commit(ops: readonly StorageOp[]): Promise<readonly (StorageResult | RefusedResult)[]>
  readonly maintenance: Maintenance
  /** As `Storage.join` says. */
  join(company: Company): Promise<boolean>
  /** Waits for the calls under way, and closes. */
  close(): Promise<void>
}

export class DatabaseStorage implements Storage {
  readonly timelines: TimelineReads
  readonly heads: HeadReads
  readonly keys: KeyReads
  readonly conversations: ConversationReads
  readonly members: MemberReads
  readonly groups: GroupReads
  readonly devices: DeviceReads
  readonly push: PushReads
  readonly maintenance: Maintenance = {
    trim: async (...args) => this.#opened().maintenance.trim(...args),
    verify: async (...args) => this.#opened().maintenance.verify(...args),
    export: async (userId, step) => this.#opened().maintenance.export(lookedUp(userId), step),
    erase: async (userId, step) => this.#opened().maintenance.erase(lookedUp(userId), step),
    renewEpoch: async (epoch) => this.#opened().maintenance.renewEpoch(epoch),
  }
  #database: OpenDatabase | null = null
  #state: 'new' | 'open' | 'closed' = 'new'

  /** @param open opens the database, or rejects and leaves nothing open */
  constructor(private readonly open: (tell: (line: string) => void) => Promise<OpenDatabase>) {
    const reads = readsOver(async (name, args) => this.#opened().read(name, args))
    this.timelines = reads.timelines
    this.heads = reads.heads
    this.keys = reads.keys
    this.conversations = reads.conversations
    this.members = reads.members
    this.groups = reads.groups
    this.devices = reads.devices
    this.push = reads.push
  }

  async start(tell: (line: string) => void = () => {}): Promise<StorageInfo> {
    if (this.#state !== 'new') throw new StorageError(`start called on a storage that is ${this.#state}`, 'none')
    this.#state = 'closed'
    try {
      this.#database = await this.open(tell)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new StorageError(`the chat database cannot be opened: ${message}`, 'none', { cause: error })
    }
    this.#state = 'open'
    return this.#database.info
  }

  async join(company: Company): Promise<boolean> {
    return this.#opened().join(company)
  }

  async stop(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    await this.#database?.close()
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    return (await this.#opened().commit(ops)) as ResultsOf<Ops>
  }

  #opened(): OpenDatabase {
    if (this.#state === 'open' && this.#database) return this.#database
    throw new StorageError(this.#state === 'new' ? 'storage is not started' : 'storage is closed', 'none')
  }
}
