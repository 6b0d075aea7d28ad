// The storage that all nodes share, over one node's own connection to it.
import { type ResultsOf, type Storage, StorageError, type StorageInfo, type StorageOp } from '@rookery/core'
import type { Remote } from './remote.js'

export const storageError = (outcome: string): StorageError =>
  new StorageError(`the call was made to fail: ${outcome}`, outcome === 'none' ? 'none' : 'unknown')

export class RemoteStorage implements Storage {
  readonly timelines: Storage['timelines']
  readonly heads: Storage['heads']
  readonly keys: Storage['keys']
  readonly conversations: Storage['conversations']
  readonly members: Storage['members']
  readonly groups: Storage['groups']
  readonly devices: Storage['devices']
  readonly push: Storage['push']
  readonly maintenance: Storage['maintenance']

  constructor(
    private readonly inner: Storage,
    private readonly remote: Remote,
  ) {
    const { timelines, heads, keys, conversations, members, groups, devices, push, maintenance } = inner
    this.timelines = {
      inbox: (...args) => remote.call(() => timelines.inbox(...args)),
      timeline: (...args) => remote.call(() => timelines.timeline(...args)),
      messages: (...args) => remote.call(() => timelines.messages(...args)),
      reactions: (...args) => remote.call(() => timelines.reactions(...args)),
      entryAt: (...args) => remote.call(() => timelines.entryAt(...args)),
    }
    this.heads = {
      users: (...args) => remote.call(() => heads.users(...args)),
      conversations: (...args) => remote.call(() => heads.conversations(...args)),
      follows: (...args) => remote.call(() => heads.follows(...args)),
      followsAfter: (...args) => remote.call(() => heads.followsAfter(...args)),
      loginEpoch: (...args) => remote.call(() => heads.loginEpoch(...args)),
    }
    this.keys = { find: (...args) => remote.call(() => keys.find(...args)) }
    this.conversations = {
      views: (...args) => remote.call(() => conversations.views(...args)),
      list: (...args) => remote.call(() => conversations.list(...args)),
    }
    this.members = {
      access: (...args) => remote.call(() => members.access(...args)),
      sharing: (...args) => remote.call(() => members.sharing(...args)),
      readers: (...args) => remote.call(() => members.readers(...args)),
    }
    this.groups = {
      group: (...args) => remote.call(() => groups.group(...args)),
      roster: (...args) => remote.call(() => groups.roster(...args)),
      memberships: (...args) => remote.call(() => groups.memberships(...args)),
      members: (...args) => remote.call(() => groups.members(...args)),
      memberOf: (...args) => remote.call(() => groups.memberOf(...args)),
      owned: (...args) => remote.call(() => groups.owned(...args)),
    }
    this.maintenance = {
      trim: (...args) => remote.call(() => maintenance.trim(...args)),
      verify: (...args) => remote.call(() => maintenance.verify(...args)),
      export: (...args) => remote.call(() => maintenance.export(...args)),
      erase: (...args) => remote.call(() => maintenance.erase(...args)),
      renewEpoch: (...args) => remote.call(() => maintenance.renewEpoch(...args)),
    }
    this.push = {
      list: (...args) => remote.call(() => push.list(...args)),
      behind: (...args) => remote.call(() => push.behind(...args)),
    }
    this.devices = { list: (...args) => remote.call(() => devices.list(...args)) }
  }

  start(): Promise<StorageInfo> {
    return this.inner.start()
  }

  stop(): Promise<void> {
    return this.inner.stop()
  }

  commit<const Ops extends readonly StorageOp[]>(ops: Ops): Promise<ResultsOf<Ops>> {
    return this.remote.call(() => this.inner.commit(ops))
  }
}
