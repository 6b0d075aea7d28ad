// The storage port on SQLite, as the event loop sees it: two threads, one that writes and one that reads. Nothing here
// waits for the disk or a lock.
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
import { maintenanceOver } from '../maintenance/calls.js'
import { openChannel, type Channel } from './channel.js'
import type { SqliteSettings } from './options.js'
import { queries, type ArgsOf, type QueryName, type ResultOf } from './reading/queries.js'
import type { Query } from './reading/query.js'
import { maintenanceCall } from './maintaining.js'
import { packOps, unpackResults } from './wire.js'

export class SqliteStorage implements Storage {
  readonly #writing: Channel
  readonly #reading: Channel
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(settings: SqliteSettings) {
    this.#writing = openChannel('write', settings)
    this.#reading = openChannel('read', settings)
  }

  readonly timelines: TimelineReads = {
    inbox: (userId, after, limit) => this.#read('inbox', { userId, after, limit }),
    messages: (conversationId, range) => this.#read('messages', { conversationId, range }),
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

  readonly maintenance: Maintenance = maintenanceOver(async (text, writes) => {
    this.#assertOpen()
    return (writes ? this.#writing : this.#reading).call(maintenanceCall, text)
  })

  async start(): Promise<StorageInfo> {
    if (this.#state !== 'new') throw new StorageError(`start called on a storage that is ${this.#state}`, 'none')
    this.#state = 'closed'
    try {
      // The reader's thread loads while the writer's opens the file, which may have to be made.
      const writing = this.#writing.open()
      const [info] = await Promise.all([writing, this.#reading.open(writing)])
      this.#state = 'open'
      return info
    } catch (error) {
      await Promise.all([this.#writing.close(), this.#reading.close()])
      const message = error instanceof Error ? error.message : String(error)
      throw new StorageError(`the chat database cannot be opened: ${message}`, 'none', { cause: error })
    }
  }

  async stop(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    // The writer last: whoever closes last copies the log into the file and removes it.
    await this.#reading.close()
    await this.#writing.close()
  }

  async commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    this.#assertOpen()
    return unpackResults(await this.#writing.call('commit', packOps(ops))) as ResultsOf<Ops>
  }

  async #read<Name extends QueryName>(name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>> {
    this.#assertOpen()
    const raw: unknown = JSON.parse(await this.#reading.call(name, JSON.stringify(args)))
    const definition = queries[name] as unknown as Query<ArgsOf<Name>, unknown, ResultOf<Name>>
    return definition.decode(raw, args)
  }

  #assertOpen(): void {
    if (this.#state === 'open') return
    throw new StorageError(this.#state === 'new' ? 'storage is not started' : 'storage is closed', 'none')
  }
}
