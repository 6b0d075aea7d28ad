// Presence in memory: for one node, and for several in one process that share the object.
import type { NodeId, UserId } from '@rookery/protocol'
import type { Clock } from '../ports/clock.js'
import type {
  Claimed,
  Located,
  Login,
  Lost,
  NodeInfo,
  Presence,
  PresenceTime,
  Renewed,
  SlotHolder,
} from '../ports/presence.js'

/** One unbroken lease of a node. A lease that ran out is over for good: what was taken under it counts no more. */
interface Lease {
  node: NodeInfo
  untilMs: number
}

interface Slot {
  readonly holder: SlotHolder
  /** Null where the node held no lease when it took the slot. */
  readonly lease: Lease | null
  /** When its login began. */
  readonly since: PresenceTime
  heardAt: number
}

interface Watcher {
  readonly nodeId: NodeId
  readonly boot: string
  readonly users: Set<UserId>
}

/** Whose presence it is. */
interface Reign {
  readonly era: string
  /** How far its time is ahead of the clock's. */
  readonly aheadMs: number
}

export class MemoryPresence implements Presence {
  readonly #clock: Clock
  readonly reign: Reign
  readonly #slots = new Map<UserId, Map<string, Slot>>()
  /** By node and boot, so that a node and the process that was it before never touch one another's. */
  readonly #leases = new Map<string, Lease>()
  readonly #watchers = new Map<string, Watcher>()

  constructor(clock: Clock, reign: Reign = { era: 'memory', aheadMs: 0 }) {
    this.#clock = clock
    this.reign = reign
  }

  /** Another presence that holds what this one holds now, as a replica does that takes over: in another era, by another clock. */
  replica(reign: Reign): MemoryPresence {
    const copy = new MemoryPresence(this.#clock, reign)
    const leases = new Map<Lease, Lease>()
    for (const [key, lease] of this.#leases) {
      leases.set(lease, { ...lease })
      copy.#leases.set(key, leases.get(lease)!)
    }
    for (const [userId, slots] of this.#slots)
      for (const [name, slot] of slots) {
        const lease = slot.lease && (leases.get(slot.lease) ?? null)
        copy.#slotsOf(userId).set(name, { ...slot, lease })
      }
    for (const [key, watcher] of this.#watchers) copy.#watchers.set(key, { ...watcher, users: new Set(watcher.users) })
    return copy
  }

  /** It forgets nothing while the process lives. */
  async start(): Promise<void> {}

  async claim(login: Login): Promise<Claimed> {
    const { holder } = login
    const time = this.#time()
    const watchers = this.#watchersOf([holder.userId])
    if (login.since.era !== time.era) return { displaced: null, later: null, watchers, time }
    const before = this.#slotsOf(holder.userId).get(holder.slot)
    const later = this.#take(login)
    if (later !== null) return { displaced: null, later, watchers, time }
    const isDisplaced =
      before !== undefined && before.since.era === time.era && this.#lives(before) && !isSame(before.holder, holder)
    return { displaced: isDisplaced ? before.holder : null, later: null, watchers, time }
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
    const time = this.#time()
    const untilMs = this.#clock.monotonic() + leaseMs
    const lease = this.#leaseOf(node)
    if (lease) {
      lease.node = node
      lease.untilMs = untilMs
    } else {
      // Set anew, so that the map keeps the order in which leases began.
      this.#leases.delete(key)
      this.#leases.set(key, { node, untilMs })
    }
    const lost = logins.flatMap((login): Lost[] => {
      const { holder, since } = login
      const later = since.era === time.era ? this.#take(login) : null
      return later === null ? [] : [{ holder, later }]
    })
    return { lost, began: lease === null, time }
  }

  async locate(userIds: readonly UserId[]): Promise<readonly Located[]> {
    const found: Located[] = []
    for (const userId of new Set(userIds))
      for (const slot of this.#slots.get(userId)?.values() ?? [])
        if (this.#lives(slot)) found.push({ ...slot.holder, heardAt: slot.heardAt })
    return found
  }

  async watch(nodeId: NodeId, boot: string, added: readonly UserId[], removed: readonly UserId[]): Promise<void> {
    const key = keyOf({ nodeId, boot })
    const users = this.#watchers.get(key)?.users ?? new Set<UserId>()
    for (const userId of removed) users.delete(userId)
    for (const userId of added) users.add(userId)
    if (users.size === 0) this.#watchers.delete(key)
    else this.#watchers.set(key, { nodeId, boot, users })
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

  #time(): PresenceTime {
    const { era, aheadMs } = this.reign
    return { era, ms: this.#clock.monotonic() + aheadMs }
  }

  #slotsOf(userId: UserId): Map<string, Slot> {
    let slots = this.#slots.get(userId)
    if (!slots) this.#slots.set(userId, (slots = new Map()))
    return slots
  }

  /** Gives the login its slot, unless a later one holds it; then answers that one. */
  #take({ holder, since, heardAt }: Login): SlotHolder | null {
    const slots = this.#slotsOf(holder.userId)
    const taken = slots.get(holder.slot)
    const isOwn = taken !== undefined && taken.since.era === since.era && isSame(taken.holder, holder)
    if (taken && !isOwn && this.#lives(taken) && isLater(taken, since, holder)) return taken.holder
    slots.set(holder.slot, {
      holder: Object.freeze({ ...holder }),
      lease: this.#leaseOf(holder),
      since: isOwn ? taken.since : since,
      heardAt,
    })
    return null
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

/** Whether the holder of a slot began later than a login of the present era. */
const isLater = (taken: Slot, since: PresenceTime, holder: SlotHolder): boolean =>
  taken.since.era === since.era &&
  (taken.since.ms > since.ms || (taken.since.ms === since.ms && taken.holder.sessionId > holder.sessionId))
