// Presence in memory: for one node, and for several in one process that share the object.
import type { NodeId, UserId } from '../model/ids.js'
import type { Clock } from '../ports/clock.js'
import type { NodeInfo, Presence, SlotHolder } from '../ports/presence.js'

interface Lease {
  readonly node: NodeInfo
  readonly untilMs: number
}

/** The lease of a node that took a slot before its first renewal. */
const firstLeaseMs = 30_000

export class MemoryPresence implements Presence {
  private readonly slots = new Map<UserId, Map<string, SlotHolder>>()
  private readonly leases = new Map<NodeId, Lease>()
  private readonly watching = new Map<NodeId, { readonly boot: string; readonly users: ReadonlySet<UserId> }>()

  constructor(private readonly clock: Clock) {}

  async claim(holder: SlotHolder): Promise<{ displaced: SlotHolder | null; watchers: readonly NodeId[] }> {
    if (!this.lives(holder)) {
      const node = { nodeId: holder.nodeId, boot: holder.boot, url: null, sessions: 0 }
      this.leases.set(holder.nodeId, { node, untilMs: this.clock.monotonic() + firstLeaseMs })
    }
    const slots = this.slotsOf(holder.userId)
    const before = slots.get(holder.slot)
    slots.set(holder.slot, holder)
    const displaced = before !== undefined && !isSame(before, holder) && this.lives(before) ? before : null
    return { displaced, watchers: this.watchersOf([holder.userId]) }
  }

  async release(holders: readonly SlotHolder[]): Promise<readonly NodeId[]> {
    for (const holder of holders) {
      const slots = this.slots.get(holder.userId)
      const now = slots?.get(holder.slot)
      if (now !== undefined && isSame(now, holder)) slots!.delete(holder.slot)
      if (slots?.size === 0) this.slots.delete(holder.userId)
    }
    return this.watchersOf(holders.map(({ userId }) => userId))
  }

  async renew(node: NodeInfo, leaseMs: number, holders: readonly SlotHolder[]): Promise<readonly SlotHolder[]> {
    this.leases.set(node.nodeId, { node, untilMs: this.clock.monotonic() + leaseMs })
    const lost: SlotHolder[] = []
    for (const holder of holders) {
      const slots = this.slotsOf(holder.userId)
      const now = slots.get(holder.slot)
      if (now !== undefined && !isSame(now, holder) && this.lives(now)) lost.push(holder)
      else slots.set(holder.slot, holder)
    }
    return lost
  }

  async locate(userIds: readonly UserId[]): Promise<readonly SlotHolder[]> {
    const found: SlotHolder[] = []
    for (const userId of userIds)
      for (const holder of this.slots.get(userId)?.values() ?? []) if (this.lives(holder)) found.push(holder)
    return found
  }

  async watch(nodeId: NodeId, boot: string, userIds: readonly UserId[]): Promise<void> {
    if (userIds.length === 0) this.watching.delete(nodeId)
    else this.watching.set(nodeId, { boot, users: new Set(userIds) })
  }

  async nodes(): Promise<readonly NodeInfo[]> {
    const now = this.clock.monotonic()
    return [...this.leases.values()].filter(({ untilMs }) => untilMs > now).map(({ node }) => node)
  }

  async leave(nodeId: NodeId, boot: string): Promise<void> {
    if (this.leases.get(nodeId)?.node.boot === boot) this.leases.delete(nodeId)
    if (this.watching.get(nodeId)?.boot === boot) this.watching.delete(nodeId)
  }

  async stop(): Promise<void> {}

  private slotsOf(userId: UserId): Map<string, SlotHolder> {
    let slots = this.slots.get(userId)
    if (slots === undefined) this.slots.set(userId, (slots = new Map()))
    return slots
  }

  /** Whether the lease of the node, as it was started then, runs. */
  private lives({ nodeId, boot }: { readonly nodeId: NodeId; readonly boot: string }): boolean {
    const lease = this.leases.get(nodeId)
    return lease !== undefined && lease.node.boot === boot && lease.untilMs > this.clock.monotonic()
  }

  private watchersOf(userIds: readonly UserId[]): NodeId[] {
    const nodes: NodeId[] = []
    for (const [nodeId, { boot, users }] of this.watching)
      if (this.lives({ nodeId, boot }) && userIds.some((userId) => users.has(userId))) nodes.push(nodeId)
    return nodes
  }
}

const isSame = (a: SlotHolder, b: SlotHolder): boolean =>
  a.sessionId === b.sessionId && a.nodeId === b.nodeId && a.boot === b.boot
