// Sends the outbox. Rules:
// 1. Messages of one conversation are sent in their order, one after the other; an unanswered one is sent again first.
// 2. A message leaves the outbox when it stands in its conversation, or when a person discards it after a refusal.
// 3. What is not known to be stored is tried again under the same key; only a definite refusal ends in `failed`.
import { mayBeTriedAgain, type Sent } from '@rookery/protocol'
import { Backoff } from '../connection/backoff.js'
import type { Session } from '../connection/session.js'
import type { Engine } from './engine.js'
import type { Clock, Random } from '../ports/clock.js'
import type { RawAnswer } from '../ports/link.js'
import type { OutboxRow } from '../ports/rows.js'

export interface SenderParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  /** A token was refused. */
  readonly rejected: (session: Session) => void
  /** Makes a message ready to be sent; null where it was refused meanwhile. */
  readonly prepare?: (row: OutboxRow) => Promise<OutboxRow | null>
  /** A message had been stored before: its entry may have come long ago, or be gone. */
  readonly duplicate: () => void
  readonly changed: () => void
}

/** Conversations that are served at once: each has one message on its way. */
const atOnceMost = 16

export class Sender {
  #session: Session | null = null
  /** By conversation, the message that is on its way or waits to be tried again. */
  readonly #busy = new Map<string, string>()
  readonly #backoffs = new Map<string, Backoff>()
  /** Those that the server may have seen. */
  readonly #attempted = new Set<string>()

  constructor(private readonly parts: SenderParts) {}

  begin(session: Session): void {
    this.#session = session
    this.#busy.clear()
    this.push()
  }

  end(): void {
    this.#session = null
    this.#busy.clear()
    this.parts.changed()
  }

  /** Whether a message is on its way now. */
  isSending(row: OutboxRow): boolean {
    return this.#busy.get(row.key) === row.clientMsgId
  }

  /** Whether the server cannot have seen it. */
  isUntouched(row: OutboxRow): boolean {
    return !this.#attempted.has(row.clientMsgId)
  }

  /** The rows that were there when the app began may have been sent before. */
  adopt(rows: Iterable<OutboxRow>): void {
    for (const { clientMsgId } of rows) this.#attempted.add(clientMsgId)
  }

  /** Sends what can be sent. */
  push(): void {
    const session = this.#session
    if (session === null) return
    const taken = new Set<string>()
    for (const row of this.parts.engine.mirror.outbox.values()) {
      if (row.state !== 'queued' || taken.has(row.key)) continue
      taken.add(row.key)
      if (this.#busy.has(row.key)) continue
      if (this.#busy.size >= atOnceMost) break
      this.#busy.set(row.key, row.clientMsgId)
      void this.#send(session, row)
    }
    this.parts.changed()
  }

  async #send(session: Session, row: OutboxRow): Promise<void> {
    const ready = await (this.parts.prepare?.(row) ?? row)
    if (session !== this.#session) return
    if (ready === null) return this.#next(row)
    this.#attempted.add(row.clientMsgId)
    session.call(row.event, ready.body as never, (answer) => {
      if (answer !== null && session === this.#session) this.#answered(session, row, answer)
    })
  }

  #answered(session: Session, row: OutboxRow, answer: RawAnswer): void {
    const { clientMsgId } = row
    if (answer.ok) {
      const sent = answer.data as Sent
      this.#settle(row, { state: 'sent', sent }, sent.duplicate)
    } else if (answer.error.code === 'UNAUTHENTICATED') this.parts.rejected(session)
    else if (mayBeTriedAgain(answer.error.code)) this.#again(session, row, answer.error.retryAfterMs)
    else {
      const { code, message, details } = answer.error
      this.#attempted.delete(clientMsgId)
      this.#settle(row, { state: 'failed', error: { code, message, ...(details !== undefined && { details }) } })
    }
  }

  #settle(row: OutboxRow, after: Partial<OutboxRow>, isDuplicate = false): void {
    this.#backoffs.delete(row.key)
    this.parts.engine
      .run((step) => {
        const now = step.outbox(row.clientMsgId)
        if (now === undefined) return false
        step.putOutbox(row.clientMsgId, { ...now, ...after })
        return isDuplicate
      })
      .then(
        (isUnsure) => {
          if (isUnsure) this.parts.duplicate()
          this.#next(row)
        },
        () => this.#next(row),
      )
  }

  #next(row: OutboxRow): void {
    if (this.#busy.get(row.key) === row.clientMsgId) this.#busy.delete(row.key)
    this.push()
  }

  #again(session: Session, row: OutboxRow, retryAfterMs = 0): void {
    const backoff = this.#backoffs.get(row.key) ?? new Backoff(this.parts.random, { firstMs: 300, mostMs: 10_000 })
    this.#backoffs.set(row.key, backoff)
    this.parts.clock.setTimeout(() => {
      if (session === this.#session) this.#next(row)
    }, backoff.next(retryAfterMs))
  }
}
