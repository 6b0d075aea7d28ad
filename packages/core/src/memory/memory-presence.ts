// Presence in memory: for one node, and for several in one process that share the object.
import type { NodeId, UserId } from '@rookery/protocol'
import type { Clock } from '../ports/clock.js'
import type { Login, NodeInfo, Presence, Renewed, SlotHolder } from '../ports/presence.js'

/** One unbroken lease of a node. A lease that ran out is over for good: what was taken under it counts no more. */
interface Lease {
  node: NodeInfo
  untilMs: number
}

interface Slot {
  readonly holder: SlotHolder
  /** Null where the node held no lease when it took the slot. */
  readonly lease: Lease | null
  /** When its holder logged in, monotonic ms. */
  readonly sinceMs: number
}

interface Watcher {
  readonly nodeId: NodeId
  readonly boot: string
  readonly users: ReadonlySet<UserId>
}

export class MemoryPresence implements Presence {
  readonly #clock: Clock
  readonly #slots = new Map<UserId, Map<string, Slot>>()
  /** By node and boot, so that a node and the process that was it before never touch one another's. */
  readonly #leases = new Map<string, Lease>()
  readonly #watchers = new Map<string, Watcher>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async claim(
    holder: SlotHolder,
  ): Promise<{ readonly displaced: SlotHolder | null; readonly watchers: readonly NodeId[] }> {
    const before = this.#slotsOf(holder.userId).get(holder.slot)
    this.#take(holder, this.#clock.monotonic())
    const displaced = before && this.#lives(before) && !isSame(before.holder, holder) ? before.holder : null
    return { displaced, watchers: this.#watchersOf([holder.userId]) }
  }

  async release(holders: readonly SlotHolder[]): Promise<readonly NodeId[]> {
    for (const holder of holders) {
      const slots = this.#slots.get(holder.userId)
      const taken = slots?.get(holder.slot)
      if (!slots || !taken || !isSame(taken.holder, holder)) continue
      slots.delete(holder.slot)
      if (slots.size === 0) this.#slots.delete(holder.userId)
    }
    return this.#watchersOf(holders.map((holder) => holder.userId))
  }

  async renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]): Promise<Renewed> {
    const key = keyOf(node)
    const nowMs = this.#clock.monotonic()
    const untilMs = nowMs + leaseMs
    const lease = this.#leaseOf(node)
    if (lease) {
      lease.node = node
      lease.untilMs = untilMs
    } else {
      // Set anew, so that the map keeps the order in which leases began.
      this.#leases.delete(key)
      this.#leases.set(key, { node, untilMs })
    }
    const lost = logins.flatMap(({ holder, since }) => {
      const taken = this.#slotsOf(holder.userId).get(holder.slot)
      const isOwn = taken !== undefined && isSame(taken.holder, holder)
      const sinceMs = isOwn ? taken.sinceMs : Math.min(since, nowMs)
      if (taken && !isOwn && this.#lives(taken) && taken.sinceMs >= sinceMs) return [holder]
      this.#take(holder, sinceMs)
      return []
    })
    return { lost, now: nowMs }
  }

  async locate(userIds: readonly UserId[]): Promise<readonly SlotHolder[]> {
    const found: SlotHolder[] = []
    for (const userId of new Set(userIds)) {
      for (const slot of this.#slots.get(userId)?.values() ?? []) if (this.#lives(slot)) found.push(slot.holder)
    }
    return found
  }

  async watch(nodeId: NodeId, boot: string, userIds: readonly UserId[]): Promise<void> {
    const key = keyOf({ nodeId, boot })
    if (userIds.length === 0) this.#watchers.delete(key)
    else this.#watchers.set(key, { nodeId, boot, users: new Set(userIds) })
  }

  async nodes(): Promise<readonly NodeInfo[]> {
    // A node that was started again while its predecessor's lease still runs is one node: the later one.
    const byId = new Map<NodeId, NodeInfo>()
    for (const lease of this.#leases.values()) if (this.#runs(lease)) byId.set(lease.node.nodeId, lease.node)
    return [...byId.values()]
  }

  async leave(nodeId: NodeId, boot: string): Promise<void> {
    const key = keyOf({ nodeId, boot })
    const lease = this.#leases.get(key)
    if (lease) lease.untilMs = -Infinity
    this.#leases.delete(key)
    this.#watchers.delete(key)
  }

  async stop(): Promise<void> {}

  #slotsOf(userId: UserId): Map<string, Slot> {
    let slots = this.#slots.get(userId)
    if (!slots) this.#slots.set(userId, (slots = new Map()))
    return slots
  }

  #take(holder: SlotHolder, sinceMs: number): void {
    this.#slotsOf(holder.userId).set(holder.slot, {
      holder: Object.freeze({ ...holder }),
      lease: this.#leaseOf(holder),
      sinceMs,
    })
  }

  #leaseOf(of: { readonly nodeId: NodeId; readonly boot: string }): Lease | null {
    const lease = this.#leases.get(keyOf(of))
    return lease && this.#runs(lease) ? lease : null
  }

  #runs(lease: Lease): boolean {
    return lease.untilMs > this.#clock.monotonic()
  }

  #lives(slot: Slot): boolean {
    return slot.lease !== null && this.#runs(slot.lease)
  }

  #watchersOf(userIds: readonly UserId[]): NodeId[] {
    const nodes = new Set<NodeId>()
    for (const watcher of this.#watchers.values()) {
      if (userIds.some((userId) => watcher.users.has(userId)) && this.#leaseOf(watcher)) nodes.add(watcher.nodeId)
    }
    return [...nodes]
  }
}

/** JSON, so that no two pairs of ids make one key. */
const keyOf = ({ nodeId, boot }: { readonly nodeId: NodeId; readonly boot: string }): string =>
  JSON.stringify([nodeId, boot])

const isSame = (a: SlotHolder, b: SlotHolder): boolean =>
  a.sessionId === b.sessionId && a.nodeId === b.nodeId && a.boot === b.boot
