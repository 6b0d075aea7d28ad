// One live connection of a device. It keeps what belongs to the connection, gives entries in order, and stops at a kick.
import type { KickedBy, KickReason } from '../logic/sessions.js'
import type { SendLane } from '../logic/send-lane.js'
import type { ConversationId, DeviceId, DeviceType, JsonText, Seq, SessionId, UserId } from '../model/ids.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { ImSession } from '../ports/host.js'
import type { SlotHolder } from '../ports/presence.js'
import type { Bucket } from './bucket.js'
import type { Connection, Frame, Inbound } from './connection.js'
import { decide, type Action, type Happening, type Standing } from './following.js'

/** Takes an answer's JSON text, once. */
export type Reply = (json: JsonText) => void

/** A request as it came, waiting for its turn. */
export interface Request {
  readonly event: string
  readonly args: readonly unknown[]
  readonly answer: Reply | undefined
  /** Its number among the requests of its session. */
  readonly arrival: number
}

/** What sessions of one gate share. */
export interface SessionContext {
  readonly clock: Clock
  readonly holeMs: number
  readonly queueBytesMax: number
  receive(session: Session, request: Request): void
  /** A session is told to pull. */
  synced(): void
  closed(session: Session): void
}

/** Consecutive entries that came before the ones in front of them. */
interface Held {
  readonly from: Seq
  readonly entries: readonly JsonText[]
}

/** More runs than this in front of a hole are not kept: the session pulls them. */
const heldMax = 64

export class Session implements Inbound, ImSession {
  /** Ends with the first of: kicked, gone, drained. */
  isClosed = false
  /** Unanswered requests. */
  inflight = 0
  /** Requests that wait for the rate; null while none does. */
  paced: Request[] | null = null
  bucket: Bucket | null = null
  lanes: Map<ConversationId, SendLane> | null = null
  /** How many requests it has made. */
  arrivals = 0
  /** Users whose coming and going it asked to be told of. */
  watching: ReadonlySet<UserId> | null = null
  /** Where its delivered range begins. */
  deliveredFrom: Seq = 0
  standing: Standing = { mode: 'catching-up', at: 0, known: 0 }
  /** When its token expires, Unix ms; null where it does not. */
  expiresAt: number | null = null
  /** Looks whether it has. */
  expiry: Timer | null = null
  private held: Held[] | null = null
  private patience: Timer | null = null

  constructor(
    private readonly context: SessionContext,
    private readonly connection: Connection,
    readonly holder: SlotHolder,
    public user: unknown,
    /** Of the token it goes under now; tokens themselves are not kept. */
    public tokenDigest: string,
    readonly headers: ImSession['headers'],
    readonly ip: string,
  ) {}

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

  request(event: string, args: readonly unknown[], answer: Reply | undefined): void {
    if (!this.isClosed) this.context.receive(this, { event, args, answer, arrival: ++this.arrivals })
  }

  drained(): void {
    // A slow reader was told `sync`; what it missed comes with its next pull.
  }

  closed(): void {
    this.finish()
  }

  /** Bytes that the client has not taken yet. */
  get queuedBytes(): number {
    return this.connection.queuedBytes
  }

  /** Queues an event. */
  emit(event: string, json: JsonText): void {
    if (!this.isClosed) this.connection.emit({ event, json })
  }

  /** Queues an event that is the same for many sessions. */
  emitFrame(frame: Frame, acknowledged?: () => void): void {
    if (!this.isClosed) this.connection.emit(frame, acknowledged)
  }

  /** Closes: what is queued is discarded, and with a reason the client is told it. */
  end(reason: KickReason | null, by: KickedBy | null): void {
    if (this.isClosed) return
    const last =
      reason === null ? undefined : { event: 'kick', json: JSON.stringify(by === null ? { reason } : { reason, by }) }
    this.connection.end(last)
    this.finish()
  }

  /**
   * Begins to give: from the head on, or, where the client holds entries up to `since`, once it has pulled the rest.
   * Entries routed since the session was registered are behind the head that this answers.
   */
  begin(head: Seq, since: Seq | null): Seq {
    const known = Math.max(head, this.standing.known)
    this.standing = since === null ? { mode: 'following', at: known, known } : { mode: 'catching-up', at: since, known }
    this.deliveredFrom = since === null ? known : 0
    return known
  }

  /** Entries were routed to it. `frame` makes the one frame of all of them, shared with other sessions. */
  routed(from: Seq, entries: readonly JsonText[], frame: () => Frame): void {
    if (this.isClosed) return
    if (this.connection.queuedBytes > this.context.queueBytesMax) this.happen({ kind: 'congested' })
    const to = from + entries.length - 1
    const before = this.standing.at
    switch (this.happen({ kind: 'routed', from, to })) {
      case 'give':
        this.connection.emit(from === before + 1 ? frame() : entriesFrame(entries.slice(before + 1 - from)))
        this.giveHeld()
        break
      case 'hold':
        this.hold({ from, entries })
        break
    }
  }

  /** Something happened to it besides entries; answers what was decided. */
  happen(happening: Happening): Action {
    const { next, action } = decide(this.standing, happening)
    this.standing = next
    switch (action) {
      case 'wait':
        this.beginPatience()
        break
      case 'sync':
        this.forgetHeld()
        this.context.synced()
        this.connection.emit({ event: 'sync', json: `{"seq":${next.known}}` })
        break
      case 'follow':
        this.forgetHeld()
        break
    }
    return action
  }

  private hold(run: Held): void {
    const held = (this.held ??= [])
    const place = held.findIndex((other) => other.from > run.from)
    if (place === -1) held.push(run)
    else held.splice(place, 0, run)
    if (held.length > heldMax) this.happen({ kind: 'patience-over' })
    else this.beginPatience()
  }

  private giveHeld(): void {
    for (let run = this.held?.[0]; run !== undefined; run = this.held?.[0]) {
      const to = run.from + run.entries.length - 1
      if (to > this.standing.at) {
        const before = this.standing.at
        if (this.happen({ kind: 'routed', from: run.from, to }) !== 'give') return
        this.connection.emit(entriesFrame(run.entries.slice(before + 1 - run.from)))
      }
      this.held!.shift()
    }
    this.held = null
    if (this.patience !== null && this.standing.at >= this.standing.known) this.forgetHeld()
  }

  private beginPatience(): void {
    this.patience ??= this.context.clock.setTimeout(() => {
      this.patience = null
      if (!this.isClosed) this.happen({ kind: 'patience-over' })
    }, this.context.holeMs)
  }

  private forgetHeld(): void {
    this.held = null
    if (this.patience !== null) this.context.clock.clearTimeout(this.patience)
    this.patience = null
  }

  private finish(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.forgetHeld()
    if (this.expiry !== null) this.context.clock.clearTimeout(this.expiry)
    this.expiry = null
    this.paced = null
    this.context.closed(this)
  }
}

/** Several entries as one frame. */
export const entriesFrame = (entries: readonly JsonText[]): Frame => ({
  event: 'entries',
  json: `{"entries":[${entries.join(',')}]}`,
})
