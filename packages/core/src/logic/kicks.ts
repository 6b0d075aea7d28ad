// The host closes sessions: of a user, of a device type, of a token that is no longer valid.
//
// The login epoch is raised before sessions are looked for: a login that began before either is found, or finds the epoch
// raised and is refused. Nodes that do not hear it are told again, until the sessions found are gone.
import type { SessionId, UserId } from '../model/ids.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Presence } from '../ports/presence.js'
import type { Timing } from '../protocol/limits.js'
import type { Cluster } from './cluster.js'
import { commitOne } from './commit.js'
import type { KickReason, Sessions, Which } from './sessions.js'
import type { Writer } from './writer.js'

/** How often, and after how long, a node that may not have heard is told again. */
const tellTimes = 5
const tellAgainMs = 300

interface Parts {
  readonly sessions: Sessions
  readonly cluster: Cluster
  readonly presence: Presence
  readonly writer: Writer
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
}

export class Kicks {
  constructor(private readonly parts: Parts) {}

  /** Closes those sessions of a user, on whatever node; resolves once this node's are closed and the others are told. */
  async close(userId: UserId, which: Which, reason: KickReason): Promise<void> {
    const { writer, clock, timing, sessions } = this.parts
    await commitOne(writer, clock, timing.sendDeadlineMs, { op: 'raise-login', userId }, () => null)
    sessions.closeAll(userId, which, reason)
    const found = await this.tell(userId, which, reason)
    if (found.size > 0) void this.tellAgain(userId, which, reason, found)
  }

  /** Tells the other nodes that hold a session of the user; answers the sessions found there. */
  private async tell(userId: UserId, which: Which, reason: KickReason): Promise<ReadonlySet<SessionId>> {
    const { cluster, presence, logger } = this.parts
    if (cluster.alone) return new Set()
    try {
      const holders = (await presence.locate([userId])).filter(({ nodeId }) => nodeId !== cluster.nodeId)
      cluster.tell(new Set(holders.map(({ nodeId }) => nodeId)), { t: 'close-all', user: userId, which, reason })
      return new Set(holders.map(({ sessionId }) => sessionId))
    } catch (error) {
      logger.error('presence did not tell where a kicked user is', error, { user: userId })
      return new Set()
    }
  }

  // Only the sessions found the first time: a login after the kick is not meant.
  private async tellAgain(
    userId: UserId,
    which: Which,
    reason: KickReason,
    found: ReadonlySet<SessionId>,
  ): Promise<void> {
    const { clock, presence, cluster } = this.parts
    for (let times = 1; times < tellTimes; times++) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, tellAgainMs))
      const left = (await presence.locate([userId]).catch(() => [])).filter(({ sessionId }) => found.has(sessionId))
      const sessions = left.map(({ sessionId }) => sessionId)
      const nodes = new Set(left.map(({ nodeId }) => nodeId))
      cluster.tell(nodes, { t: 'close-all', user: userId, which: { ...which, sessions }, reason })
    }
  }
}
