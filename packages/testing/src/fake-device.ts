// A client without a network: it speaks to a gate as a transport would, and remembers what the gate sent. It checks each
// frame against the protocol.
import type { Connection, Frame, Gate, Inbound } from '@rookery/core'
import { RookeryError } from '@rookery/protocol'
import { answerFault, eventFault, refusalFault } from '@rookery/protocol/schemas'
import { failOn, type OnMisshapen } from './misshapen.js'

/** Parsed JSON from the wire: tests read its fields without stating its type first. */
// oxlint-disable-next-line typescript/no-explicit-any -- `unknown` would make every look at an answer a cast
export type Wire = any

/** The `auth` of a device's handshake, a plain object as on the wire. */
export type FakeAuth = Readonly<Record<string, unknown>>

/** An answer as the wire carries it. */
export type FakeAnswer =
  | { readonly ok: true; readonly data: Wire }
  | {
      readonly ok: false
      readonly error: {
        readonly code: string
        readonly message: string
        readonly details?: unknown
        readonly retryAfterMs?: number
      }
    }

/** An event as the wire carries it. */
export interface FakeEvent {
  readonly event: string
  readonly payload: Wire
}

/** Frames that were checked, for devices that get the same. */
const sound = new WeakSet<Frame>()

interface FakeDeviceOptions {
  readonly headers?: Record<string, string>
  readonly onEvent?: (event: FakeEvent) => void
  /**
   * Takes the faults of frames that are not of the protocol's form; null looks for none. Default: they fail the test run.
   */
  readonly onMisshapen?: OnMisshapen | null
}

export class FakeDevice implements Connection {
  /** Every event that it received, in order. */
  readonly events: FakeEvent[] = []
  /** True once the server has closed the session, or the device has disconnected. */
  isClosed = false
  /** While false the device reads nothing: emitted frames stay queued. */
  isReading = true
  /**
   * True while the server has stopped reading. The device's requests still reach it, as if the transport had read them
   * already.
   */
  isUnread = false
  private queue: (() => void)[] = []
  private bytes = 0
  private inbound: Inbound | null = null
  private readonly watchers = new Set<() => void>()

  private constructor(
    private readonly take: ((event: FakeEvent) => void) | undefined,
    private readonly misshapen: OnMisshapen | null,
  ) {}

  /**
   * Connects, and waits until the gate has decided.
   * @throws RookeryError if the gate refuses the handshake
   */
  static async connect(
    gate: Gate,
    auth: FakeAuth,
    { headers = {}, onEvent, onMisshapen = failOn }: FakeDeviceOptions = {},
  ): Promise<FakeDevice> {
    const device = new FakeDevice(onEvent, onMisshapen)
    const opening = gate.open({ auth, headers, ip: '127.0.0.1' }, device)
    const inbound = await opening.catch((error: unknown) => {
      if (error instanceof RookeryError) device.check(() => refusalFault(error.toWire()))
      throw error
    })
    if (device.isClosed) inbound.closed()
    else device.inbound = inbound
    return device
  }

  /** The payload of `ready`. */
  get ready(): Wire {
    return this.events.find(({ event }) => event === 'ready')?.payload
  }

  /** All live entries, in the order in which they arrived. */
  get entries(): Wire[] {
    return this.of('entries').flatMap((payload) => payload.entries)
  }

  /** The payloads of all events with this name. */
  of(event: string): Wire[] {
    return this.events.filter((one) => one.event === event).map(({ payload }) => payload)
  }

  /** Sends a request and resolves with its answer. It never settles if the session ends first. */
  request(event: string, ...args: unknown[]): Promise<FakeAnswer> {
    return new Promise((resolve) => this.call(event, args, resolve))
  }

  /** Sends a request. `answered` gets the answer, in order with the events. */
  call(event: string, args: readonly unknown[], answered: (answer: FakeAnswer) => void): void {
    const sent: unknown[] = args.map((arg) => (arg === undefined ? arg : JSON.parse(JSON.stringify(arg))))
    this.inbound?.request(event, sent, (json) =>
      this.enqueue(json.length, () => {
        const answer: FakeAnswer = JSON.parse(json)
        this.check(() => answerFault(event, answer))
        answered(answer)
      }),
    )
  }

  /** Sends a request with its arguments unchanged, as a transport might have decoded them. */
  callAsIs(event: string, args: readonly unknown[], answered: (json: string) => void): void {
    this.inbound?.request(event, args, answered)
  }

  /** Sends a request that must succeed, and resolves with its data. */
  async ask(event: string, request: unknown = {}): Promise<Wire> {
    const answer = await this.request(event, request)
    if (!answer.ok) throw new Error(`${event} was answered ${answer.error.code}: ${answer.error.message}`)
    return answer.data
  }

  /** Sends a request that must fail, and resolves with its code. */
  async code(event: string, ...args: unknown[]): Promise<string> {
    const answer = await this.request(event, ...args)
    if (answer.ok) throw new Error(`${event} went well: ${JSON.stringify(answer.data)}`)
    return answer.error.code
  }

  /** Sends a request without asking for an answer. */
  tell(event: string, ...args: unknown[]): void {
    this.inbound?.request(event, args, undefined)
  }

  /** Resolves once `holds()` is true; checks after everything that arrives. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return
        this.watchers.delete(look)
        resolve()
      }
      this.watchers.add(look)
    })
  }

  /** Stops reading, as a phone in a tunnel whose socket is still open. */
  stall(): void {
    this.isReading = false
  }

  /** Reads again, and takes what was queued. */
  resume(): void {
    this.isReading = true
    const queue = this.queue.splice(0)
    this.bytes = 0
    for (const take of queue) take()
  }

  /** Drops the connection without a close. */
  disconnect(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.inbound?.closed()
    for (const look of this.watchers) look()
  }

  get queuedBytes(): number {
    return this.bytes
  }

  emit(frame: Frame, acknowledged?: () => void): void {
    const { event, json } = frame
    this.enqueue(json.length, () => {
      const taken: FakeEvent = { event, payload: JSON.parse(json) }
      if (!sound.has(frame)) this.check(() => eventFault(event, taken.payload))
      sound.add(frame)
      this.events.push(taken)
      this.take?.(taken)
      acknowledged?.()
    })
  }

  stopReading(): void {
    this.isUnread = true
  }

  readOn(): void {
    this.isUnread = false
  }

  end(last?: Frame): void {
    if (this.isClosed) return
    this.queue = []
    this.bytes = 0
    this.isReading = true
    if (last !== undefined) this.emit(last)
    this.isClosed = true
    this.inbound?.closed()
    for (const look of this.watchers) look()
  }

  private check(look: () => string | null): void {
    const fault = this.misshapen === null ? null : look()
    if (fault !== null) this.misshapen?.(fault)
  }

  private enqueue(bytes: number, take: () => void): void {
    if (this.isClosed) return
    if (this.isReading) {
      take()
      for (const look of this.watchers) look()
      return
    }
    this.queue.push(take)
    this.bytes += bytes
  }
}
