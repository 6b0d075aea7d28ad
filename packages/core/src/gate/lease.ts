// The node's lease with presence. A short tick extends it, whatever the heartbeat does beside it, and costs the same
// however many sessions there are. A tick also finds out that presence has forgotten this node, has begun another era, or
// was away: then the node tells it everything again.
import type { NodeId } from '@rookery/protocol'
import type { Timing } from '../options/limits.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Claimed, Login, Presence, Renewed } from '../ports/presence.js'
import type { PresenceMemory } from '../logic/delivery/kicks.js'
import { PresenceClock } from './presence-clock.js'

/** While presence does not answer, the node asks again after this time. */
const retryMs = 500

interface Parts {
  readonly nodeId: NodeId
  readonly boot: string
  readonly url: string | null
  readonly presence: Presence
  readonly sessions: () => number
  readonly takesClients: () => boolean
  /** Presence knows nothing, or not all, of this node. */
  readonly forgot: (wasGone: boolean) => void
  /** Presence answered a renewal. */
  readonly answered: () => void
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
}

export class Lease {
  readonly time = new PresenceClock()
  private timer: Timer | null = null
  private isStopped = true
  /** Since when renewals fail, monotonic ms; null while they succeed. */
  private awaySinceMs: number | null = null
  private hasBegun = false
  private isTicking = false
  /** The last renewal: one goes after the other, so that none tells last what the node was before. */
  private renewing: Promise<void> = Promise.resolve()
  /** When this process was last seen running, monotonic ms. */
  private pulseMs = Infinity
  private hasStoodStill = false
  private memory: PresenceMemory = { sinceMs: -Infinity, asOfMs: -Infinity }

  constructor(private readonly parts: Parts) {}

  /** @param tick renews the lease, with what else presence has to be told soon */
  start(tick: () => Promise<void>): void {
    this.isStopped = false
    this.pulseMs = this.parts.clock.monotonic()
    this.schedule(tick)
  }

  /** How long presence has not answered, ms; 0 while it does. */
  get awayMs(): number {
    return this.awaySinceMs === null ? 0 : Math.max(1, this.parts.clock.monotonic() - this.awaySinceMs)
  }

  private get isAway(): boolean {
    return this.awaySinceMs !== null
  }

  /**
   * The process stood still for as long as its lease lasts, and has not asked presence since. Other nodes may hold by now
   * what it held, so it delivers nothing. It does deliver while it runs and presence is away.
   */
  get isInDoubt(): boolean {
    const { clock, timing } = this.parts
    this.hasStoodStill ||= clock.monotonic() - this.pulseMs >= timing.leaseMs
    return this.hasStoodStill
  }

  /** What this node knows of presence's memory. */
  get remembers(): PresenceMemory {
    return this.memory
  }

  /** Presence has lost what it was told, or may have. */
  forgotten(wasGone = false): void {
    this.memory = { ...this.memory, sinceMs: this.parts.clock.monotonic() }
    this.parts.forgot(wasGone)
  }

  /** Presence was told of all sessions, and answered which of them go; or it does not answer. */
  settled(): void {
    this.hasStoodStill = false
    this.pulseMs = this.parts.clock.monotonic()
  }

  stop(): void {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
  }

  /**
   * Extends the lease, and tells presence of these logins.
   * @throws whatever presence does
   */
  renew(logins: readonly Login[]): Promise<Renewed> {
    const renewed = this.renewing.then(() => this.renewNow(logins))
    this.renewing = renewed.then(
      () => {},
      () => {},
    )
    return renewed
  }

  private async renewNow(logins: readonly Login[]): Promise<Renewed> {
    const { presence, nodeId, boot, url, timing, logger } = this.parts
    const sentMs = this.parts.clock.monotonic()
    const node = { nodeId, boot, url, sessions: this.parts.sessions(), takesClients: this.parts.takesClients() }
    try {
      const renewed = await this.timed(() => presence.renew(node, timing.leaseMs, logins))
      if (this.isAway) logger.info('presence answers again', { node: nodeId })
      const { asOfMs } = this.memory
      const isKnown = !this.hasBegun || !renewed.began
      if (this.isAway || !isKnown) this.forgotten(!isKnown && sentMs - asOfMs >= timing.leaseMs)
      this.awaySinceMs = null
      this.memory = { ...this.memory, asOfMs: sentMs }
      this.parts.answered()
      this.hasBegun = true
      return renewed
    } catch (error) {
      if (!this.isAway) logger.error('presence does not answer; this node serves its own sessions on', error)
      this.awaySinceMs ??= this.parts.clock.monotonic()
      throw error
    }
  }

  /** A claim; what it answers tells the time, too. */
  claim(login: Login): Promise<Claimed> {
    return this.timed(() => this.parts.presence.claim(login))
  }

  private async timed<Answer extends Claimed | Renewed>(call: () => Promise<Answer>): Promise<Answer> {
    const { clock } = this.parts
    const sentMs = clock.monotonic()
    const answer = await call()
    const { era } = this.time
    this.time.answered(sentMs, clock.monotonic(), answer.time)
    if (era !== null && era !== answer.time.era) this.forgotten()
    return answer
  }

  private schedule(tick: () => Promise<void>): void {
    if (this.isStopped) return
    const { clock, timing } = this.parts
    const waitMs = this.isAway ? Math.min(retryMs, timing.leaseTickMs) : timing.leaseTickMs
    this.timer = clock.setTimeout(() => {
      // Before the pulse: the tick asks for everything where it shows that the process stood still.
      if (!this.isInDoubt) this.pulseMs = clock.monotonic()
      this.schedule(tick)
      if (this.isTicking) return
      this.isTicking = true
      // A tick that fails was logged.
      void tick()
        .catch(() => {})
        .finally(() => (this.isTicking = false))
    }, waitMs)
  }
}
