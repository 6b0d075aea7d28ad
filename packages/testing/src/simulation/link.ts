// The network between one client and one node: it keeps the order in both directions, until a test cuts it.
import type { Connection, Frame, Gate, Handshake, Inbound } from '@rookery/core'
import { RookeryError } from '@rookery/protocol'
import type { SeededRandom } from '../seeded-random.js'
import type { VirtualClock } from '../virtual-clock.js'
import type { NodeProcess } from './node-process.js'

/** How a connection is lost. */
export type Cut =
  /** Both sides learn of it at once. */
  | 'reset'
  /** The client learns of it; the server learns of it only when its ping gets no answer. */
  | 'half-open'
  /** Neither side learns of it before a timeout. */
  | 'black-hole'

/** What a node offers to clients that connect. */
export interface Listener {
  readonly name: string
  readonly process: NodeProcess
  readonly gate: Gate
  readonly links: Set<Link>
}

/** What the client's side of a link does on events of the link. */
export interface LinkHooks {
  /** Nothing arrives any more, whether or not the sides know it. */
  broken(): void
  /** The client knows that the link is over; not called if the client itself closed it. */
  ended(by: 'server' | 'network'): void
}

const connectTimeoutMs = 10_000
const pingTimeoutMs = 45_000
const latencyMs = [1, 30] as const

export class Link implements Gate {
  #device: Connection | null = null
  #inbound: Inbound | null = null
  #state: 'new' | 'open' | 'over' = 'new'
  #isCut = false
  #upAtMs = 0
  #downAtMs = 0
  /** Frames that the node emitted in this turn. */
  #turn: Frame[] = []
  #turnBytes = 0
  #swallow = 0
  #isStalled = false
  /** Data that arrived while the client does not read, in order. */
  #unread: { readonly run: () => void; readonly bytes: number }[] = []
  #hasServerEnded = false
  #last: Frame | undefined
  #refuse: (error: unknown) => void = () => {}

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: SeededRandom,
    private readonly node: Listener,
    private readonly hooks: LinkHooks,
  ) {}

  get nodeName(): string {
    return this.node.name
  }

  open(handshake: Handshake, device: Connection): Promise<Inbound> {
    this.#device = device
    this.node.links.add(this)
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        if (this.#state !== 'new') return
        this.clock.clearTimeout(timer)
        run()
      }
      const refuse = (error: unknown): void =>
        settle(() => {
          this.#over()
          reject(error instanceof Error ? error : new Error('refused'))
        })
      this.#refuse = refuse
      const timer = this.clock.setTimeout(() => {
        refuse(new RookeryError('UNAVAILABLE', 'no connection in time'))
        this.#toServer(() => this.#inbound?.closed())
      }, connectTimeoutMs)
      const accept = (inbound: Inbound): void => {
        this.#inbound = inbound
        this.#toClient(() =>
          settle(() => {
            this.#state = 'open'
            resolve(this.#clientSide())
          }),
        )
        this.#flush()
        if (this.#hasServerEnded) this.#tellEnd()
        // The client closed the link during the handshake.
        if (this.#state === 'over') this.#toServer(() => inbound.closed())
      }
      if (this.node.process.state === 'dead') this.#toClient(() => refuse(new Error('nobody listens')))
      else
        this.#toServer(() => {
          // A client sends its `auth` only after the server's greeting: one that is gone by now sent nothing.
          if (this.#state === 'new')
            this.node.gate
              .open(handshake, this.#serverSide())
              .then(accept, (error: unknown) => this.#toClient(() => refuse(error)))
        })
    })
  }

  cut(kind: Cut): void {
    if (this.#state === 'over' || this.#isCut) return
    this.#isCut = true
    this.hooks.broken()
    if (kind !== 'black-hole') this.#clientEnds('network')
    else this.clock.setTimeout(() => this.#clientEnds('network'), 15_000 + this.random.int(10_000))
    const serverAfterMs = kind === 'reset' ? this.random.int(50) : pingTimeoutMs
    this.clock.setTimeout(() => this.node.process.enter(() => this.#inbound?.closed()), serverAfterMs)
  }

  /** Loses the next answer or frame, and the connection with it. */
  swallowNext(): void {
    this.#swallow++
  }

  /** From now on nothing more is lost, and both sides notice earlier losses. */
  healed(): void {
    this.#swallow = 0
    if (this.#isCut) this.#clientEnds('network')
  }

  /** The client reads nothing for a while, and its socket stays open. */
  stall(forMs: number): void {
    if (this.#isStalled || this.#state !== 'open') return
    this.hooks.broken()
    this.#isStalled = true
    this.clock.setTimeout(() => {
      this.#isStalled = false
      this.#readOn()
    }, forMs)
  }

  /** The dead node's machine closes its sockets. */
  nodeDied(): void {
    if (this.#state === 'over' || this.#isCut) return
    this.#isCut = true
    this.hooks.broken()
    this.clock.setTimeout(() => this.#clientEnds('network'), this.random.int(100))
  }

  #clientSide(): Inbound {
    return {
      request: (event, args, answer) =>
        this.#toServer(() =>
          this.#inbound?.request(event, args, answer && ((json) => this.#fromServer(() => answer(json), json.length))),
        ),
      closed: () => {
        if (this.#state === 'over') return
        this.#over()
        this.#toServer(() => this.#inbound?.closed())
      },
    }
  }

  #serverSide(): Connection {
    const queuedBytes = (): number => this.#turnBytes + this.#unread.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      get queuedBytes() {
        return queuedBytes()
      },
      emit: (frame) => {
        if (!this.#hasServerEnded) this.#queue(frame)
      },
      // The node has already read all that a device sends, however much it is.
      stopReading: () => {},
      readOn: () => {},
      end: (last) => {
        if (this.#hasServerEnded) return
        this.#hasServerEnded = true
        this.#turn = []
        this.#last = last
        if (this.#inbound !== null) this.#tellEnd()
      },
    }
  }

  #queue(frame: Frame): void {
    if (this.#turn.push(frame) === 1 && this.#inbound !== null)
      this.clock.setTimeout(() => this.node.process.enter(() => this.#flush()), 0)
    this.#turnBytes += frame.json.length
  }

  #flush(): void {
    const frames = this.#turn.splice(0)
    this.#turnBytes = 0
    for (const frame of frames)
      this.#toClient(() => this.#state === 'open' && this.#device?.emit(frame), frame.json.length)
  }

  /** An answer leaves after the frames before it. */
  #fromServer(run: () => void, bytes: number): void {
    if (this.#hasServerEnded) return
    this.#flush()
    this.#toClient(() => this.#state === 'open' && run(), bytes)
  }

  #tellEnd(): void {
    const last = this.#last
    this.#toClient(() => this.#clientEnds('server', last))
    this.clock.setTimeout(() => this.node.process.enter(() => this.#inbound?.closed()), 0)
  }

  #clientEnds(by: 'server' | 'network', last?: Frame): void {
    if (this.#state === 'over') return
    if (this.#state === 'new') {
      this.#refuse(new Error('the connection was lost'))
      return
    }
    this.#over()
    this.#device?.end(last)
    this.hooks.ended(by)
  }

  #over(): void {
    this.#state = 'over'
    this.node.links.delete(this)
  }

  #toServer(run: () => void): void {
    this.#upAtMs = Math.max(this.#upAtMs, this.clock.monotonic() + this.#latencyMs())
    this.clock.setTimeout(() => {
      if (!this.#isCut) this.node.process.enter(run)
    }, this.#upAtMs - this.clock.monotonic())
  }

  #toClient(run: () => void, bytes = 0): void {
    if (this.#swallow > 0 && this.#state === 'open') {
      this.#swallow--
      this.cut('half-open')
    }
    this.#downAtMs = Math.max(this.#downAtMs, this.clock.monotonic() + this.#latencyMs())
    this.clock.setTimeout(() => {
      if (this.#isCut) return
      if (this.#isStalled || this.#unread.length > 0) this.#unread.push({ run, bytes })
      else run()
    }, this.#downAtMs - this.clock.monotonic())
  }

  /** One at a time, as a client's event loop takes data from its socket. */
  #readOn(): void {
    const next = this.#isStalled || this.#isCut ? undefined : this.#unread[0]
    if (next === undefined) return
    next.run()
    this.#unread.shift()
    if (this.#unread.length > 0) this.clock.setTimeout(() => this.#readOn(), 0)
  }

  #latencyMs(): number {
    const [min, max] = latencyMs
    return min + this.random.int(max - min)
  }
}
