// Which session holds which slot: a login takes one, a kick, a logout or a disconnect frees it. The login that began last
// has the slot, in whatever order presence hears of two. Presence may be out of reach, or forget; then this node's own
// sessions keep the rule among themselves, and the next renewal tells presence of them, as old as they are.
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
import type { Claimed, Login, Lost, Presence, PresenceTime, SlotHolder } from '../ports/presence.js'
import type { Lease } from './lease.js'
import type { Logins } from './logins.js'
import type { Registry } from './registry.js'
import type { Session } from './session.js'

interface Parts {
  readonly nodeId: NodeId
  readonly presence: Presence
  readonly lease: Lease
  /** Called when the node delivers again after a doubt, in which it dropped what came. */
  readonly afterDoubt: () => void
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

/** When a session began: by the node's monotonic clock, and as presence was told in the present era. */
interface Began {
  readonly ms: number
  since: PresenceTime | null
}

/** By how much two logins of one node are apart at least, ms, however close they were. */
const apartMs = 0.01
/** After a call that failed, slots are freed again for so many renewals of everything: it may be carried out late. */
const freedAgain = 3

export class Slots {
  /** Freed here, but presence was not reached: told again soon. */
  private unfreed: readonly SlotHolder[] = []
  /** Sessions that presence may not know: told again soon. */
  private readonly untold = new Set<Session>()
  private readonly began = new WeakMap<Session, Began>()
  /** Sessions whose claim is under way: it tells whom they displace, and no renewal comes before it. */
  private readonly claiming = new Set<Session>()
  /** Freed, but a call that failed before may take it again: how often it is freed again. */
  private readonly doubtful = new Map<SlotHolder, number>()
  /** Until then a call that failed may be carried out, monotonic ms. */
  private doubtUntilMs = -Infinity
  /** The time that the last claim told. */
  private last: PresenceTime | null = null
  /** The last refresh of a session that has made one. */
  private readonly refreshes = new WeakMap<Session, Promise<unknown>>()

  constructor(private readonly parts: Parts) {}

  /** Takes the session's slot, and closes whoever held it; or ends the session, where a later login holds it. */
  async claim(session: Session): Promise<void> {
    const { cluster, logger, registry, clock, nodeId } = this.parts
    const { holder } = session
    this.began.set(session, { ms: clock.monotonic(), since: null })
    this.claiming.add(session)
    // Of this node's own sessions the later one stays, whatever presence says or forgot.
    for (const other of registry.of(holder.userId))
      if (other !== session && other.holder.slot === holder.slot) this.displace(other.holder, holder)
    try {
      const { displaced, later, watchers } = await this.carryOut(session)
      if (later !== null) endFor(session, later)
      if (displaced !== null) this.displace(displaced, holder)
      cluster.tell(new Set([...watchers, nodeId]), { t: 'presence', user: holder.userId })
    } catch (error) {
      this.untold.add(session)
      this.doubt()
      logger.error('presence did not take a login; this node tells it again', error)
    } finally {
      this.claiming.delete(session)
    }
  }

  /** Claims until presence has taken or refused the login in its own era. */
  private async carryOut(session: Session): Promise<Claimed> {
    const { lease } = this.parts
    for (;;) {
      // When a session began, in presence's time, the node cannot say before it has heard from it.
      if (lease.time.era === null) await lease.renew([])
      const login = this.login(session)
      const claimed = await lease.claim(login)
      if (claimed.time.era === login.since.era) return claimed
    }
  }

  /** Tells presence of a login the same time again as long as its era lasts, so that no two ever change their order. */
  private login(session: Session): Login {
    const { time } = this.parts.lease
    const began = this.began.get(session)!
    if (began.since?.era !== time.era) {
      const { era, ms } = time.at(began.ms)!
      // The reckoning gets better with time, and may put a login before one of this node that came earlier.
      const isBehind = this.claiming.has(session) && this.last?.era === era && this.last.ms + apartMs > ms
      began.since = { era, ms: isBehind ? this.last!.ms + apartMs : ms }
      if (this.last?.era !== era || this.last.ms < began.since.ms) this.last = began.since
    }
    return { holder: session.holder, since: began.since!, heardAt: session.heardAt }
  }

  /** Frees the slots of sessions that ended. */
  async release(holders: readonly SlotHolder[]): Promise<void> {
    if (holders.length === 0) return
    if (this.parts.clock.monotonic() < this.doubtUntilMs)
      for (const holder of holders) this.doubtful.set(holder, freedAgain)
    let watchers: readonly NodeId[] = []
    try {
      watchers = await this.parts.presence.release(holders)
    } catch (error) {
      this.unfreed = [...this.unfreed, ...holders]
      this.parts.logger.error('presence did not free slots; this node tells it again', error, { slots: holders.length })
    }
    const nodes = new Set([...watchers, this.parts.nodeId])
    for (const user of new Set(holders.map(({ userId }) => userId)))
      this.parts.cluster.tell(nodes, { t: 'presence', user })
  }

  /** Renews the node's lease, and tells presence only what it may not know. */
  renewLease(): Promise<void> {
    return this.parts.lease.isInDoubt ? this.renewAll() : this.renew([...this.untold])
  }

  /** Renews the node's lease and all its logins. */
  async renewAll(): Promise<void> {
    const { lease, presence, registry, afterDoubt } = this.parts
    const wasInDoubt = lease.isInDoubt
    try {
      const { era } = lease.time
      await this.renew([...registry.all()])
      // What was told in another era than presence's has not been decided.
      if (wasInDoubt && lease.time.era !== era) await this.renew([...registry.all()])
    } finally {
      if (wasInDoubt) {
        lease.settled()
        afterDoubt()
      }
    }
    if (this.doubtful.size === 0) return
    await presence.release([...this.doubtful.keys()])
    for (const [holder, left] of this.doubtful)
      if (left > 1) this.doubtful.set(holder, left - 1)
      else this.doubtful.delete(holder)
  }

  /** Sessions whose slot is a later login's are closed. */
  private async renew(which: readonly Session[]): Promise<void> {
    const { lease } = this.parts
    if (lease.time.era === null && which.length > 0) await lease.renew([])
    const sessions = which.filter((session) => !this.claiming.has(session) && !session.isClosed)
    const logins = sessions.map((session) => this.login(session))
    const { lost, time } = await lease.renew(logins).catch((error: unknown) => {
      this.doubt()
      throw error
    })
    // What was told in another era is told again: the lease has noticed.
    sessions.forEach((session, i) => {
      if (logins[i]!.since.era === time.era) this.untold.delete(session)
    })
    for (const session of this.untold) if (session.isClosed) this.untold.delete(session)
    this.giveUp(lost)
    // A session that ended meanwhile may have had its slot taken again for it.
    const ended = sessions.filter((session) => session.isClosed).map((session) => session.holder)
    const unfreed = this.unfreed
    this.unfreed = []
    await this.release([...unfreed, ...ended])
  }

  private doubt(): void {
    const { clock, timing } = this.parts
    this.doubtUntilMs = clock.monotonic() + timing.leaseMs
  }

  // The later login may be one of the same client: then it is no kick, and the client comes back where it has to.
  private giveUp(lost: readonly Lost[]): void {
    for (const { holder, later } of lost) {
      const session = this.parts.registry.get(holder.sessionId)
      if (session !== undefined) endFor(session, later)
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

/** Ends a session whose slot a later login holds. */
function endFor(session: Session, later: SlotHolder): void {
  const { deviceId, deviceType, at } = later
  const reason = kickReason(session.holder, later)
  session.end(reason, reason === null ? null : { deviceId, deviceType, at })
}

/** What the earlier holder of a slot is told; null where it is the same client again, which is no kick. */
function kickReason(earlier: SlotHolder, by: SlotHolder): KickReason | null {
  if (earlier.deviceId !== by.deviceId) return 'same-device-type'
  return by.instance === null || by.instance === earlier.instance ? null : 'same-device'
}
