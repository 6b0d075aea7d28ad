// From the outbox to timelines: woken by commits, and by a sweep that finds what a crash left.
// Moving a row is idempotent by its id, and forgetting it comes after: a row is moved again rather than lost.
import type { JsonText, MessageId, UserId } from '../model/ids.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Observer } from '../ports/observer.js'
import type { Outbox, OutboxRow } from '../ports/outbox.js'
import { mayBeTriedAgain, RookeryError } from '../protocol/errors.js'
import type { Timing } from '../protocol/limits.js'
import { asSession, incomingC2C, type HostRequest } from './incoming.js'
import type { Pushes } from './pushes.js'
import type { Send } from './send.js'

/** What a row asks for. */
export type OutboxRequest =
  | { readonly kind: 'c2c'; readonly from: UserId; readonly request: HostRequest; readonly checked: boolean }
  | { readonly kind: 'custom'; readonly userId: UserId; readonly topic: string; readonly payload: JsonText }

/** Rows read at once. */
const batchMax = 200

interface Parts {
  readonly outbox: Outbox
  readonly send: Send
  readonly pushes: Pushes
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
  readonly observer: Observer | null
}

export class OutboxMover {
  private timer: Timer | null = null
  private moving: Promise<void> | null = null
  private isWoken = false
  private isStopped = true

  constructor(private readonly parts: Parts) {}

  async start(): Promise<void> {
    await this.parts.outbox.start()
    this.isStopped = false
    this.parts.outbox.onCommitted(() => this.wake())
    this.wake()
  }

  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
    await this.moving
    await this.parts.outbox.stop()
  }

  current(): unknown {
    return this.parts.outbox.current()
  }

  /** Writes a row in the host's transaction. */
  put(tx: unknown, id: MessageId, request: OutboxRequest): Promise<void> {
    return this.parts.outbox.put(tx, [{ id, request: JSON.stringify(request) }])
  }

  /** Moves what is committed, now and in its order; calls meanwhile cause one more round. */
  private wake(): void {
    if (this.isStopped) return
    this.isWoken = true
    this.moving ??= this.rounds().finally(() => {
      this.moving = null
      // A commit may have come between the last look and this turn.
      if (this.isWoken) this.wake()
      else this.sweepLater()
    })
  }

  private sweepLater(): void {
    if (this.isStopped) return
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = this.parts.clock.setTimeout(() => {
      this.timer = null
      this.wake()
    }, this.parts.timing.outboxSweepMs)
  }

  private async rounds(): Promise<void> {
    try {
      while (this.isWoken && !this.isStopped) {
        this.isWoken = false
        const rows = await this.parts.outbox.read(batchMax)
        const isDone = await this.moveAll(rows)
        await this.parts.outbox.remove(rows.filter((_, i) => isDone[i]).map(({ id }) => id))
        // A full batch that went through may have more behind it.
        if (rows.length === batchMax && isDone.some((done) => done)) this.isWoken = true
      }
    } catch (error) {
      this.parts.logger.error('the outbox could not be read; the next sweep tries again', error)
    }
  }

  /** Numbers the rows in their order, and waits for all of them together. */
  private async moveAll(rows: readonly OutboxRow[]): Promise<readonly boolean[]> {
    const done: Promise<boolean>[] = []
    for (const row of rows) {
      const { left, finished } = this.begin(row)
      done.push(this.outcome(row, finished))
      await left
    }
    return Promise.all(done)
  }

  private begin({ id, request }: OutboxRow): { readonly left?: Promise<void>; readonly finished: Promise<unknown> } {
    const row = JSON.parse(request) as OutboxRequest
    if (row.kind === 'custom') return { finished: this.parts.pushes.stored(row.userId, row.topic, row.payload, id) }
    const onBehalfOf = row.checked ? asSession(row.from) : null
    const { left, sent } = this.parts.send.host(incomingC2C(row.from, row.request, true), onBehalfOf, id)
    return { left, finished: sent }
  }

  /** Whether the row is done with; one that may be tried again stays, one that cannot be moved is parked. */
  private async outcome({ id }: OutboxRow, finished: Promise<unknown>): Promise<boolean> {
    try {
      await finished
      this.parts.observer?.outboxRow?.('moved')
      return true
    } catch (error) {
      if (!(error instanceof RookeryError) || mayBeTriedAgain(error.code)) {
        this.parts.logger.error('a row of the outbox was not moved; the next sweep tries again', error, { id })
        this.parts.observer?.outboxRow?.('retried')
        return false
      }
      this.parts.logger.error('a row of the outbox cannot be moved and is kept aside', error, { id, code: error.code })
      this.parts.observer?.outboxRow?.('parked')
      await this.parts.outbox.park(id, `${error.code}: ${error.message}`)
      return false
    }
  }
}
