// Which rows of the outbox a node has seen and not finished, each in its line.
//
//  O1. Rows of a line are moved one after the other, in the order in which they were read. Nothing of it overtakes a row
//      that has to be tried again.
//  O2. Lines do not wait for one another.
//  O3. A row that was seen is not read again until it is finished, so that the rows behind it are.
//  O4. Texts are kept of few rows; of the others in a line their ids, in order, and they are looked up when it is their turn.
import type { MessageId } from '@rookery/protocol'
import type { ReadRow } from './outbox-row.js'

/** A row whose turn it is, or soon will be. */
export interface QueuedRow {
  readonly id: MessageId
  /** An error where its text is none. */
  readonly read: ReadRow | Error
  /** Monotonic ms. */
  readonly readAtMs: number
}

/** A row that was not moved, as often as that counts. */
interface Failing {
  readonly id: MessageId
  readonly attempts: number
}

export interface Line {
  readonly name: string
  readonly queue: QueuedRow[]
  /** Behind the queue. */
  readonly ids: MessageId[]
  isRunning: boolean
  /** Monotonic ms, before which nothing of it is tried. */
  restsUntilMs: number
  failing: Failing | null
}

/** Rows of one line whose texts are kept. */
const queueMax = 50
/** Rows, besides those whose turn it is, whose texts are kept. */
const textsMax = 1000
/** Rows that are looked up at once, and of them those of one line. */
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

  /** Lines of which a row is being moved. */
  get running(): number {
    return this.runningCount
  }

  /** Takes a row that was read. Answers its line where that is to begin. */
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

  /** Lines of which rows are to be looked up now, with their ids. */
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

  /** Rows of a line were looked up. Those that are not there any more were finished by somebody else. */
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

  /** The first row of a line needs no more of it. */
  shift(line: Line): void {
    line.queue.shift()
    this.texts -= 1
    line.failing = null
  }

  /** Has a line rest: its texts go, its order stays. */
  rest(line: Line, untilMs: number): void {
    this.texts -= line.queue.length
    line.ids.unshift(...line.queue.splice(0).map(({ id }) => id))
    line.restsUntilMs = untilMs
  }

  /** Rows that are gone from the outbox, or kept aside there. */
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
