// The presence that all nodes share, over one node's own connection to it. It may lose all its data.
import { type Clock, type Login, MemoryPresence, type NodeInfo, type Presence, type SlotHolder } from '@rookery/core'
import type { Remote } from './remote.js'

/** The service itself. */
export class PresenceService {
  now: Presence

  constructor(private readonly clock: Clock) {
    this.now = new MemoryPresence(clock)
  }

  /** Loses all data, as after a flush, or a restart of a service that stores nothing. */
  forget(): void {
    this.now = new MemoryPresence(this.clock)
  }
}

export class RemotePresence implements Presence {
  constructor(
    private readonly service: PresenceService,
    private readonly remote: Remote,
  ) {}

  claim(holder: SlotHolder) {
    return this.remote.call(() => this.service.now.claim(holder))
  }
  release(holders: readonly SlotHolder[]) {
    return this.remote.call(() => this.service.now.release(holders))
  }
  renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]) {
    return this.remote.call(() => this.service.now.renew(node, leaseMs, logins))
  }
  locate(userIds: readonly string[]) {
    return this.remote.call(() => this.service.now.locate(userIds))
  }
  watch(nodeId: string, boot: string, userIds: readonly string[]) {
    return this.remote.call(() => this.service.now.watch(nodeId, boot, userIds))
  }
  nodes() {
    return this.remote.call(() => this.service.now.nodes())
  }
  leave(nodeId: string, boot: string) {
    return this.remote.call(() => this.service.now.leave(nodeId, boot))
  }
  async stop(): Promise<void> {}
}
