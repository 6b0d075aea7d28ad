// Which session holds which slot: a login takes one, a kick, a logout or a disconnect frees it. Presence may be out of
// reach, or forget; then this node's own sessions keep the rule among themselves, and the next renewal tells presence of
// them, as old as they are: a login has its slot before those that were before it, whenever presence hears of each.
import { type KickReason, type NodeId, RookeryError } from '@rookery/protocol'
import type { Authenticator } from '../logic/access/authenticate.js'
import type { Cluster } from '../logic/delivery/cluster.js'
import type { Deliveries } from '../logic/delivery/deliveries.js'
import { commitOne } from '../logic/storing/commit.js'
import type { Writer } from '../logic/storing/writer.js'
import { tokenDigest } from '../model/digest.js'
import type { Timing } from '../options/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Presence, SlotHolder } from '../ports/presence.js'
import { PresenceTime } from './presence-time.js'
import type { Logins } from './logins.js'
import type { Registry } from './registry.js'
import type { Session } from './session.js'

interface Parts {
  readonly nodeId: NodeId
  readonly presence: Presence
  readonly cluster: Cluster
  readonly registry: Registry
  readonly deliveries: Deliveries
  readonly authenticator: Authenticator
  readonly logins: Logins
  readonly writer: Writer
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
}

export class Slots {
  /** Freed here, but presence was not reached: told again at the next renewal. */
  private unfreed: readonly SlotHolder[] = []
  /** When each session claimed its slot, monotonic ms. */
  private readonly since = new WeakMap<Session, number>()
  /** Sessions whose claim is under way: it tells whom they displace, and no renewal comes before it. */
  private readonly claiming = new Set<Session>()
  private readonly presenceTime = new PresenceTime()
  /** The last refresh of a session that has made one. */
  private readonly refreshes = new WeakMap<Session, Promise<unknown>>()

  constructor(private readonly parts: Parts) {}

  /** Takes the session's slot, and closes whoever held it. */
  async claim(session: Session): Promise<void> {
    const { presence, cluster, logger, registry, clock } = this.parts
    const { holder } = session
    this.since.set(session, clock.monotonic())
    this.claiming.add(session)
    // Of this node's own sessions the later one stays, whatever presence says or forgot.
    for (const other of registry.of(holder.userId))
      if (other !== session && other.holder.slot === holder.slot) this.displace(other.holder, holder)
    try {
      const { displaced, watchers } = await presence.claim(holder)
      // A later login here has closed this session meanwhile, and its claim overtook this one: the slot is the later one's.
      if (displaced !== null && session.isClosed && registry.get(displaced.sessionId) !== undefined)
        await presence.claim(displaced)
      else if (displaced !== null) this.displace(displaced, holder)
      cluster.tell(new Set([...watchers, this.parts.nodeId]), { t: 'presence', user: holder.userId })
    } catch (error) {
      logger.error('presence did not take a login; it is told again at the next heartbeat', error)
    } finally {
      this.claiming.delete(session)
    }
  }

  /** Frees the slots of sessions that ended. */
  async release(holders: readonly SlotHolder[]): Promise<void> {
    if (holders.length === 0) return
    let watchers: readonly NodeId[] = []
    try {
      watchers = await this.parts.presence.release(holders)
    } catch (error) {
      this.unfreed = [...this.unfreed, ...holders]
      this.parts.logger.error('presence did not free slots; it is told again at the next heartbeat', error, {
        slots: holders.length,
      })
    }
    const nodes = new Set([...watchers, this.parts.nodeId])
    for (const user of new Set(holders.map(({ userId }) => userId)))
      this.parts.cluster.tell(nodes, { t: 'presence', user })
  }

  /** Renews the node's lease; sessions whose slot is no longer theirs are closed. */
  async renew(url: string | null, boot: string): Promise<void> {
    const { registry } = this.parts
    // When its sessions began, in presence's time, it cannot say before it has heard from it.
    if (!this.presenceTime.isKnown && registry.size > 0) await this.tell([], url, boot)
    const sessions = [...registry.all()].filter((session) => !this.claiming.has(session))
    const lost = await this.tell(sessions, url, boot)
    // A session that ended meanwhile may have had its slot taken again for it.
    const ended = sessions.filter((session) => session.isClosed).map((session) => session.holder)
    const unfreed = this.unfreed
    this.unfreed = []
    await this.release([...unfreed, ...ended])
    await this.giveUp(lost)
  }

  private async tell(sessions: readonly Session[], url: string | null, boot: string): Promise<readonly SlotHolder[]> {
    const { presence, registry, nodeId, timing, clock } = this.parts
    const logins = sessions.map((session) => ({
      holder: session.holder,
      since: this.presenceTime.at(this.since.get(session)!),
    }))
    const sentMs = clock.monotonic()
    const { lost, now } = await presence.renew({ nodeId, boot, url, sessions: registry.size }, timing.leaseMs, logins)
    this.presenceTime.answered(sentMs, clock.monotonic(), now)
    return lost
  }

  // The holder may be an older session of the same client, which nobody has missed yet: then it is no kick, and the client
  // comes back to take its slot. A slot that is free again by now is taken at the next renewal.
  private async giveUp(lost: readonly SlotHolder[]): Promise<void> {
    if (lost.length === 0) return
    const { presence, registry } = this.parts
    const holders = await presence.locate([...new Set(lost.map(({ userId }) => userId))])
    for (const { userId, slot, sessionId } of lost) {
      const by = holders.find((one) => one.userId === userId && one.slot === slot && one.sessionId !== sessionId)
      const session = registry.get(sessionId)
      if (by === undefined || session === undefined) continue
      const reason = kickReason(session.holder, by)
      const { deviceId, deviceType, at } = by
      session.end(reason, reason === null ? null : { deviceId, deviceType, at })
    }
  }

  /**
   * Goes on under a new token of the same user: one refresh of a session after the other, so that the last one counts.
   * Like a login it is refused where a kick or a revocation comes meanwhile.
   * @throws RookeryError `UNAUTHENTICATED`, `UNAVAILABLE`: the session goes on under the token that it had
   */
  refresh(session: Session, token: string): Promise<string> {
    const refreshed = (this.refreshes.get(session) ?? Promise.resolve()).then(() => this.goUnder(session, token))
    const done = refreshed.catch(() => {})
    this.refreshes.set(session, done)
    return refreshed
  }

  private async goUnder(session: Session, token: string): Promise<string> {
    // Nobody is there to be answered.
    if (session.isClosed) return '{}'
    const { authenticator, logins } = this.parts
    const { deviceId, deviceType, headers, ip } = session
    const loginEpoch = await logins.epoch()
    const identity = await authenticator.identify({ token, deviceId, deviceType, headers, ip })
    if (identity.userId !== session.userId) throw new RookeryError('UNAUTHENTICATED', "the token is another user's")
    // Before the epoch is read again: a revocation after that read finds the session by this token.
    session.token.offer(tokenDigest(token))
    try {
      await logins.unkicked(session.userId, loginEpoch)
      session.user = identity.user
      session.token.take(identity.expiresAt)
    } finally {
      session.token.withdraw()
    }
    return identity.expiresAt === undefined ? '{}' : JSON.stringify({ expiresAt: identity.expiresAt })
  }

  /** The device goes with its session: its slot and what is remembered of it. */
  async logout(session: Session, answer: () => void): Promise<null> {
    const { writer, clock, timing, deliveries } = this.parts
    const { userId, deviceId } = session
    deliveries.forget(session)
    try {
      await commitOne(writer, clock, timing.sendDeadlineMs, { op: 'forget-device', userId, deviceId }, () => null)
    } catch (error) {
      deliveries.remember(session)
      throw error
    }
    answer()
    session.end('logout', null)
    return null
  }

  private displace(earlier: SlotHolder, by: SlotHolder): void {
    const { deviceId, deviceType, at } = by
    const reason = kickReason(earlier, by)
    this.parts.cluster.tell([earlier.nodeId], {
      t: 'close',
      session: earlier.sessionId,
      reason,
      by: reason === null ? null : { deviceId, deviceType, at },
    })
  }
}

/** What the earlier holder of a slot is told; null where it is the same client again, which is no kick. */
function kickReason(earlier: SlotHolder, by: SlotHolder): KickReason | null {
  if (earlier.deviceId !== by.deviceId) return 'same-device-type'
  return by.instance === null || by.instance === earlier.instance ? null : 'same-device'
}
