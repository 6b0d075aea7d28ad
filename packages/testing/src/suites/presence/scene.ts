// The scene of one case: two nodes with their presence, and ids that no other case uses.
import type { NodeId, UserId } from '@rookery/protocol'
import { type Login, type NodeInfo, type Presence, type Renewed, type SlotHolder, SystemRandom } from '@rookery/core'
import type { PresenceSubject } from './subject.js'

const random = new SystemRandom()

/**
 * Logins of one case follow one another, however fast the clock goes: each begins a microsecond later than the clock says.
 * It begins anew with each case, so that no login is ahead of presence's time.
 */
interface Order {
  ms: number
}

/** A node of the case: `renew` renews its lease, `claim` claims for its sessions. */
export class SceneNode {
  constructor(
    readonly nodeId: NodeId,
    readonly boot: string,
    readonly presence: Presence,
    private readonly leaseMs: number,
    private readonly order: Order,
  ) {}

  get info(): NodeInfo {
    return { nodeId: this.nodeId, boot: this.boot, url: null, sessions: 0, takesClients: true }
  }

  /** Renews the lease alone. */
  renewLease(given: Partial<NodeInfo> = {}): Promise<Renewed> {
    return this.presence.renew({ ...this.info, ...given }, this.leaseMs, [])
  }

  /** A login that began so long ago. */
  async login(holder: SlotHolder, agoMs = 0, heardAt = holder.at): Promise<Login> {
    const { era, ms } = (await this.renewLease()).time
    this.order.ms += 0.001
    return { holder, since: { era, ms: ms - agoMs + this.order.ms }, heardAt }
  }

  /** Renews sessions that logged in long ago, unless the case says when; answers those that lost their slot. */
  async renew(
    holders: readonly SlotHolder[] = [],
    given: Partial<NodeInfo> = {},
    agoMs = this.leaseMs * 100,
  ): Promise<readonly SlotHolder[]> {
    const logins: Login[] = []
    for (const holder of holders) logins.push(await this.login(holder, agoMs))
    const { lost } = await this.presence.renew({ ...this.info, ...given }, this.leaseMs, logins)
    return lost.map(({ holder }) => holder)
  }

  async claim(holder: SlotHolder): Promise<SlotHolder | null> {
    return (await this.presence.claim(await this.login(holder))).displaced
  }

  /** Who is there, without what changes with every renewal. */
  async locate(userIds: readonly UserId[]): Promise<readonly SlotHolder[]> {
    return (await this.presence.locate(userIds)).map(({ heardAt: _, ...holder }) => holder)
  }

  leave(): Promise<void> {
    return this.presence.leave(this.nodeId, this.boot)
  }
}

export class PresenceScene {
  readonly #mark = random.id()
  readonly #order: Order = { ms: 0 }
  readonly #running = new Set<Presence>()
  #sessions = 0

  private constructor(
    private readonly subject: PresenceSubject,
    readonly leaseMs: number,
  ) {
    this.#running.add(subject.presence)
  }

  static async open(subject: PresenceSubject, leaseMs: number): Promise<PresenceScene> {
    return new PresenceScene(subject, leaseMs)
  }

  async close(): Promise<void> {
    for (const presence of this.#running) await presence.stop()
    await this.subject.dispose()
  }

  user = (name: string): UserId => `${name}.${this.#mark}`

  /** Makes a node whose lease has just begun. */
  async node(name: string, boot = `boot-1`): Promise<SceneNode> {
    const presence = (await this.subject.another?.()) ?? this.subject.presence
    this.#running.add(presence)
    const node = new SceneNode(`${name}.${this.#mark}`, boot, presence, this.leaseMs, this.#order)
    await presence.start(() => {})
    await node.renew()
    return node
  }

  /** Makes a session of a user on a node, in the slot `phone` unless the case names another. */
  session(node: SceneNode, userId: UserId, given: Partial<SlotHolder> = {}): SlotHolder {
    this.#sessions += 1
    return {
      userId,
      slot: 'phone',
      deviceType: 'phone',
      deviceId: `device-${this.#sessions}`,
      instance: null,
      sessionId: `session-${String(this.#sessions).padStart(4, '0')}.${this.#mark}`,
      nodeId: node.nodeId,
      boot: node.boot,
      at: 1_750_000_000_000 + this.#sessions,
      ...given,
    }
  }

  /** Lets a lease run out, and renews those that must stay. */
  async outlive(...staying: readonly SceneNode[]): Promise<void> {
    const steps = 6
    for (let step = 0; step < steps; step += 1) {
      await this.subject.elapse((this.leaseMs * 1.5) / steps)
      for (const node of staying) await node.renew()
    }
  }

  /** Presence loses all that it knows. */
  forget(): Promise<void> {
    return this.subject.forget!()
  }

  /** Another server takes presence over, and knows what the one before it knew. */
  takeOver(): Promise<void> {
    return this.subject.takeOver!()
  }

  elapse(ms: number): Promise<void> {
    return this.subject.elapse(ms)
  }
}

/** Session ids, sorted: `locate` promises no order. */
export const sessionsOf = (holders: readonly SlotHolder[]): string[] =>
  holders.map((holder) => holder.sessionId).toSorted()
