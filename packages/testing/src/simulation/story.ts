// Histories written by hand, for tests of the checker.
import { checkHistory } from './check-history.js'
import type {
  AnswerData,
  EventPayload,
  HandshakeClaim,
  HistoryEvent,
  Recorded,
  RequestBody,
  WireEntry,
  WireMessage,
} from './history.js'

/** The conversation of ann and bob. */
export const conversation = 'p_ann_bob'
const epoch = 'e1'

/** A story, step by step; each step takes a second. */
export class Story {
  readonly events: HistoryEvent[] = []
  private atMs = 0
  private n = 0

  add(event: Recorded, afterMs = 1000): this {
    this.events.push({ atMs: (this.atMs += afterMs), ...event })
    return this
  }

  connect(conn: number, user: string, over: Record<string, unknown> = {}): this {
    const {
      since,
      seq = 0,
      reset = false,
      type = 'phone',
      device = `${user}-${type}`,
      node = 'node1',
      given,
    } = over as Partial<Record<'type' | 'device' | 'node', string>> & {
      since?: number
      seq?: number
      reset?: boolean
      given?: HandshakeClaim
    }
    const claim = given ?? (since === undefined ? {} : { since, epoch })
    return this.add({ t: 'dial', conn, user, device, given: claim }, 10).add(
      { t: 'connect', conn, user, device, type, node, given: claim, ready: { seq, epoch, reset } },
      10,
    )
  }

  /** A request and its answer; null leaves it unanswered, a string refuses it with that code. */
  ask(conn: number, event: string, body: object, data: object | string | null, answerAfterMs = 20): this {
    const n = ++this.n
    this.add({ t: 'request', conn, n, event, body: body as RequestBody })
    if (data === null) return this
    return this.add(
      typeof data === 'string'
        ? { t: 'answer', conn, n, ok: false, code: data }
        : { t: 'answer', conn, n, ok: true, data: data as AnswerData },
      answerAfterMs,
    )
  }

  send(
    conn: number,
    key: string,
    to: string,
    stored: number | string | null,
    over: Record<string, unknown> = {},
  ): this {
    const body = { clientMsgId: key, to, type: 'text', content: { text: (over['text'] as string) ?? key } }
    const ack = (seq: number) => ({ ...sentAs(key, seq), ...(over['ack'] as object) })
    return this.ask(conn, 'c2c', body, typeof stored === 'number' ? ack(stored) : stored)
  }

  live(conn: number, ...entries: WireEntry[]): this {
    return this.add(
      { t: 'event', conn, event: 'entries', payload: { entries } as Partial<EventPayload> as EventPayload },
      10,
    )
  }

  event(conn: number, event: string, payload: object): this {
    return this.add({ t: 'event', conn, event, payload: payload as EventPayload }, 10)
  }

  pull(conn: number, since: number, entries: readonly WireEntry[], over: Record<string, unknown> = {}): this {
    const seq = entries.at(-1)?.seq ?? since
    const page = { entries, seq, more: false, truncated: false, reset: false, epoch, ...over }
    return this.ask(conn, 'pull', { since }, page)
  }

  settled(
    ...standings: {
      device: string
      user: string
      conn: number | null
      position: number
      timelines?: Record<string, number>
      unanswered?: string[]
    }[]
  ) {
    const full = standings.map((one) => ({ type: 'phone', wants: true, isOff: false, unanswered: [], ...one }))
    return this.add({ t: 'settled', standings: full })
  }

  final(
    user: string,
    entries: readonly WireEntry[],
    timelines: Readonly<Record<string, readonly WireMessage[]>> = {},
  ): this {
    return this.add({ t: 'final', user, device: `${user}-phone`, entries, timelines })
  }

  get broken(): number[] {
    return [...new Set(checkHistory(this.events).map(({ invariant }) => invariant))]
  }
}

/** The answer to a send. */
export const sentAs = (key: string, seq: number) => ({
  msgId: `id-${key}`,
  conversationId: conversation,
  seq,
  serverTime: 5000,
  duplicate: false,
})

/** A `message` entry; by default ann wrote it to bob. */
export const entry = (seq: number, key: string, over: Record<string, unknown> = {}): WireEntry => ({
  seq,
  kind: 'message',
  at: 5000,
  message: {
    msgId: `id-${key}`,
    clientMsgId: key,
    conversationId: conversation,
    seq,
    from: 'ann',
    to: 'bob',
    type: 'text',
    content: { text: key },
    serverTime: 5000,
    ...over,
  },
})

/** A `read` entry in that conversation. */
export const readEntry = (seq: number, readSeq: number, unread: number, atSeq: number): WireEntry => ({
  seq,
  kind: 'read',
  at: 6000,
  conversationId: conversation,
  readSeq,
  unread,
  atSeq,
})
