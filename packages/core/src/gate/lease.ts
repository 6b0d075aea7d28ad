// The node's lease with presence. A short tick extends it, whatever the heartbeat does beside it, and costs the same
// however many sessions there are. A tick also finds out that presence has forgotten this node, has begun another era, or
// was away: then the node tells it everything again.
import type { NodeId } from '@rookery/protocol'
import type { Timing } from '../options/limits.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Claimed, Login, Presence, Renewed } from '../ports/presence.js'
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
  readonly forgot: () => void
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
  /** The last renewal failed. */
  private isAway = false
  private hasBegun = false

  constructor(private readonly parts: Parts) {}

  /** @param tick renews the lease, with what else presence has to be told soon */
  start(tick: () => Promise<void>): void {
    this.isStopped = false
    this.schedule(tick)
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
  async renew(logins: readonly Login[]): Promise<Renewed> {
    const { presence, nodeId, boot, url, timing, logger } = this.parts
    const node = { nodeId, boot, url, sessions: this.parts.sessions(), takesClients: this.parts.takesClients() }
    try {
      const renewed = await this.timed(() => presence.renew(node, timing.leaseMs, logins))
      if (this.isAway) logger.info('presence answers again', { node: nodeId })
      if (this.isAway || (renewed.began && this.hasBegun)) this.parts.forgot()
      this.isAway = false
      this.parts.answered()
      this.hasBegun = true
      return renewed
    } catch (error) {
      if (!this.isAway) logger.error('presence does not answer; this node serves its own sessions on', error)
      this.isAway = true
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
    if (era !== null && era !== answer.time.era) this.parts.forgot()
    return answer
  }

  private schedule(tick: () => Promise<void>): void {
    if (this.isStopped) return
    const { clock, timing } = this.parts
    const run = (): void => {
      // A tick that fails was logged.
      void tick().then(
        () => this.schedule(tick),
        () => this.schedule(tick),
      )
    }
    this.timer = clock.setTimeout(run, this.isAway ? Math.min(retryMs, timing.leaseTickMs) : timing.leaseTickMs)
  }
}
