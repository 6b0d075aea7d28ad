// The host closes sessions: of a user, of a device type, of a token that is no longer valid.
//
// The login epoch is raised before anybody looks for sessions: a login that began before either is found, or finds the
// epoch raised and is refused. A session that logged in under the raised epoch came after the kick, and is not meant. So
// a kick may be told as often as one likes, and every node that holds a session of the user is told again until it
// confirms: while presence does not answer, while the bus loses frames, while either has forgotten.
import { type KickReason, type NodeId, RookeryError, type UserId } from '@rookery/protocol'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Presence } from '../../ports/presence.js'
import type { Cluster } from './cluster.js'
import type { Sessions, Which } from './sessions.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'

/** How long the next round waits after the first one, and at most: it doubles while presence does not answer. */
const firstWaitMs = 250
const waitMsMax = 1000
/** While presence may not know all, it is asked again this often, ms: a kick is done within two seconds of its return. */
const againMs = 500
/** Users that one call of presence is asked for. */
const usersMax = 1000

/** What a node knows of presence's memory. */
export interface PresenceMemory {
  /** When this node last noticed that presence had lost what it was told, monotonic ms. */
  readonly sinceMs: number
  /** It would have noticed every loss before this time. */
  readonly asOfMs: number
}

interface Parts {
  readonly remembers: () => PresenceMemory
  readonly sessions: Sessions
  readonly cluster: Cluster
  readonly presence: Pick<Presence, 'locate'>
  readonly writer: Writer
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly timing: Timing
}

/** A kick that other nodes may not have heard of. */
interface Order {
  readonly userId: UserId
  readonly which: Which & { readonly before: number }
  readonly reason: KickReason
  readonly confirmed: Set<NodeId>
  /** When presence first answered, monotonic ms; infinite before. */
  answeredMs: number
  /** When presence was last asked, and named no node that had not confirmed; null while it does name one. */
  quietMs: number | null
}

export class Kicks {
  /** By the login epoch that each raised. */
  private readonly orders = new Map<number, Order>()
  private timer: Timer | null = null
  private waitMs = firstWaitMs
  private isUnanswered = false
  private isStopped = false

  /**
   * What presence does not know of, or has forgotten, nodes tell it within this time, ms. So an order is done once
   * presence names nobody for it that long after it answered, or forgot, and has forgotten nothing before it said so.
   */
  private readonly untoldMs: number

  constructor(private readonly parts: Parts) {
    this.untoldMs = parts.timing.heartbeatMs + waitMsMax
  }

  /**
   * Closes those sessions of a user, on whatever node. Resolves once nothing that began before may log in, this node's
   * sessions are closed, and the other nodes were told for the first time; what did not reach them is told again, however
   * long presence and the bus are away.
   * @throws RookeryError `OVERLOADED` where too many kicks are not confirmed yet; `UNAVAILABLE`
   */
  async close(userId: UserId, which: Which, reason: KickReason): Promise<void> {
    const { writer, clock, timing, limits, sessions, cluster } = this.parts
    if (this.orders.size >= limits.kicks)
      throw new RookeryError('OVERLOADED', 'too many kicks wait for other nodes', { retryAfterMs: waitMsMax })
    const raise = { op: 'raise-login', userId } as const
    const before = await commitOne(writer, clock, timing.sendDeadlineMs, raise, ({ loginEpoch }) => loginEpoch)
    const meant = { ...which, before }
    sessions.closeAll(userId, meant, reason)
    if (cluster.alone || this.isStopped) return
    const order: Order = { userId, which: meant, reason, confirmed: new Set(), answeredMs: Infinity, quietMs: null }
    this.orders.set(before, order)
    // Presence may not know of a session whose node has lost its way to presence.
    cluster.broadcast([{ t: 'close-all', user: userId, which: meant, reason, replyTo: null }])
    await this.tell([order])
    this.schedule()
  }

  /** A node has closed what the kick that raised this login epoch meant there. */
  confirmed(epoch: number, nodeId: NodeId): void {
    this.orders.get(epoch)?.confirmed.add(nodeId)
  }

  /** Tells nobody any more. */
  stop(): void {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
    if (this.orders.size > 0)
      this.parts.logger.warn('kicks are not confirmed by other nodes at the end', { kicks: this.orders.size })
    this.orders.clear()
  }

  private schedule(): void {
    if (this.timer !== null || this.isStopped || this.orders.size === 0) return
    this.timer = this.parts.clock.setTimeout(() => void this.round(), this.waitMs)
  }

  private async round(): Promise<void> {
    const nowMs = this.parts.clock.monotonic()
    const { sinceMs, asOfMs } = this.parts.remembers()
    const orders: Order[] = []
    for (const order of this.orders.values()) {
      const { quietMs } = order
      const lookMs = Math.max(order.answeredMs, sinceMs) + this.untoldMs
      if (quietMs === null || (quietMs < lookMs && nowMs >= Math.min(lookMs, quietMs + againMs))) orders.push(order)
      else if (quietMs >= lookMs && asOfMs > quietMs) this.orders.delete(order.which.before)
    }
    let isAnswered = true
    for (let from = 0; from < orders.length && isAnswered; from += usersMax)
      isAnswered = await this.tell(orders.slice(from, from + usersMax))
    this.waitMs = isAnswered ? firstWaitMs : Math.min(2 * this.waitMs, waitMsMax)
    this.timer = null
    this.schedule()
  }

  /** Tells the nodes that hold a session of these users and have not confirmed; whether presence said which they are. */
  private async tell(orders: readonly Order[]): Promise<boolean> {
    const { presence, logger, clock } = this.parts
    const askedMs = clock.monotonic()
    try {
      const nodesOf = new Map<UserId, Set<NodeId>>()
      for (const { userId, nodeId } of await presence.locate([...new Set(orders.map((order) => order.userId))])) {
        const nodes = nodesOf.get(userId)
        if (nodes === undefined) nodesOf.set(userId, new Set([nodeId]))
        else nodes.add(nodeId)
      }
      for (const order of orders) this.tellOne(order, nodesOf.get(order.userId) ?? new Set(), askedMs)
      this.isUnanswered = false
      return true
    } catch (error) {
      if (!this.isUnanswered)
        logger.error('presence did not tell where kicked users are; it is asked until it does', error)
      this.isUnanswered = true
      return false
    }
  }

  private tellOne(order: Order, holders: ReadonlySet<NodeId>, askedMs: number): void {
    const { cluster } = this.parts
    order.answeredMs = Math.min(order.answeredMs, askedMs)
    const nodes = [...holders].filter((nodeId) => nodeId !== cluster.nodeId && !order.confirmed.has(nodeId))
    const { userId: user, which, reason } = order
    order.quietMs = nodes.length === 0 ? askedMs : null
    if (nodes.length > 0) cluster.tell(nodes, { t: 'close-all', user, which, reason, replyTo: cluster.nodeId })
  }
}
