// The gate for transports: handshake, slot, head, `ready`; and the end of sessions.
import {
  features,
  type HandshakeAuth,
  type KickReason,
  type NodeId,
  protocolVersion,
  RookeryError,
  type Seq,
} from '@rookery/protocol'
import { check, handshakeSchema } from '@rookery/protocol/schemas'
import type { Authenticator } from '../logic/access/authenticate.js'
import type { Deliveries } from '../logic/delivery/deliveries.js'
import type { FollowFact } from '../logic/delivery/sessions.js'
import { within } from '../logic/host/deadlines.js'
import type { Faults } from '../logic/host/faults.js'
import type { Push } from '../logic/push/room.js'
import { isForeign } from '../logic/reading/pull.js'
import { tokenDigest } from '../model/digest.js'
import { type EventJson, readyJson } from '../model/events.js'
import type { Limits, Timing } from '../options/limits.js'
import { refuseTooLong } from './size.js'
import type { Clock } from '../ports/clock.js'
import type { Handlers } from '../ports/host.js'
import type { Observer } from '../ports/observer.js'
import type { Random } from '../ports/random.js'
import type { Follow, Storage } from '../ports/storage.js'
import { followsOf } from './follows.js'
import type { Connection, Gate, Handshake, Inbound } from './connection.js'
import type { Followed } from './followed.js'
import type { Logins } from './logins.js'
import type { Registry } from './registry.js'
import type { Requests } from './requests.js'
import { Session, type SessionContext } from './session.js'
import type { Reply } from './session-requests.js'
import type { Slots } from './slots.js'

interface Parts {
  readonly nodeId: NodeId
  readonly boot: string
  /** The slot of each device type. */
  readonly deviceSlots: ReadonlyMap<string, string>
  readonly authenticator: Authenticator
  readonly logins: Logins
  readonly slots: Slots
  readonly registry: Registry
  readonly followed: Followed
  readonly requests: Requests
  readonly deliveries: Deliveries
  readonly storage: Pick<Storage, 'timelines' | 'heads'>
  readonly epoch: () => string
  readonly handlers: Handlers | null
  readonly faults: Faults
  readonly clock: Clock
  readonly random: Random
  readonly limits: Limits
  readonly timing: Timing
  readonly observer: Observer | null
  readonly push: Push | null
}

/** Whoever is kicked for one of these is told nothing more, until it registers again. */
const endsPush: ReadonlySet<KickReason> = new Set<KickReason>(['same-device-type', 'admin', 'token-revoked'])

export class NodeGate implements Gate, SessionContext {
  readonly clock: Clock
  readonly holeMs: number
  readonly queueBytesMax: number
  private readonly features: readonly string[]
  private isOpen = false

  constructor(private readonly parts: Parts) {
    this.features = features.filter((name) => name !== 'push' || parts.push !== null)
    this.clock = parts.clock
    this.holeMs = parts.timing.holeMs
    this.queueBytesMax = parts.limits.sessionQueueBytes
  }

  get takesClients(): boolean {
    return this.isOpen
  }

  /** Begins or stops to take clients. */
  setOpen(isOpen: boolean): void {
    this.isOpen = isOpen
  }

  async open(handshake: Handshake, connection: Connection): Promise<Inbound> {
    try {
      return await this.admit(handshake, connection)
    } catch (error) {
      throw this.parts.faults.toError(error, 'handshake')
    }
  }

  receive(session: Session, event: string, args: readonly unknown[], answer: Reply | undefined): void {
    this.parts.requests.receive(session, event, args, answer)
  }

  synced({ userId }: Session): void {
    const { observer, push } = this.parts
    observer?.synced?.()
    // What it was not given, nobody waits for: it pulls, or is told otherwise.
    push?.wheel.ask(userId)
  }

  given(session: Session, facts: readonly FollowFact[]): void {
    this.parts.followed.given(session, facts)
  }

  kicked(session: Session, reason: KickReason): void {
    if (endsPush.has(reason)) this.parts.push?.registrations.forget(session)
  }

  closed(session: Session): void {
    const { registry, followed, slots, deliveries, requests } = this.parts
    requests.ended(session)
    registry.remove(session)
    followed.leaveAll(session)
    deliveries.seen(session)
    void slots.release([session.holder])
  }

  private async admit(handshake: Handshake, connection: Connection): Promise<Inbound> {
    this.refuseIfClosed()
    refuseTooLong(handshake.auth, this.parts.limits)
    const auth = check(handshakeSchema, handshake.auth)
    if ((auth.protocol ?? protocolVersion) !== protocolVersion)
      throw new RookeryError('UNSUPPORTED', `this server speaks version ${protocolVersion} of the protocol`)
    const slot = this.parts.deviceSlots.get(auth.deviceType)
    if (slot === undefined) throw new RookeryError('BAD_REQUEST', 'deviceType: this server does not know it')
    // Read before the token is checked, so that a kick or a revocation after this moment is noticed below.
    const loginEpoch = await this.parts.logins.epoch()
    const { token, deviceId, deviceType } = auth
    const { headers, ip } = handshake
    const identity = await this.parts.authenticator.identify({ token, deviceId, deviceType, headers, ip })
    this.refuseIfClosed()
    const holder = {
      userId: identity.userId,
      slot,
      deviceType,
      deviceId,
      instance: auth.instance ?? null,
      sessionId: this.parts.random.id(),
      nodeId: this.parts.nodeId,
      boot: this.parts.boot,
      at: this.clock.now(),
    }
    const session = new Session(this, connection, holder, identity.user, tokenDigest(token), headers, ip, loginEpoch)
    await this.runConnectHandler(session)
    // From here on the session gets routed entries, so that none is lost between the head and the first live entry.
    this.parts.registry.add(session)
    try {
      session.token.expireAt(identity.expiresAt)
      await this.begin(session, auth)
      return session
    } catch (error) {
      session.closed()
      throw error
    }
  }

  private async begin(session: Session, auth: HandshakeAuth): Promise<void> {
    const { slots, logins, storage, epoch, deliveries, followed } = this.parts
    await slots.claim(session)
    if (session.isClosed) return this.endedMeanwhile(session)
    const head = await logins.unkicked(session.userId, session.loginEpoch)
    const { since, sinceAt } = auth
    // Read after the head: so the answer agrees with every inbox entry up to the head that begins or ends a timeline.
    const [follows, foreign] = await Promise.all([
      storage.heads.follows(session.userId),
      since !== undefined &&
        isForeign(storage.timelines, session.userId, { since, sinceAt }, { head: head.seq, floor: head.floor }),
    ])
    if (session.isClosed) return this.endedMeanwhile(session)
    const claimed = since === undefined ? {} : (auth.timelines ?? {})
    const reset =
      foreign ||
      (since !== undefined && auth.epoch !== undefined && auth.epoch !== epoch()) ||
      follows.some(({ conversationId, seq }) => (claimed[conversationId] ?? 0) > seq)
    session.followsAsOf = head.seq
    for (const { conversationId, seq, version } of follows) {
      const at = reset ? undefined : claimed[conversationId]
      const feed = followed.follow(session, conversationId, { at: at ?? seq, known: seq, end: null }, version)
      feed.isNamed = at !== undefined
    }
    if (since === undefined) await this.startAtHeads(session, follows)
    if (session.isClosed) return this.endedMeanwhile(session)
    if (since !== undefined && !reset) deliveries.acknowledged(session, 0, since)
    session.begin(this.readyJson(session, head.seq, reset), head.seq, since === undefined ? null : reset ? 0 : since)
  }

  // The gate knows the session's feeds by now. So what comes between this read and `ready` lies after the heads in
  // `ready`.
  private async startAtHeads(session: Session, follows: readonly Follow[]): Promise<void> {
    if (follows.length === 0) return
    const heads = await this.parts.storage.heads.conversations(follows.map(({ conversationId }) => conversationId))
    follows.forEach(({ conversationId, version }, i) => {
      const feed = session.timelines?.get(conversationId)
      const head = heads[i]
      // If the group has changed since, the user may have left. Then the session stays behind, and pulls.
      if (feed === undefined || head?.version !== version) return
      const known = Math.max(feed.state.known, head.seq)
      feed.state = { ...feed.state, at: known, known }
    })
  }

  // The session was kicked during its own handshake. It may have taken its slot after that, so the slot is released.
  private async endedMeanwhile(session: Session): Promise<void> {
    await this.parts.slots.release([session.holder])
  }

  private readyJson(session: Session, seq: Seq, reset: boolean): EventJson<'ready'> {
    const { nodeId, epoch, limits, timing } = this.parts
    const webPushKey = this.parts.push?.registrations.webPushKey ?? null
    const { contentBytes, pull, history, list, groupMembers, inflight } = limits
    const { timelines, cursor } = followsOf(session, list)
    const { expiresAt } = session.token
    return readyJson({
      userId: session.userId,
      sessionId: session.sessionId,
      nodeId,
      epoch: epoch(),
      reset,
      seq,
      serverTime: this.clock.now(),
      ...(expiresAt === null ? {} : { expiresAt }),
      heartbeatMs: timing.heartbeatMs,
      timelines,
      ...(cursor === null ? {} : { timelinesCursor: cursor }),
      features: this.features,
      ...(webPushKey === null ? {} : { push: { webpush: { key: webPushKey } } }),
      limits: { contentBytes, pull, history, list, groupMembers, inflight },
    })
  }

  private refuseIfClosed(): void {
    if (!this.isOpen) throw new RookeryError('UNAVAILABLE', 'this node takes no clients', { retryAfterMs: 1000 })
    if (this.parts.registry.size >= this.parts.limits.sessions)
      throw new RookeryError('OVERLOADED', 'this node can take no more sessions', { retryAfterMs: 5000 })
  }

  private async runConnectHandler(session: Session): Promise<void> {
    const { handlers, timing } = this.parts
    if (handlers?.connect !== undefined)
      await within(this.clock, timing.handlerDeadlineMs, 'a handler', handlers.connect(session))
  }
}
