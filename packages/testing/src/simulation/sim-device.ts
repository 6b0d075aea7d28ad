// One device with a client as PROTOCOL describes it: it logs in with what it holds, pulls, follows, sends unanswered
// messages again, reconnects after a lost connection, and stays away after a kick. It records everything that it sees.
import { RookeryError } from '@rookery/protocol'
import { FakeDevice, type FakeAnswer, type FakeEvent } from '../fake-device.js'
import type { SeededRandom } from '../seeded-random.js'
import type { SimulatedNode } from '../simulated-cluster.js'
import type { VirtualClock } from '../virtual-clock.js'
import type {
  EventPayload,
  HandshakeClaim,
  Recorded,
  RequestBody,
  DeviceState,
  WireEntry,
  WireMessage,
  WireTimeline,
} from './history.js'
import type { Cut, Link, LinkHooks } from './link.js'
import { Outbox, type Outgoing } from './outbox.js'
import { Timelines } from './timelines.js'

/** A message by its place. */
export interface Place {
  readonly conversationId: string
  readonly seq: number
}

/** What all devices share. */
export interface SimWorld {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly record: (event: Recorded) => void
  /** A node to connect to, not `except` if there is another; null if none is known. */
  node(except: string | null): SimulatedNode | null
  dial(node: SimulatedNode, hooks: LinkHooks): Link
  /** Whether devices check frames against the protocol. */
  readonly checksFrames: boolean
  nextConn(): number
  nextRequest(): number
}

interface Ready {
  readonly seq: number
  readonly epoch: string
  readonly reset: boolean
  readonly timelines: readonly { readonly conversationId: string; readonly seq: number }[]
}

interface Live {
  readonly conn: number
  readonly link: Link
  device: FakeDevice | null
  isReady: boolean
  /** Called with null when the connection ends. */
  readonly waiting: Set<(answer: FakeAnswer | null) => void>
}

/** How long a client waits for an answer before it takes its connection for dead, ms. */
const patienceMs = 20_000
/** The largest page that it asks for. */
export const pageMax = 20

export class SimDevice {
  /** True while it tries to be connected. */
  wants = false
  /** Without power for the rest of the run. */
  isOff = false
  /** It holds every entry up to here, from where it began. */
  position = 0
  /** The conversations that it knows, each with the last message that it saw. */
  readonly conversations = new Map<string, number>()
  /** Those of them that are groups. */
  readonly groups = new Set<string>()
  /** Messages of its user, and those that it asked to change. */
  readonly own: Place[] = []
  readonly changed: Place[] = []
  /** The conversation timelines that it follows. */
  readonly timelines = new Timelines()
  /** Messages whose acknowledgement it received. */
  readonly sent: Outgoing[] = []
  readonly outbox: Outbox
  #live: Live | null = null
  /** The connection before this one, not closed yet. */
  #replaced: Live | null = null
  #positionAt: number | null = null
  #epoch: string | null = null
  #hasBegun = false
  #isPulling = false
  #failures = 0
  #avoid: string | null = null

  constructor(
    private readonly world: SimWorld,
    readonly user: string,
    readonly deviceId: string,
    readonly type: string,
    private readonly instance: string | null,
    /** True if its first login names the position 0; otherwise it follows from then on. */
    private readonly beginsAtZero: boolean,
  ) {
    this.outbox = new Outbox(world.clock, (message) => this.sent.push(message))
  }

  get isReady(): boolean {
    return this.#live?.isReady === true
  }

  get standing(): DeviceState {
    const { user, deviceId: device, type, wants, isOff, position } = this
    const conn = this.isReady ? this.#live!.conn : null
    const timelines = this.timelines.held
    return { user, device, type, conn, wants, isOff, position, timelines, unanswered: this.outbox.unanswered }
  }

  /** The node of its connection, ready or not; null if it has none. */
  get nodeName(): string | null {
    return this.#live?.link.nodeName ?? null
  }

  /** It does not come back after it loses its connection, and it forgets what it had not sent. */
  switchOff(): void {
    this.wants = false
    this.isOff = true
    this.outbox.clear()
    this.#letGo()
  }

  /** Switches a device on again that was switched off. */
  switchOn(): void {
    if (!this.isOff) return
    this.isOff = false
    this.open()
  }

  /** The user opens the app. */
  open(): void {
    if (this.wants || this.isOff) return
    this.wants = true
    void this.#connect()
  }

  /** The device changes networks: it opens a second connection, and closes the first once the second is decided. */
  reopen(): void {
    const old = this.#live
    if (old?.isReady !== true || this.#replaced !== null || !this.wants) return
    this.#replaced = old
    this.#leave(old)
    void this.#connect()
  }

  /** Something outside cuts its connection. */
  cut(kind: Cut): void {
    this.#live?.link.cut(kind)
  }

  /** Its next answer is lost, and the connection with it. */
  swallowAnswer(): void {
    this.#live?.link.swallowNext()
  }

  /** The network works from now on. */
  healed(): void {
    this.#live?.link.healed()
  }

  /** It reads nothing for a while, and its socket stays open. */
  stall(forMs: number): void {
    this.#live?.link.stall(forMs)
  }

  /** Makes the position that it claims wrong, as on a restored phone, or against another server's backup. */
  corrupt(kind: 'beyond' | 'epoch' | 'entry'): void {
    if (!this.#hasBegun || this.position === 0) return
    if (kind === 'beyond') this.position += 1000
    else if (kind === 'epoch') this.#epoch = 'of-another-storage'
    else this.#positionAt = 1
    this.cut('reset')
  }

  send(message: Outgoing): void {
    if (!this.isOff) this.outbox.add(message)
  }

  /**
   * Sends any request besides those that it makes by itself; null if it is not connected or the connection ends first.
   */
  ask(event: string, body: object): Promise<FakeAnswer | null> {
    const live = this.#live
    const device = live?.device
    if (live == null || device == null || !live.isReady) return Promise.resolve(null)
    const { world } = this
    const n = world.nextRequest()
    const { conn } = live
    world.record({ t: 'request', conn, n, event, body: body as RequestBody })
    return new Promise((resolve) => {
      const settle = (answer: FakeAnswer | null): void => {
        world.clock.clearTimeout(patience)
        live.waiting.delete(settle)
        resolve(answer)
      }
      const patience = world.clock.setTimeout(() => this.#giveUp(live), patienceMs)
      live.waiting.add(settle)
      void device.request(event, body).then((answer) => {
        if (answer.ok) world.record({ t: 'answer', conn, n, ok: true, data: answer.data })
        else world.record({ t: 'answer', conn, n, ok: false, code: answer.error.code })
        settle(answer)
      })
    })
  }

  async #connect(): Promise<void> {
    const { world, user, deviceId, type } = this
    if (!this.wants || this.#live !== null) return
    const node = world.node(this.#avoid)
    this.#avoid = null
    if (node === null) return this.#comeBack()
    const conn = world.nextConn()
    const link = world.dial(node, {
      broken: () => world.record({ t: 'broken', conn }),
      ended: (by) => this.#ended(live, by),
    })
    const live: Live = { conn, link, device: null, isReady: false, waiting: new Set() }
    this.#live = live
    const given = this.#given()
    world.record({ t: 'dial', conn, user, device: deviceId, given })
    const auth = {
      token: user,
      deviceId,
      deviceType: type,
      ...(this.instance && { instance: this.instance }),
      ...given,
    }
    try {
      live.device = await FakeDevice.connect(link, auth, {
        onEvent: (event) => this.#event(live, event, given),
        onMisshapen: world.checksFrames ? (fault) => world.record({ t: 'misshapen', conn, fault }) : null,
      })
    } catch (error) {
      const code = error instanceof RookeryError ? error.code : 'NETWORK'
      world.record({ t: 'refused', user, device: deviceId, code })
      if (this.#live === live) this.#live = null
      this.#letGo()
      this.#comeBack()
    }
  }

  #letGo(): void {
    const { world } = this
    const old = this.#replaced
    this.#replaced = null
    if (old === null) return
    old.device?.disconnect()
    world.record({ t: 'disconnect', conn: old.conn, by: 'client' })
  }

  #given(): HandshakeClaim {
    if (!this.#hasBegun) return this.beginsAtZero ? { since: 0 } : {}
    return {
      since: this.position,
      ...(this.timelines.isEmpty ? {} : { timelines: this.timelines.held }),
      ...(this.#positionAt !== null && { sinceAt: this.#positionAt }),
      ...(this.#epoch !== null && { epoch: this.#epoch }),
    }
  }

  #event(live: Live, { event, payload }: FakeEvent, given: HandshakeClaim): void {
    const { world, user, deviceId, type } = this
    const { conn } = live
    if (event === 'ready') {
      const { seq, epoch, reset, timelines } = payload
      const node = live.link.nodeName
      const told = { seq, epoch, reset, ...(timelines.length > 0 && { timelines }) }
      world.record({ t: 'connect', conn, user, device: deviceId, type, node, given, ready: told })
      if (this.#live === live) this.#ready(live, payload, given.since !== undefined)
      return
    }
    world.record({ t: 'event', conn, event, payload })
    if (this.#live !== live) return
    if (event === 'entries') this.#takeLive(payload.entries)
    else if (event === 'timeline') this.#takeTimeline(payload)
    else if (event === 'sync') void this.#pull()
    else if (event === 'kick' && staysAway.has(payload.reason)) this.wants = false
    else if (event === 'reconnect') world.clock.setTimeout(() => this.#goElsewhere(live), payload.afterMs)
  }

  #ready(live: Live, { seq, epoch, reset, timelines }: Ready, saidSince: boolean): void {
    live.isReady = true
    this.#letGo()
    this.#failures = 0
    if (reset) this.#startOver()
    if (!saidSince) {
      this.position = seq
      this.#positionAt = null
      for (const { conversationId, seq: head } of timelines) this.timelines.begin(conversationId, head)
    }
    this.#epoch = epoch
    this.#hasBegun = true
    this.#isPulling = false
    this.outbox.connected(({ event = 'c2c', ...message }) => this.ask(event, message))
    if (saidSince) void this.#pull()
  }

  #startOver(): void {
    this.position = 0
    this.#positionAt = null
    this.timelines.clear()
  }

  async #pull(): Promise<void> {
    if (this.#isPulling) return
    const live = this.#live
    this.#isPulling = true
    for (let more = true; more && this.#live === live;) {
      const { position: since } = this
      const at = this.#positionAt === null ? {} : { sinceAt: this.#positionAt }
      const timelines = this.timelines.isEmpty ? {} : { timelines: this.timelines.held }
      const answer = await this.ask('pull', { since, ...at, ...timelines, limit: 1 + this.world.random.int(pageMax) })
      if (answer === null || this.#live !== live) return
      if (answer.ok) {
        if (answer.data.reset) this.#startOver()
        else this.#takePage(answer.data)
        more = answer.data.more
      }
      const pauseMs = answer.ok ? this.world.random.int(20) : (answer.error.retryAfterMs ?? 500)
      if (more) await new Promise<void>((resolve) => this.world.clock.setTimeout(resolve, pauseMs))
    }
    if (this.#live === live) this.#isPulling = false
  }

  #takePage(page: {
    readonly entries: readonly WireEntry[]
    readonly timelines: readonly WireTimeline[]
    readonly seq: number
    readonly epoch: string
  }): void {
    this.#epoch = page.epoch
    for (const entry of page.entries) this.#take(entry)
    if (page.seq > this.position) this.position = page.seq
    for (const { conversationId, messages, seq } of page.timelines) {
      for (const message of messages) this.#know(message)
      this.timelines.moved(conversationId, seq)
    }
  }

  #takeTimeline({ conversationId, messages }: EventPayload): void {
    for (const message of messages) {
      const at = this.timelines.at(conversationId)
      // Skips a timeline that it does not follow, and messages that it holds.
      if (at === undefined || message.seq <= at) continue
      if (message.seq > at + 1) return void this.#pull()
      this.timelines.moved(conversationId, message.seq)
      this.#know(message)
    }
  }

  #takeLive(entries: readonly WireEntry[]): void {
    for (const entry of entries) {
      if (entry.seq > this.position + 1) return void this.#pull()
      this.#take(entry)
    }
  }

  #take(entry: WireEntry): void {
    if (entry.seq !== this.position + 1) return
    this.position = entry.seq
    this.#positionAt = entry.at
    if (entry.message !== undefined) this.#know(entry.message)
    this.timelines.told(entry)
  }

  #know({ conversationId, seq, groupId, from, type }: WireMessage): void {
    this.conversations.set(conversationId, seq)
    if (from === this.user && !type.startsWith('im.')) this.own.push({ conversationId, seq })
    if (groupId !== undefined) this.groups.add(groupId)
  }

  #goElsewhere(live: Live): void {
    if (this.#live !== live) return
    this.#avoid = live.link.nodeName
    this.#giveUp(live)
  }

  /** The client itself closes the connection. */
  #giveUp(live: Live): void {
    if (this.#live !== live) return
    live.device?.disconnect()
    this.#ended(live, 'client')
  }

  #ended(live: Live, by: 'server' | 'network' | 'client'): void {
    this.world.record({ t: 'disconnect', conn: live.conn, by })
    if (this.#live !== live) return
    this.#leave(live)
    this.#letGo()
    this.#comeBack()
  }

  /** It no longer waits for answers on that connection. */
  #leave(live: Live): void {
    this.#live = null
    this.#isPulling = false
    this.outbox.disconnected()
    for (const settle of [...live.waiting]) settle(null)
  }

  #comeBack(): void {
    if (!this.wants) return
    const { clock, random } = this.world
    const upTo = Math.min(3000, 200 * 2 ** this.#failures++)
    clock.setTimeout(() => void this.#connect(), 20 + random.int(upTo))
  }
}

const staysAway: ReadonlySet<unknown> = new Set(['same-device-type', 'same-device', 'admin', 'logout'])
