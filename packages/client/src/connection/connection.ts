// Keeps one connection: connects, comes back after a loss, stays away after a kick. Rules, each with a test:
// 1. Nothing is sent before `ready`, and nothing is kept to be sent later.
// 2. After `same-device-type`, `same-device`, `admin` and `logout` it stays away; after `token-expired` and
//    `token-revoked` it comes back with a new token; after everything else with growing, jittered delays.
// 3. What may have died in its sleep is asked for the time; without an answer in 3 s it is replaced.
import {
  afterKick,
  mayBeTriedAgain,
  type HandshakeAuth,
  type Ready,
  type ServerEvents,
  type WireError,
} from '@rookery/protocol'
import type { Clock, Random, Timer } from '../ports/clock.js'
import type { Dial, Link } from '../ports/link.js'
import { Cell } from '../views/observable.js'
import { Backoff, type BackoffOptions } from './backoff.js'
import { Endpoints } from './endpoints.js'
import { Refresh } from './refresh.js'
import { Session } from './session.js'
import type { ConnectionStatus, EndReason } from './status.js'
import { watchWallClock } from './wall-clock.js'

/** Why a token is asked for. */
export type TokenReason = 'connect' | 'expiring' | 'rejected'

export interface ConnectionOptions {
  readonly url: string
  readonly endpoints?: (() => Promise<readonly string[]>) | undefined
  readonly getToken: (why: TokenReason) => Promise<string>
  readonly dial: Dial
  readonly clock: Clock
  readonly random: Random
  readonly backoff?: BackoffOptions | undefined
  /** What a handshake says beside the token, as it is when the handshake leaves. */
  readonly claim: () => Omit<HandshakeAuth, 'token'>
}

export interface ConnectionHooks {
  /** A session began. The claim is the one of its handshake. */
  ready(session: Session, claim: Omit<HandshakeAuth, 'token'>): void
  event<Event extends keyof ServerEvents>(
    session: Session,
    event: Event,
    payload: ServerEvents[Event],
    acknowledge?: () => void,
  ): void
  ended(session: Session): void
}

const connectMs = 15_000
const probeMs = 3_000

export class Connection {
  readonly status = new Cell<ConnectionStatus>({ status: 'idle' })
  session: Session | null = null
  readonly #backoff: Backoff
  readonly #endpoints: Endpoints
  readonly #refresh: Refresh
  /** Raised by everything that makes an attempt pointless. */
  #attempt = 0
  #link: Link | null = null
  #timer: Timer | null = null
  #why: TokenReason = 'connect'
  #isProbing = false
  #unwatch: (() => void) | null = null

  constructor(
    private readonly options: ConnectionOptions,
    private readonly hooks: ConnectionHooks,
  ) {
    this.#backoff = new Backoff(options.random, options.backoff)
    this.#endpoints = new Endpoints(options.url, options.endpoints)
    this.#refresh = new Refresh(
      options.clock,
      (why) => options.getToken(why),
      (session) => this.reject(session),
    )
  }

  connect(): void {
    const { status } = this.status.getSnapshot()
    if (status !== 'idle' && status !== 'ended') return
    this.#why = 'connect'
    this.#backoff.reset()
    this.#unwatch ??= watchWallClock(this.options.clock, () => this.wake())
    void this.#connect()
  }

  disconnect(): void {
    this.#leave()
    this.#unwatch?.()
    this.#unwatch = null
    this.status.set({ status: 'idle' })
  }

  /** The page is put away, and may come back: `wake` connects again. */
  pause(): void {
    const { status } = this.status.getSnapshot()
    if (status === 'idle' || status === 'ended') return
    this.#leave()
    this.status.set({ status: 'waiting', retryAt: this.options.clock.now() })
  }

  /** The machine may have slept, or the network may be another one. */
  wake(): void {
    const { status } = this.status.getSnapshot()
    if (status === 'waiting') {
      this.#backoff.reset()
      this.#leave()
      void this.#connect()
    } else if (this.session !== null) this.#probe(this.session)
  }

  /** Everything that was missed is there. */
  caughtUp(session: Session): void {
    if (session !== this.session) return
    // It proved itself: a later loss begins with a short delay again.
    this.#backoff.reset()
    this.status.set({ status: 'live' })
  }

  catchingUp(session: Session): void {
    if (session === this.session) this.status.set({ status: 'syncing' })
  }

  /** Drops a session that is of no use any more, and connects anew. */
  replace(session: Session, error?: WireError): void {
    if (session === this.session) this.#comeBack(error)
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt
    this.status.set({ status: 'connecting' })
    const { clock } = this.options
    let token: string
    let url: string
    try {
      token = await this.options.getToken(this.#why)
      url = await this.#endpoints.current()
    } catch {
      if (attempt === this.#attempt) this.#comeBack({ code: 'UNAVAILABLE', message: 'no token was to be had' })
      return
    }
    if (attempt !== this.#attempt) return
    const claims: { sent: Omit<HandshakeAuth, 'token'> | null } = { sent: null }
    const isCurrent = (): boolean => attempt === this.#attempt
    this.#timer = clock.setTimeout(() => isCurrent() && this.#failed(null), connectMs)
    this.#link = this.options.dial(url, () => ({ ...(claims.sent = this.options.claim()), token }), {
      event: (event, payload, acknowledge) => {
        if (!isCurrent()) return
        if (event === 'ready') this.#ready(payload as Ready, claims.sent!)
        else this.#event(event, payload as never, acknowledge)
      },
      refused: (error) => isCurrent() && this.#failed(error),
      closed: () => isCurrent() && this.#comeBack(),
    })
  }

  #ready(ready: Ready, claim: Omit<HandshakeAuth, 'token'>): void {
    const session = new Session(this.#link!, ready, this.options.clock, () => this.replace(session))
    this.#stopTimer()
    this.#why = 'connect'
    this.session = session
    this.status.set({ status: 'syncing' })
    this.#refresh.begin(session)
    this.hooks.ready(session, claim)
  }

  #event<Event extends keyof ServerEvents>(event: Event, payload: ServerEvents[Event], acknowledge?: () => void): void {
    const { session } = this
    if (session === null) return
    if (event === 'kick') this.#kicked(payload as ServerEvents['kick'])
    else if (event === 'reconnect') this.#drains(session, (payload as ServerEvents['reconnect']).afterMs)
    else this.hooks.event(session, event, payload, acknowledge)
  }

  #kicked(kick: ServerEvents['kick']): void {
    if (afterKick[kick.reason] === 'stay-away') return this.#end({ kind: 'kicked', ...kick })
    this.#why = 'rejected'
    this.#leave()
    // A server that kicks again at once does not make the client hurry.
    this.#comeBack()
  }

  #drains(session: Session, afterMs: number): void {
    this.options.clock.setTimeout(() => {
      if (session !== this.session) return
      this.#endpoints.failed()
      this.#leave()
      void this.#connect()
    }, afterMs)
  }

  /** A session whose token was refused goes on with a new one. */
  reject(session: Session): void {
    if (session !== this.session) return
    this.#why = 'rejected'
    this.#comeBack()
  }

  #failed(error: WireError | null): void {
    if (error?.code === 'UNAUTHENTICATED') {
      if (this.#why === 'rejected') return this.#end({ kind: 'unauthenticated', error })
      this.#why = 'rejected'
      this.#leave()
      void this.#connect()
      return
    }
    if (error !== null && !mayBeTriedAgain(error.code)) return this.#end({ kind: 'refused', error })
    this.#endpoints.failed()
    this.#comeBack(error ?? undefined)
  }

  #end(reason: EndReason): void {
    this.#leave()
    this.status.set({ status: 'ended', reason })
  }

  #comeBack(error?: WireError): void {
    const { clock } = this.options
    this.#leave()
    const attempt = this.#attempt
    const delayMs = this.#backoff.next(error?.retryAfterMs)
    this.status.set({ status: 'waiting', retryAt: clock.now() + Math.round(delayMs), ...(error && { error }) })
    this.#timer = clock.setTimeout(() => {
      if (attempt === this.#attempt) void this.#connect()
    }, delayMs)
  }

  /** Ends whatever there is: the attempt, the link, the session. */
  #leave(): void {
    this.#attempt += 1
    this.#stopTimer()
    this.#refresh.stop()
    const { session } = this
    this.session = null
    this.#isProbing = false
    if (session === null) this.#link?.close()
    this.#link = null
    if (session === null) return
    session.end()
    this.hooks.ended(session)
  }

  #probe(session: Session): void {
    if (this.#isProbing) return
    this.#isProbing = true
    const { clock } = this.options
    const timer = clock.setTimeout(() => {
      if (session !== this.session) return
      this.#leave()
      void this.#connect()
    }, probeMs)
    session.call('time', { t0: clock.now() }, () => {
      clock.clearTimeout(timer)
      this.#isProbing = false
    })
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.options.clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}
