// The rows of the outbox that a node has seen and not finished, in lines. A line is the rows that must keep their
// order: those of one conversation or of one user.
//
//  O1. The rows of a line are moved one after the other, in the order in which they were read. No row overtakes an
//      earlier row of its line that has to be tried again.
//  O2. Lines do not wait for one another.
//  O3. A row that was seen is not read again until it is finished. So reads reach the rows behind it.
//  O4. Texts are kept for few rows only. Of the other rows a line keeps the ids, in order; their texts are read when it
//      is their turn.
import type { MessageId } from '@rookery/protocol'
import type { ReadRow } from './outbox-row.js'

/** A row whose turn it is, or comes soon. */
export interface QueuedRow {
  readonly id: MessageId
  /** An error where the text of the row does not parse. */
  readonly read: ReadRow | Error
  /** Monotonic ms. */
  readonly readAtMs: number
}

/** A row that could not be moved, and how many of its attempts count. */
interface Failing {
  readonly id: MessageId
  readonly attempts: number
}

export interface Line {
  readonly name: string
  readonly queue: QueuedRow[]
  /** Ids of the rows behind the queue. */
  readonly ids: MessageId[]
  isRunning: boolean
  /** No row of the line is tried before this time, monotonic ms. */
  restsUntilMs: number
  failing: Failing | null
}

/** How many rows of one line keep their texts. */
const queueMax = 50
/** How many rows keep their texts in all; the first row of a line always keeps its own. */
const textsMax = 1000
/** How many rows are read again at once, in all and for one line. */
const dueMax = 200
const dueOfLineMax = 20

export class OutboxLines {
  private readonly lines = new Map<string, Line>()
  private readonly ids = new Set<MessageId>()
  private texts = 0
  private runningCount = 0

  /** Rows that were seen and are not finished. */
  get seen(): ReadonlySet<MessageId> {
    return this.ids
  }

  /** How many lines are moving a row. */
  get running(): number {
    return this.runningCount
  }

  /** Takes a row that was read. Answers its line if the line is new and must begin. */
  take(row: QueuedRow): Line | null {
    const name = (row.read instanceof Error ? null : row.read.line) ?? `row ${row.id}`
    const known = this.lines.get(name)
    const line = known ?? { name, queue: [], ids: [], isRunning: false, restsUntilMs: 0, failing: null }
    if (known === undefined) this.lines.set(name, line)
    this.ids.add(row.id)
    const hasRoom = line.ids.length === 0 && line.queue.length < queueMax && this.texts < textsMax
    if (known !== undefined && !hasRoom) line.ids.push(row.id)
    else this.queue(line, row)
    return known === undefined ? line : null
  }

  /** The lines whose rows must be read again now, with the ids of those rows. */
  due(nowMs: number): ReadonlyMap<Line, readonly MessageId[]> {
    const due = new Map<Line, readonly MessageId[]>()
    let left = dueMax
    for (const line of this.lines.values()) {
      if (left === 0) break
      if (line.isRunning || line.ids.length === 0 || line.restsUntilMs > nowMs) continue
      const ids = line.ids.slice(0, Math.min(left, line.failing === null ? dueOfLineMax : 1))
      due.set(line, ids)
      left -= ids.length
    }
    return due
  }

  /** Takes rows of a line that were read again. If a row is missing, somebody else has finished it. */
  found(line: Line, ids: readonly MessageId[], rows: ReadonlyMap<MessageId, QueuedRow>): void {
    line.ids.splice(0, ids.length)
    for (const id of ids) {
      const row = rows.get(id)
      if (row === undefined) this.ids.delete(id)
      else this.queue(line, row)
    }
    this.tidy(line)
  }

  begin(line: Line): void {
    line.isRunning = true
    this.runningCount += 1
  }

  end(line: Line): void {
    line.isRunning = false
    this.runningCount -= 1
    this.tidy(line)
  }

  /** The first row of a line is done. */
  shift(line: Line): void {
    line.queue.shift()
    this.texts -= 1
    line.failing = null
  }

  /** Makes a line rest: it drops the texts and keeps the order. */
  rest(line: Line, untilMs: number): void {
    this.texts -= line.queue.length
    line.ids.unshift(...line.queue.splice(0).map(({ id }) => id))
    line.restsUntilMs = untilMs
  }

  /** These rows are gone from the outbox, or parked there. */
  finished(ids: readonly MessageId[]): void {
    for (const id of ids) this.ids.delete(id)
  }

  private queue(line: Line, row: QueuedRow): void {
    line.queue.push(row)
    this.texts += 1
  }

  private tidy(line: Line): void {
    if (line.queue.length === 0 && line.ids.length === 0) this.lines.delete(line.name)
  }
}
