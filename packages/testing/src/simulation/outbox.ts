// The messages that a client has sent without an answer: it keeps their order, and sends them again before new ones, as
// PROTOCOL asks.
import type { FakeAnswer } from '../fake-device.js'
import type { Clock, Timer } from '@rookery/core'
import { type ErrorCode, mayBeTriedAgain } from '@rookery/protocol'

/** A `c2c` or `c2g` request. */
export interface Outgoing {
  readonly event?: 'c2g'
  readonly clientMsgId: string
  readonly to: string
  readonly subject?: string
  readonly type: string
  readonly content: Record<string, unknown>
  readonly silent?: boolean
  readonly mentions?: readonly string[]
}

interface Item {
  readonly message: Outgoing
  attempts: number
}

/** The messages to one conversation that have no final answer. */
interface Line {
  readonly items: Item[]
  /** Runs after an answer that allows a retry: no new message leaves in that time. */
  retry: Timer | null
}

/** Sends one message now; null if the connection ended without an answer. */
type Transmit = (message: Outgoing) => Promise<FakeAnswer | null>

const retryMs = 500

export class Outbox {
  readonly #lines = new Map<string, Line>()
  #transmit: Transmit | null = null

  constructor(
    private readonly clock: Clock,
    /** Called for each acknowledged message. */
    private readonly acknowledged: (message: Outgoing) => void,
  ) {}

  get unanswered(): readonly string[] {
    return [...this.#lines.values()].flatMap(({ items }) => items.map(({ message }) => message.clientMsgId))
  }

  /** A connection is ready: sends all unanswered messages again, in order. */
  connected(transmit: Transmit): void {
    this.#transmit = transmit
    for (const line of this.#lines.values()) this.#again(line)
  }

  disconnected(): void {
    this.#transmit = null
    for (const line of this.#lines.values()) this.#stopWaiting(line)
  }

  clear(): void {
    this.disconnected()
    this.#lines.clear()
  }

  add(message: Outgoing): void {
    const name = JSON.stringify([message.to, message.subject])
    let line = this.#lines.get(name)
    if (line === undefined) this.#lines.set(name, (line = { items: [], retry: null }))
    const item: Item = { message, attempts: 0 }
    line.items.push(item)
    if (line.retry === null) void this.#send(line, item)
  }

  #again(line: Line): void {
    this.#stopWaiting(line)
    for (const item of [...line.items]) void this.#send(line, item)
  }

  #stopWaiting(line: Line): void {
    if (line.retry !== null) this.clock.clearTimeout(line.retry)
    line.retry = null
  }

  async #send(line: Line, item: Item): Promise<void> {
    const transmit = this.#transmit
    if (transmit === null) return
    const attempt = ++item.attempts
    const answer = await transmit(item.message)
    const at = line.items.indexOf(item)
    if (answer === null || at === -1) return
    if (!answer.ok && mayBeTriedAgain(answer.error.code as ErrorCode)) {
      // The answer of an earlier attempt no longer counts; and one wait is enough for all messages after it.
      if (item.attempts === attempt && transmit === this.#transmit)
        line.retry ??= this.clock.setTimeout(() => this.#again(line), answer.error.retryAfterMs ?? retryMs)
      return
    }
    line.items.splice(at, 1)
    if (answer.ok) this.acknowledged(item.message)
  }
}
