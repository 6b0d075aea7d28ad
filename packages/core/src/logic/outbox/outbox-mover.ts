// Moves rows of the outbox to timelines. Commits wake it, and a sweep finds the rows that a crash left.
//
// Moving a row is idempotent by its id, and the row is removed afterwards: so a row may be moved twice, but never lost.
// Several nodes may move the same rows. Each node moves the rows of a line one after the other (outbox-lines.ts). So
// before a node stores a row, it has stored every earlier row of that line, or has found it stored or parked.
import { type ErrorCode, mayBeTriedAgain, type MessageId, RookeryError } from '@rookery/protocol'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Observer } from '../../ports/observer.js'
import type { Outbox, OutboxRow } from '../../ports/outbox.js'
import { StorageError } from '../../ports/storage.js'
import { OutboxLines, type Line, type QueuedRow } from './outbox-lines.js'
import type { OutboxMoves } from './outbox-moves.js'
import { readRow, rowText, type OutboxRequest } from './outbox-row.js'
import type { ParkedRows } from './parked-rows.js'

/** How many rows it reads at once. */
const batchMax = 200
/** How many lines move rows at the same time. */
const runningMax = 1000
/** If a row was read longer ago, it is read again before it is moved. */
const freshMs = 1000
/** Pauses between attempts double up to this many sweeps. */
const restSweepsMax = 16

interface Parts {
  readonly outbox: Outbox
  readonly moves: OutboxMoves
  readonly parked: ParkedRows
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly timing: Timing
  readonly observer: Observer | null
}

export class OutboxMover {
  private readonly lines = new OutboxLines()
  private readonly running = new Set<Promise<void>>()
  /** Moved rows that are not removed yet. */
  private moved: MessageId[] = []
  private timer: Timer | null = null
  private looking: Promise<void> | null = null
  private removing: Promise<void> | null = null
  private isWoken = false
  private isStopped = true

  constructor(private readonly parts: Parts) {}

  async start(): Promise<void> {
    const { outbox, parked } = this.parts
    await outbox.start()
    this.isStopped = false
    outbox.onCommitted(() => this.wake())
    parked.onReturned(() => this.wake())
    this.wake()
  }

  /** Waits for the rows under way. */
  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
    await this.looking
    await Promise.all(this.running)
    await this.removing
    await this.parts.outbox.stop()
  }

  /** How many rows were read and are not finished. */
  get waiting(): number {
    return this.lines.seen.size
  }

  current(): unknown {
    return this.parts.outbox.current()
  }

  /** Writes a row in the host's transaction. */
  put(tx: unknown, id: MessageId, request: OutboxRequest): Promise<void> {
    return this.parts.outbox.put(tx, [{ id, request: rowText(request) }])
  }

  /** Looks for rows to move. Calls during a look cause one more look. */
  private wake(): void {
    if (this.isStopped) return
    this.isWoken = true
    this.looking ??= this.look().finally(() => {
      this.looking = null
      // A commit may have come after the last look.
      if (this.isWoken) this.wake()
      else this.sweepLater()
    })
  }

  private sweepLater(): void {
    if (this.isStopped) return
    const { clock, timing } = this.parts
    if (this.timer !== null) clock.clearTimeout(this.timer)
    this.timer = clock.setTimeout(() => {
      this.timer = null
      this.removeMoved()
      void this.parts.parked.countSometimes()
      this.wake()
    }, timing.outboxSweepMs)
  }

  private async look(): Promise<void> {
    try {
      while (this.isWoken && !this.isStopped) {
        this.isWoken = false
        await this.lookUpDue()
        await this.readNew()
      }
    } catch (error) {
      this.isWoken = false
      this.parts.logger.error('the outbox could not be read; the next sweep tries again', error)
    }
  }

  /** Continues lines whose rest is over, and lines that have only ids left. */
  private async lookUpDue(): Promise<void> {
    if (this.lines.running >= runningMax) return
    const due = this.lines.due(this.parts.clock.monotonic())
    if (due.size === 0) return
    this.isWoken = true
    const rows = await this.parts.outbox.find([...due.values()].flat())
    const nowMs = this.parts.clock.monotonic()
    const byId = new Map(rows.map((row) => [row.id, queued(row, nowMs)]))
    for (const [line, ids] of due) {
      this.lines.found(line, ids, byId)
      if (line.queue.length > 0) await this.begin(line)
    }
  }

  private async readNew(): Promise<void> {
    const { outbox, limits } = this.parts
    const { seen } = this.lines
    const limit = Math.min(batchMax, limits.outboxRows - seen.size)
    // If there is no room now, whatever makes room calls `wake`.
    if (limit <= 0 || this.lines.running >= runningMax) return
    const rows = await outbox.read(limit, [...seen])
    if (rows.length === limit) this.isWoken = true
    const nowMs = this.parts.clock.monotonic()
    for (const row of rows) {
      const line = this.lines.take(queued(row, nowMs))
      if (line !== null) await this.begin(line)
    }
  }

  /**
   * Begins to move the rows of a line. If the first row reaches the writer in this turn, it waits for that: then rows
   * are stored in the order in which they were written, across lines too, as long as nothing delays them.
   */
  private async begin(line: Line): Promise<void> {
    this.lines.begin(line)
    let left!: (first: Promise<void>) => void
    const first = new Promise<void>((resolve) => (left = resolve))
    const run = this.run(line, left).finally(() => this.running.delete(run))
    this.running.add(run)
    await Promise.race([first, this.parts.clock.endOfTurn()])
  }

  /** Moves the rows of a line one after the other, until one has to stay. Never rejects. */
  private async run(line: Line, left: (first: Promise<void>) => void): Promise<void> {
    const { clock } = this.parts
    for (let [row] = line.queue; row !== undefined && !this.isStopped; [row] = line.queue) {
      if (clock.monotonic() - row.readAtMs > freshMs) {
        // Another node may have moved the row in the meantime, or parked it and moved the rows behind it. So it is read
        // again.
        this.lines.rest(line, clock.monotonic())
        break
      }
      const restMs = await this.move(line, row, left)
      if (restMs === null) this.lines.shift(line)
      else this.lines.rest(line, clock.monotonic() + restMs)
    }
    const wasFull = this.lines.running >= runningMax
    this.lines.end(line)
    left(Promise.resolve())
    if (wasFull || (line.ids.length > 0 && line.restsUntilMs <= clock.monotonic())) this.wake()
  }

  /** @returns how long the line rests before this row is tried again; null where the row is done */
  private async move(
    line: Line,
    { id, read }: QueuedRow,
    left: (first: Promise<void>) => void,
  ): Promise<number | null> {
    const { moves, observer } = this.parts
    try {
      if (read instanceof Error) throw read
      if (read.request === 'unknown') return this.leave(line, id)
      const move = moves.begin(id, read.request)
      left(move.left ?? Promise.resolve())
      await move.moved
    } catch (error) {
      return this.failed(line, id, error)
    }
    observer?.outboxRow?.('moved')
    this.moved.push(id)
    this.removeMoved()
    return null
  }

  /** Leaves a row of an unknown kind to a newer node. Later rows of its line wait behind it. */
  private leave(line: Line, id: MessageId): number {
    const attempts = this.attempts(line, id) + 1
    if (attempts === 1)
      this.parts.logger.warn('a row of the outbox has a kind that this node does not know; newer nodes move it', {
        id,
      })
    line.failing = { id, attempts }
    return this.restMs(attempts)
  }

  private async failed(line: Line, id: MessageId, thrown: unknown): Promise<number | null> {
    const { logger, observer, limits, timing } = this.parts
    const { code, reason } = faultOf(thrown)
    const isFinal = !mayBeTriedAgain(code)
    // Only an internal fault counts as an attempt: a part that is away or overloaded says nothing about the row.
    const attempts = this.attempts(line, id) + (code === 'INTERNAL' ? 1 : 0)
    if (isFinal || attempts >= limits.outboxAttempts)
      try {
        await this.parts.parked.park(id, isFinal ? reason : `${reason}; tried ${attempts} times`)
        this.lines.finished([id])
        logger.error('a row of the outbox cannot be moved and is parked', thrown, { id, code })
        observer?.outboxRow?.('parked')
        return null
      } catch (error) {
        logger.error('a row of the outbox could not be parked; chat tries again', error, { id, code })
      }
    else logger.error('a row of the outbox was not moved and is tried again', thrown, { id, code })
    observer?.outboxRow?.('retried')
    line.failing = { id, attempts }
    return attempts === 0 ? timing.outboxSweepMs : this.restMs(attempts)
  }

  private attempts({ failing }: Line, id: MessageId): number {
    return failing?.id === id ? failing.attempts : 0
  }

  private restMs(attempts: number): number {
    return this.parts.timing.outboxSweepMs * Math.min(2 ** (attempts - 1), restSweepsMax)
  }

  /** Removes moved rows. Rows that are moved during a removal go with the next one. */
  private removeMoved(): void {
    if (this.moved.length === 0) return
    this.removing ??= this.removeAll().finally(() => (this.removing = null))
  }

  private async removeAll(): Promise<void> {
    const { outbox, logger } = this.parts
    while (this.moved.length > 0) {
      const ids = this.moved.splice(0, batchMax)
      const wasFull = this.lines.seen.size >= this.parts.limits.outboxRows
      try {
        await outbox.remove(ids)
      } catch (error) {
        this.moved.push(...ids)
        logger.error('moved rows of the outbox could not be removed; the next sweep tries again', error)
        return
      }
      this.lines.finished(ids)
      if (wasFull) this.wake()
    }
  }
}

/** The reason for a failure, with the code that a client would get. */
function faultOf(thrown: unknown): { readonly code: ErrorCode; readonly reason: string } {
  if (thrown instanceof StorageError) return { code: 'UNAVAILABLE', reason: `UNAVAILABLE: ${thrown.message}` }
  if (!(thrown instanceof RookeryError))
    return { code: 'INTERNAL', reason: `INTERNAL: ${thrown instanceof Error ? thrown.message : String(thrown)}` }
  const { code, message, details } = thrown
  return { code, reason: `${code}: ${message}${details === undefined ? '' : ` ${JSON.stringify(details)}`}` }
}

function queued({ id, request }: OutboxRow, readAtMs: number): QueuedRow {
  try {
    return { id, readAtMs, read: readRow(request) }
  } catch (error) {
    return { id, readAtMs, read: error as Error }
  }
}
