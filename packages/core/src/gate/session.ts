// One live connection of a device. It keeps what belongs to the connection and the timelines that it follows. After a
// kick it does nothing more.
import type {
  ConversationId,
  DeviceId,
  DeviceType,
  JsonText,
  KickedBy,
  KickReason,
  Seq,
  ServerEvent,
  SessionId,
  UserId,
} from '@rookery/protocol'
import type { FollowFact } from '../logic/delivery/sessions.js'
import { OwnOrders } from '../logic/messages/send-order.js'
import { type EventJson, kickJson, syncJson } from '../model/events.js'
import type { Clock } from '../ports/clock.js'
import type { ImSession } from '../ports/host.js'
import type { SlotHolder } from '../ports/presence.js'
import type { Connection, Frame, Inbound } from './connection.js'
import type { Mode } from './following.js'
import { entriesFrame, Feed, type Follower, type Stretch } from './feed.js'
import { type Reply, SessionRequests } from './session-requests.js'
import { SessionToken } from './session-token.js'

/** What the sessions of one gate share. */
export interface SessionContext {
  readonly clock: Clock
  readonly holeMs: number
  readonly queueBytesMax: number
  receive(session: Session, event: string, args: readonly unknown[], answer: Reply | undefined): void
  /** The server told a session to pull. */
  synced(session: Session): void
  /** A session got entries that begin or end a timeline. */
  given(session: Session, facts: readonly FollowFact[]): void
  /** It is about to be closed, and told why. */
  kicked(session: Session, reason: KickReason): void
  closed(session: Session): void
}

/** How many stretches, and how many events, it keeps for a session that has not begun. */
const earlyMax = 64

interface Told {
  readonly frame: Frame
  readonly acknowledged: (() => void) | undefined
}

interface Early extends Stretch {
  readonly shared: () => Frame
}

export class Session implements Inbound, ImSession, Follower {
  /** True after the first of: kicked, gone, drained. */
  isClosed = false
  readonly token: SessionToken
  readonly requests = new SessionRequests()
  /** The send orders of the session. */
  readonly orders = new OwnOrders()
  /** The login epoch of the last kick of its user that this node has heard of. */
  heardEpoch: number
  /** When its client was last heard of, Unix ms. */
  heardAt: number
  /** The beginning of its delivered range. */
  deliveredFrom: Seq = 0
  mode: Mode = 'catching-up'
  readonly inbox: Feed<Session>
  /** The conversation timelines that it follows, or pulls until it can follow; null where there are none. */
  timelines: Map<ConversationId, Feed<Session>> | null = null
  /** When the session began, it knew what the inbox entries up to here say about timelines. */
  followsAsOf: Seq = 0
  /** Kept as JSON text until they are needed: that takes a third of the memory, and most sessions never need them. */
  #headers: JsonText | ImSession['headers']
  /** Entries that were routed before it began. */
  private early: Early[] | null = []
  /** Events for the client from before it began: `ready` must be the first one that it gets. */
  private told: Told[] | null = null
  private hasBegun = false

  constructor(
    private readonly context: SessionContext,
    private readonly connection: Connection,
    readonly holder: SlotHolder,
    public user: unknown,
    /** The digest of the token with which it begins. */
    tokenDigest: string,
    headers: ImSession['headers'],
    readonly ip: string,
    /** Read before authentication. A kick that raised a later epoch applies to this session. */
    readonly loginEpoch: number,
  ) {
    this.token = new SessionToken(this, tokenDigest)
    this.#headers = JSON.stringify(headers)
    this.heardAt = context.clock.now()
    this.heardEpoch = loginEpoch
    this.inbox = new Feed<Session>(this, { at: 0, known: 0, end: null }, entriesFrame)
  }

  /** The headers of the handshake. */
  get headers(): ImSession['headers'] {
    if (typeof this.#headers === 'string') this.#headers = JSON.parse(this.#headers) as ImSession['headers']
    return this.#headers
  }

  get sessionId(): SessionId {
    return this.holder.sessionId
  }
  get userId(): UserId {
    return this.holder.userId
  }
  get deviceId(): DeviceId {
    return this.holder.deviceId
  }
  get deviceType(): DeviceType {
    return this.holder.deviceType
  }
  get clock(): Clock {
    return this.context.clock
  }
  get holeMs(): number {
    return this.context.holeMs
  }

  request(event: string, args: readonly unknown[], answer: Reply | undefined): void {
    if (this.isClosed) return
    this.heardAt = this.context.clock.now()
    this.context.receive(this, event, args, answer)
  }

  closed(): void {
    this.finish()
  }

  /** Bytes that the client has not taken yet. */
  get queuedBytes(): number {
    return this.connection.queuedBytes
  }

  /** Reads nothing more from the client until `readOn`. */
  stopReading(): void {
    this.connection.stopReading()
  }

  readOn(): void {
    this.connection.readOn()
  }

  /** Queues an event. */
  emit<Event extends ServerEvent>(event: Event, json: EventJson<NoInfer<Event>>): void {
    this.emitFrame({ event, json })
  }

  /** Queues an event that is the same for many sessions. */
  emitFrame(frame: Frame, acknowledged?: () => void): void {
    if (this.isClosed) return
    if (this.hasBegun) this.connection.emit(frame, acknowledged)
    else if ((this.told ??= []).length < earlyMax) this.told.push({ frame, acknowledged })
  }

  /** Closes the session and drops what is queued. With a reason, the client gets a `kick` with it. */
  end(reason: KickReason | null, by: KickedBy | null): void {
    if (this.isClosed) return
    if (reason !== null) this.context.kicked(this, reason)
    if (reason === null) this.connection.end()
    else this.connection.end({ event: 'kick', json: kickJson(by === null ? { reason } : { reason, by }) })
    this.finish()
  }

  /**
   * Sends `ready`, and begins to give entries: from the head in `ready` or, if the client has entries up to `since`,
   * once it has pulled the rest. Entries that were routed since the session was registered come behind the head.
   */
  begin(ready: EventJson<'ready'>, head: Seq, since: Seq | null): void {
    if (this.isClosed) return
    const early = this.early ?? []
    this.early = null
    this.hasBegun = true
    this.connection.emit({ event: 'ready', json: ready })
    for (const { frame, acknowledged } of this.told ?? []) this.connection.emit(frame, acknowledged)
    this.told = null
    const known = Math.max(head, this.inbox.state.known)
    this.inbox.state = { at: since ?? head, known, end: null }
    this.deliveredFrom = since === null ? head : 0
    if (since !== null) return
    this.mode = 'following'
    for (const run of early) this.inbox.routed(run, run.shared)
    this.follow()
  }

  /** The session follows from here on. If a timeline is known to reach further, its next items must come soon. */
  follow(): void {
    this.mode = 'following'
    for (const feed of [this.inbox, ...(this.timelines?.values() ?? [])])
      feed.happen({ kind: 'head', seq: feed.state.known })
  }

  /** Takes entries that were routed to it. `shared` makes one frame of all of them, once for all sessions. */
  routed(run: Stretch, shared: () => Frame): void {
    if (this.early !== null && this.early.length < earlyMax) this.early.push({ ...run, shared })
    this.giveIn(this.inbox, run, shared)
  }

  /** Takes items for one of its feeds. If the client does not take what it gets, the session stops following. */
  giveIn(feed: Feed, run: Stretch, shared: () => Frame): void {
    if (this.isClosed) return
    if (this.connection.queuedBytes > this.context.queueBytesMax) feed.happen({ kind: 'congested' })
    feed.routed(run, shared)
  }

  given(facts: readonly FollowFact[]): void {
    this.context.given(this, facts)
  }

  /** The session must catch up from now on. */
  behind(): void {
    if (this.mode === 'catching-up' || this.isClosed) return
    this.mode = 'catching-up'
    this.forgetHeld()
    for (const feed of this.timelines?.values() ?? []) feed.unname()
    this.context.synced(this)
    this.connection.emit({ event: 'sync', json: syncJson(this.inbox.state.known) })
  }

  /** Drops everything that its feeds hold. */
  forgetHeld(): void {
    this.inbox.forget()
    for (const feed of this.timelines?.values() ?? []) feed.forget()
  }

  private finish(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.early = null
    this.told = null
    this.forgetHeld()
    this.token.stop()
    this.context.closed(this)
  }
}
