// The client's own connection and store, put together: every other part works on them through here.
import { protocolVersion, type HandshakeAuth, type ServerEvents, type WireError } from '@rookery/protocol'
import { Connection, type ConnectionOptions } from '../connection/connection.js'
import { ServerClock } from '../connection/server-clock.js'
import type { Session } from '../connection/session.js'
import type { ConnectionStatus } from '../connection/status.js'
import { dropStored, takePeer } from '../engine/answers.js'
import { Engine } from './engine.js'
import type { Mirror } from '../engine/mirror.js'
import type { Signal, Step } from '../engine/step.js'
import type { Backend, Commands, Passing } from '../ports/backend.js'
import type { Clock, Random } from '../ports/clock.js'
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import type { Platform } from '../ports/platform.js'
import type { OutboxRow } from '../ports/rows.js'
import type { StorageStatus } from '../ports/storage-status.js'
import type { Observable } from '../views/observable.js'
import { Asker } from './asker.js'
import { CatchUp } from './catch-up.js'
import { commandsOf } from './commands.js'
import { Fetches } from './fetches.js'
import { Sender } from './sender.js'
import { Topics } from './topics.js'

/** Asks handlers that live elsewhere whether they took what the business server said. */
export type Elsewhere = (topic: string, payload: unknown) => Promise<boolean>

export interface LeaderOptions extends Omit<ConnectionOptions, 'claim'> {
  readonly deviceType: string
  /** One running client: random, and never stored, so that a tab that was duplicated is another one. */
  readonly instance: string
  readonly store: LocalStore
  readonly platform: Platform
  /** Handlers of this app; its own by default. */
  readonly topics?: Topics
  readonly elsewhere?: Elsewhere
  readonly clock: Clock
  readonly random: Random
}

export class Leader implements Backend {
  readonly engine: Engine
  readonly status: Observable<ConnectionStatus>
  readonly storage: Observable<StorageStatus>
  readonly reads: Backend['reads']
  readonly commands: Commands
  readonly #connection: Connection
  readonly #catchUp: CatchUp
  readonly #sender: Sender
  readonly #fetches: Fetches
  readonly #asker: Asker
  readonly #serverClock: ServerClock
  readonly #topics: Topics
  readonly #passing = new Set<(passing: Passing) => void>()
  readonly #openers = new Set<() => void>()
  readonly #sending = new Set<() => void>()
  #opening: Promise<void> | null = null
  #unhook: (() => void)[] = []
  /** Messages that the server had acknowledged when the last pull began. */
  #acknowledged: readonly string[] = []

  constructor(private readonly options: LeaderOptions) {
    const { clock, random, store, topics = new Topics() } = options
    this.#topics = topics
    this.engine = new Engine(store)
    this.reads = this.engine.store
    this.storage = this.engine.storage
    this.#connection = new Connection(
      { ...options, claim: () => this.#claim() },
      {
        ready: (session, claim) => this.#ready(session, claim),
        event: (session, event, payload, acknowledge) => this.#event(session, event, payload, acknowledge),
        ended: () => this.#ended(),
      },
    )
    this.status = this.#connection.status
    this.#serverClock = new ServerClock(clock)
    const rejected = (session: Session): void => this.#connection.reject(session)
    const failed = (error: unknown): void => this.#failed(error)
    this.#catchUp = new CatchUp({
      engine: this.engine,
      connection: this.#connection,
      clock,
      random,
      failed,
      began: () => (this.#acknowledged = this.#sentKeys()),
      reached: (session) => this.#reached(session),
    })
    this.#sender = new Sender({
      engine: this.engine,
      clock,
      random,
      rejected,
      duplicate: () => this.#catchUp.pull(),
      changed: () => {
        for (const changed of this.#sending) changed()
      },
    })
    this.#fetches = new Fetches({ engine: this.engine, clock, random, failed })
    this.#asker = new Asker(clock, random, rejected)
    this.commands = commandsOf({
      engine: this.engine,
      asker: this.#asker,
      sender: this.#sender,
      serverNow: () => this.now(),
      open: () => this.open(),
      tell: (body) => this.#connection.session?.tell('typing', body),
    })
    this.engine.onCommit((ops) => {
      if (ops.some((op) => op.op === 'put' && op.table === 'conversations' && (op.row.isStale || op.row.readTo)))
        this.#fetches.look()
    })
    this.engine.onSignal((signal) => {
      if (signal.kind === 'custom') void this.#topics.tell(signal.topic, signal.payload)
    })
  }

  get mirror(): Mirror {
    return this.engine.mirror
  }

  now(): number {
    return this.#serverClock.now()
  }

  isSending(row: OutboxRow): boolean {
    return this.#sender.isSending(row)
  }

  onOpen(changed: () => void): () => void {
    this.#openers.add(changed)
    return () => this.#openers.delete(changed)
  }

  onCommit(changed: (ops: readonly StoreOp[]) => void): () => void {
    return this.engine.onCommit(changed)
  }

  onSignal(hear: (signal: Signal) => void): () => void {
    return this.engine.onSignal(hear)
  }

  onPassing(hear: (passing: Passing) => void): () => void {
    this.#passing.add(hear)
    return () => this.#passing.delete(hear)
  }

  onSending(changed: () => void): () => void {
    this.#sending.add(changed)
    return () => this.#sending.delete(changed)
  }

  onTopic(topic: string, handler: (payload: unknown) => unknown): () => void {
    return this.#topics.on(topic, handler)
  }

  /** Opens the store, once. */
  open(): Promise<void> {
    this.#opening ??= this.engine
      .open(() => this.options.random.id())
      .then(() => {
        this.#sender.adopt(this.mirror.outbox.values())
        for (const changed of this.#openers) changed()
      })
    return this.#opening
  }

  async connect(): Promise<void> {
    await this.open()
    const { platform } = this.options
    if (this.#unhook.length === 0)
      this.#unhook = [platform.onWake(() => this.#connection.wake()), platform.onHide(() => this.#connection.pause())]
    this.#connection.connect()
  }

  disconnect(): Promise<void> {
    for (const unhook of this.#unhook) unhook()
    this.#unhook = []
    this.#connection.disconnect()
    return this.engine.idle()
  }

  async logout(isWiped: boolean): Promise<void> {
    await this.open()
    const { session } = this.#connection
    if (session !== null) await session.ask('logout', {}, logoutMs).catch(() => {})
    await this.disconnect()
    if (isWiped) await this.engine.run((step) => wipe(step, this.options.random.id()))
  }

  #claim(): Omit<HandshakeAuth, 'token'> {
    const { deviceType, instance } = this.options
    const { deviceId } = this.mirror.meta
    return { deviceId, deviceType, instance, protocol: protocolVersion, ...this.#catchUp.claim() }
  }

  #ready(session: Session, claim: Omit<HandshakeAuth, 'token'>): void {
    const { userId } = session.ready
    const known = this.mirror.meta.userId
    // What another user left behind is neither shown nor sent.
    if (known !== undefined && known !== userId) {
      this.engine
        .run((step) => wipe(step, this.options.random.id()))
        .then(
          () => this.#connection.replace(session),
          (error: unknown) => this.#failed(error),
        )
      return
    }
    this.#serverClock.begin(session)
    this.#fetches.begin(session)
    this.#catchUp.begin(session, claim.since !== undefined)
    this.#sender.begin(session)
    this.#asker.begin(session)
  }

  #event<Event extends keyof ServerEvents>(
    session: Session,
    event: Event,
    payload: ServerEvents[Event],
    acknowledge?: () => void,
  ): void {
    const is = <E extends keyof ServerEvents>(name: E, _given: unknown): _given is ServerEvents[E] =>
      event === (name as string)
    if (is('entries', payload)) this.#catchUp.entries(session, payload)
    else if (is('timeline', payload)) this.#catchUp.timeline(session, payload)
    else if (is('sync', payload)) this.#catchUp.pull()
    else if (is('receipt', payload)) this.#receipt(session, payload)
    else if (is('typing', payload)) this.#pass({ kind: 'typing', ...payload })
    else if (is('presence', payload)) this.#pass({ kind: 'presence', user: payload })
    else if (is('s2c', payload)) void this.#said(payload).then((isHandled) => isHandled && acknowledge?.())
  }

  async #said({ topic, payload }: ServerEvents['s2c']): Promise<boolean> {
    if (await this.#topics.tell(topic, payload)) return true
    return (await this.options.elsewhere?.(topic, payload)) ?? false
  }

  #pass(passing: Passing): void {
    for (const hear of this.#passing) hear(passing)
  }

  #receipt(session: Session, receipt: ServerEvents['receipt']): void {
    this.engine
      .run((step) => (session.isOver ? undefined : takePeer(step, receipt)))
      .catch((error: unknown) => this.#failed(error))
  }

  #ended(): void {
    this.#catchUp.end()
    this.#sender.end()
    this.#fetches.end()
    this.#asker.end()
    this.#serverClock.stop()
  }

  /** Everything up to the head is held. */
  #reached(session: Session): void {
    this.#fetches.open()
    this.#connection.caughtUp(session)
    const left = this.#acknowledged.filter((key) => this.mirror.outbox.get(key)?.state === 'sent')
    this.#acknowledged = []
    if (left.length > 0)
      this.engine.run((step) => dropStored(step, left)).catch((error: unknown) => this.#failed(error))
  }

  #sentKeys(): string[] {
    return [...this.mirror.outbox.values()]
      .filter(({ state }) => state === 'sent')
      .map(({ clientMsgId }) => clientMsgId)
  }

  #failed(_error: unknown): void {
    const { session } = this.#connection
    if (session !== null) this.#connection.replace(session, storeFailed)
  }
}

const logoutMs = 3_000
const storeFailed: WireError = {
  code: 'UNAVAILABLE',
  message: 'the storage of this device failed',
}

/** Nothing of the user stays, and the device is a new one. */
function wipe(step: Step, deviceId: string): void {
  step.clear()
  step.clearOwn()
  step.meta = { key: 'device', deviceId, seq: 0, isListed: false }
}
