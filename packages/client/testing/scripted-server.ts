// A server of a few lines: a test says what it answers, and sees what the client asked. Everything runs on virtual time.
import { defaultWireLimits, type HandshakeAuth, type Ready, type WireError } from '@rookery/protocol'
import { SeededRandom, VirtualClock } from '@rookery/testing'
import { createClient, type ClientOptions, type ClientPorts } from '../src/create-client.js'
import type { Dial, LinkEvents, RawAnswer } from '../src/ports/link.js'

type Answering = (body: never) => unknown

/** A connection as the server sees it. */
export interface Dialled {
  readonly url: string
  readonly auth: HandshakeAuth
  readonly events: LinkEvents
  isClosed: boolean
}

/** Thrown by an answer: the server refuses. */
export class Refusal extends Error {
  constructor(readonly error: WireError) {
    super(error.code)
  }
}

export const refuse = (code: WireError['code'], more: Partial<WireError> = {}): never => {
  throw new Refusal({ code, message: code, ...more })
}

/** An answer that never comes. */
export const silence = Symbol('no answer')

export class ScriptedServer {
  readonly clock = new VirtualClock()
  /** Every connection so far. */
  readonly dialled: Dialled[] = []
  /** Every request that arrived. */
  readonly asked: { readonly event: string; readonly body: Record<string, unknown> }[] = []
  /** What each handshake is refused with; empty: it is accepted. */
  readonly refusals: (WireError | null)[] = []
  ready: Partial<Ready> = {}
  /** How long a frame takes, ms. */
  latencyMs = 5
  readonly #answers = new Map<string, Answering>()

  constructor() {
    this.on('pull', ({ since }: { since: number }) => ({
      ...{ entries: [], timelines: [], seq: since, more: false, truncated: false, reset: false, epoch: 'e1', mine: {} },
    }))
    this.on('conversations', () => ({ conversations: [], unreadTotal: 0 }))
    this.on('follows', () => ({ timelines: [] }))
    this.on('ack', ({ seq }: { seq: number }) => ({ seq }))
    this.on('time', ({ t0 }: { t0: number }) => ({ t0, serverTime: this.clock.now() }))
    this.on('history', () => ({ messages: [], more: false, mine: {} }))
    this.on('conversation.get', () => refuse('NOT_FOUND'))
    this.on('logout', () => ({}))
  }

  /** What a request is answered with from now on; {@link silence} for nothing, {@link refuse} for an error. */
  on<Body>(event: string, answer: (body: Body) => unknown): void {
    this.#answers.set(event, answer)
  }

  /** The connection that is open now. */
  get link(): Dialled {
    const last = this.dialled.at(-1)
    if (last === undefined) throw new Error('nobody has connected')
    return last
  }

  requests(event: string): Record<string, unknown>[] {
    return this.asked.filter((one) => one.event === event).map(({ body }) => body)
  }

  emit(event: Parameters<LinkEvents['event']>[0], payload: unknown, acknowledge?: () => void): void {
    const { link } = this
    this.#later(link, () => link.events.event(event, payload, acknowledge))
  }

  /** The connection is lost. */
  drop(): void {
    const { link } = this
    link.isClosed = true
    link.events.closed()
  }

  readonly dial: Dial = (url, auth, events) => {
    const link: Dialled = { url, auth: auth(), events, isClosed: false }
    this.dialled.push(link)
    const refusal = this.refusals.shift()
    if (refusal !== undefined)
      this.#later(link, () => {
        link.isClosed = true
        events.refused(refusal)
      })
    else this.#later(link, () => events.event('ready', this.#readyFor()))
    return {
      request: (event, body, answered) => {
        if (link.isClosed) return
        this.asked.push({ event, body: body as Record<string, unknown> })
        this.#later(link, () => {
          const answer = this.#answer(event, body)
          if (answer !== null && answered !== undefined) this.#later(link, () => answered(answer))
        })
      },
      close: () => (link.isClosed = true),
    }
  }

  /** A client of this server. */
  client(options: Partial<ClientOptions> = {}, ports: ClientPorts = {}) {
    return createClient(
      { url: 'https://chat.example', getToken: () => Promise.resolve('token'), ...options },
      { dial: this.dial, clock: this.clock, random: new SeededRandom(++clients), ...ports },
    )
  }

  #readyFor(): Ready {
    return {
      userId: 'ann',
      sessionId: 's1',
      nodeId: 'n1',
      epoch: 'e1',
      reset: false,
      seq: 0,
      serverTime: this.clock.now(),
      heartbeatMs: 10_000,
      timelines: [],
      features: [],
      limits: defaultWireLimits,
      ...this.ready,
    }
  }

  #answer(event: string, body: unknown): RawAnswer | null {
    const answer = this.#answers.get(event)
    if (answer === undefined) return { ok: false, error: { code: 'UNSUPPORTED', message: event } }
    try {
      const data = answer(body as never)
      return data === silence ? null : { ok: true, data }
    } catch (error) {
      if (error instanceof Refusal) return { ok: false, error: error.error }
      throw error
    }
  }

  #later(link: Dialled, run: () => void): void {
    this.clock.setTimeout(() => {
      if (!link.isClosed) run()
    }, this.latencyMs)
  }
}

let count = 0
let clients = 0
/** A message from `bob` to `ann`, with what the test gives. */
export const message = (seq: number, given: Record<string, unknown> = {}): Record<string, unknown> => ({
  msgId: `m${++count}`,
  clientMsgId: `k${count}`,
  conversationId: 'c1',
  seq,
  from: 'bob',
  to: 'ann',
  type: 'text',
  content: { text: `words ${seq}` },
  serverTime: 1_000 + seq,
  ...given,
})

/** An entry of ann's inbox that brings a message. */
export const entry = (seq: number, of: Record<string, unknown>): Record<string, unknown> => ({
  seq,
  kind: 'message',
  at: seq,
  message: of,
})
