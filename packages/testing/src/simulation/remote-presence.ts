// The presence that all nodes share, over one node's own connection to it. It may lose all its data, or what it was told last.
import { type Clock, type Login, MemoryPresence, type NodeInfo, type Presence, type SlotHolder } from '@rookery/core'
import type { Remote } from './remote.js'

/** The service itself. */
export class PresenceService {
  now: MemoryPresence
  /** When it last lost something that it was told, monotonic ms. */
  lostAtMs = -Infinity
  #replica: MemoryPresence | null = null
  #eras = 0

  constructor(private readonly clock: Clock) {
    this.now = new MemoryPresence(clock, this.#nextEra())
  }

  /** Loses all data; its clock goes on. */
  flush(): void {
    this.lostAtMs = this.clock.monotonic()
    const { now } = this
    this.now = new MemoryPresence(this.clock, now.reign)
  }

  /** Starts anew, as a service that stores nothing. */
  restart(): void {
    this.lostAtMs = this.clock.monotonic()
    this.now = new MemoryPresence(this.clock, this.#nextEra())
  }

  /** A replica hears nothing more from here on. */
  stopReplicating(): void {
    this.#replica ??= this.now.replica(this.#nextEra())
  }

  /** The replica takes over; what presence was told since `stopReplicating` is lost. */
  failOver(): void {
    this.lostAtMs = this.clock.monotonic()
    if (this.#replica !== null) this.now = this.#replica
    this.#replica = null
  }

  /** Every server's clock is another one. */
  #nextEra(): { readonly era: string; readonly aheadMs: number } {
    const n = this.#eras++
    return { era: `era${n}`, aheadMs: n % 2 === 0 ? n * 1_000_000 : -n * 1000 }
  }
}

export class RemotePresence implements Presence {
  constructor(
    private readonly service: PresenceService,
    private readonly remote: Remote,
  ) {}

  async start(): Promise<void> {}
  claim(login: Login) {
    return this.remote.call(() => this.service.now.claim(login))
  }
  release(holders: readonly SlotHolder[]) {
    return this.remote.call(() => this.service.now.release(holders))
  }
  renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]) {
    // Late, it would extend the lease of a dead node by as much.
    return this.remote.call(() => this.service.now.renew(node, leaseMs, logins), false)
  }
  locate(userIds: readonly string[]) {
    return this.remote.call(() => this.service.now.locate(userIds))
  }
  watch(nodeId: string, boot: string, added: readonly string[], removed: readonly string[]) {
    return this.remote.call(() => this.service.now.watch(nodeId, boot, added, removed))
  }
  nodes() {
    return this.remote.call(() => this.service.now.nodes())
  }
  leave(nodeId: string, boot: string) {
    return this.remote.call(() => this.service.now.leave(nodeId, boot))
  }
  async stop(): Promise<void> {}
}
