// Group commit. While one commit is under way, the next operations gather and then go together. A single operation does
// not wait.
//
// Order: operations are committed in the order in which they were given, whatever fails in between.
// A commit that fails as a whole runs again with the same operations until their deadlines. Keys make that harmless,
// and the writer never guesses an unknown outcome.
// If an operation was decided on old facts, it is decided again, and goes before everything that came after it. While
// it waits for that, it holds back the later operations with the same `order`, and no others.
// An operation that needs a row that somebody else holds waits in the same way, and is tried again until its deadline.
import { RookeryError } from '@rookery/protocol'
import type { Limits } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Observer } from '../../ports/observer.js'
import { type OpResults, type RefusedResult, RowsHeld, type Storage, type StorageOp } from '../../ports/storage.js'

/** One operation on its way to storage. */
export interface WriteJob<Op extends StorageOp = StorageOp> {
  readonly op: Op
  /** Monotonic ms. If it passes first, `failed` is called with UNAVAILABLE. */
  readonly deadlineMs: number
  /** Operations of one order are committed in that order, even if one of them has to wait. */
  readonly order?: string
  /**
   * Called right before the operation goes into a commit; it may replace `op`. An error takes the operation out and
   * goes to `failed`. A promise means that something must be read first. If it resolves to null, this is called again;
   * if it resolves to an error, that goes to `failed`. The promise never rejects.
   */
  admit?(): RookeryError | Promise<RookeryError | null> | null
  /**
   * The operation is committed, or refused alone. If its deadline passed during the commit, this comes after `failed`.
   * @returns `again` where nothing was stored, to decide it again before everything that came after it
   */
  settled(result: OpResults[Op['op']] | RefusedResult): 'again' | void
  /** Called at most once. */
  failed(error: RookeryError): void
}

type Results = readonly (OpResults[StorageOp['op']] | RefusedResult)[]

/** Operations whose commit has its results, which are not handed out yet. */
interface Stored {
  readonly jobs: readonly WriteJob[]
  readonly results: Results
}

const isRefusal = ({ status }: Results[number]): boolean => status === 'refused' || status === 'stale'
const isHeld = (result: Results[number]): boolean =>
  result.status === 'refused' && (result as RefusedResult).isHeld === true

/** Operations of one order that wait, in order, until none of them has to wait any more. */
interface Held {
  jobs: WriteJob[]
  /** Promises that are not settled yet. */
  waits: number
}

/** Commits that fail one after another. */
interface Trouble {
  readonly sinceMs: number
  readonly lastMs: number
  readonly reason: string
}

const sweepMs = 250
/** The pause between two tries of an operation that needs a held row. */
const heldRestMs = 200
const backoffFirstMs = 50
const backoffLastMs = 1000

export class Writer {
  private queue: WriteJob[] = []
  private batch: WriteJob[] = []
  private readonly expired = new Set<WriteJob>()
  /** Waiting operations, by order. */
  private readonly held = new Map<string | WriteJob, Held>()
  private heldCount = 0
  private running = false
  private sweep: Timer | null = null
  private idle: (() => void)[] = []
  private trouble: Trouble | null = null

  constructor(
    private readonly storage: Pick<Storage, 'commit'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly limits: Pick<Limits, 'writerQueue' | 'commitOps'>,
    /** Called after all results of a commit were handed out: the place to send what they gathered. */
    private readonly committed: () => void,
    private readonly observer: Observer | null = null,
  ) {}

  /** Operations that wait or are under way. */
  get length(): number {
    return this.queue.length + this.batch.length + this.heldCount
  }

  /** Why commits fail, and for how long. Null while they succeed, or if the last failure is longer ago than `agoMs`. */
  failing(agoMs: number): { readonly reason: string; readonly forMs: number } | null {
    const now = this.clock.monotonic()
    if (this.trouble === null || now - this.trouble.lastMs > agoMs) return null
    return { reason: this.trouble.reason, forMs: now - this.trouble.sinceMs }
  }

  /** Takes an operation. Answers an error where it cannot. */
  enqueue(job: WriteJob): RookeryError | null {
    if (this.queue.length + this.heldCount >= this.limits.writerQueue)
      return new RookeryError('OVERLOADED', 'too many messages are waiting to be stored', { retryAfterMs: 1000 })
    this.queue.push(job)
    this.start()
    return null
  }

  /** Resolves once nothing waits and nothing is under way. */
  async flushed(): Promise<void> {
    if (this.isBusy) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  private get isBusy(): boolean {
    return this.running || this.heldCount > 0
  }

  private start(): void {
    if (this.running) return
    this.running = true
    void this.run()
  }

  private async run(): Promise<void> {
    this.scheduleSweep()
    // Operations that come in the same turn go with the first.
    await this.clock.endOfTurn()
    let stored: Stored | null = null
    do {
      // Hands out results while the next commit is under way, so that the database does not wait for that.
      const next = this.begin()
      if (stored !== null) this.handOut(stored)
      stored = next === null ? null : await this.finish(next)
      // A refusal among the results may take out operations that wait, so it is handed out before they go.
      if (stored?.results.some(isRefusal) === true) {
        this.batch = []
        this.handOut(stored)
        stored = null
      }
    } while (stored !== null || this.queue.length > 0)
    this.running = false
    this.tellIdle()
  }

  private tellIdle(): void {
    if (!this.isBusy) for (const resolve of this.idle.splice(0)) resolve()
  }

  /** Begins a commit of what waits; null where nothing is left of it. */
  private begin(): Promise<Results> | null {
    if (this.expired.size > 0) this.expired.clear()
    this.batch = this.admit(this.queue.splice(0, this.limits.commitOps))
    return this.batch.length === 0 ? null : this.commit()
  }

  private async commit(): Promise<Results> {
    const { batch } = this
    const beganMs = this.observer === null ? 0 : this.clock.monotonic()
    let failed = true
    try {
      const results = await this.storage.commit(batch.map((job) => job.op))
      failed = false
      this.trouble = null
      return results
    } catch (error) {
      if (error instanceof RowsHeld) {
        failed = false
        return batch.map(() => ({ status: 'refused', error, isHeld: true }))
      }
      const lastMs = this.clock.monotonic()
      const reason = error instanceof Error ? error.message : String(error)
      this.trouble = { sinceMs: this.trouble?.sinceMs ?? lastMs, lastMs, reason }
      throw error
    } finally {
      this.observer?.committed?.({ operations: batch.length, durationMs: this.clock.monotonic() - beganMs, failed })
    }
  }

  /** Waits for a commit and runs it again while it fails. Null where every operation passed its deadline. */
  private async finish(first: Promise<Results>): Promise<Stored | null> {
    let commit = first
    for (let backoffMs = backoffFirstMs; ; backoffMs = Math.min(backoffMs * 2, backoffLastMs)) {
      const jobs = this.batch
      try {
        return { jobs, results: await commit }
      } catch (error) {
        this.logger.error('a commit failed and is run again', error, { operations: jobs.length })
      }
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, backoffMs))
      this.expire()
      // Refusals are asked for again, because an earlier operation of the same order may have failed in the meantime.
      this.batch = this.admit(jobs.filter((job) => !this.expired.has(job)))
      if (this.batch.length === 0) return null
      commit = this.commit()
    }
  }

  private handOut({ jobs, results }: Stored): void {
    const again: WriteJob[] = []
    for (const [i, job] of jobs.entries()) {
      const result = results[i]!
      // An operation behind one that is decided again comes again itself, in its place.
      const isBehind = isHeld(result) && again.some((one) => one.order !== undefined && one.order === job.order)
      if (isHeld(result) && !isBehind) this.setAside(job)
      else if (isBehind || this.hand(job, result) === 'again') again.push(job)
    }
    if (again.length > 0) this.queue = [...again, ...this.queue]
    this.committed()
  }

  private admit(jobs: readonly WriteJob[]): WriteJob[] {
    const batch: WriteJob[] = []
    for (const job of jobs) {
      const answer = job.admit?.() ?? null
      if (answer instanceof RookeryError) job.failed(answer)
      else if (answer !== null || this.held.has(job.order ?? job)) this.hold(job, answer)
      else batch.push(job)
    }
    return batch
  }

  /** The operation needs a held row: it is tried again after a pause. */
  private setAside(job: WriteJob): void {
    // Its deadline may have passed during the commit.
    if (this.expired.has(job)) return
    this.hold(job, new Promise((resolve) => this.clock.setTimeout(() => resolve(null), heldRestMs)))
  }

  private hold(job: WriteJob, until: Promise<RookeryError | null> | null): void {
    const order = job.order ?? job
    let held = this.held.get(order)
    if (held === undefined) this.held.set(order, (held = { jobs: [], waits: 0 }))
    held.jobs.push(job)
    this.heldCount += 1
    if (until === null) return
    held.waits += 1
    void until.then((refusal) => {
      // Its deadline may have taken it out in the meantime.
      if (refusal !== null && this.takeOut(held, job)) job.failed(refusal)
      held.waits -= 1
      if (held.waits === 0) this.release(order, held)
    })
  }

  /**
   * Puts the operations back at the front of the queue: everything that came after them in their order is still waiting
   * with them or in the queue.
   */
  private release(order: string | WriteJob, { jobs }: Held): void {
    this.held.delete(order)
    this.heldCount -= jobs.length
    this.queue = [...jobs, ...this.queue]
    if (jobs.length > 0) this.start()
    else this.tellIdle()
  }

  private takeOut(held: Held, job: WriteJob): boolean {
    const place = held.jobs.indexOf(job)
    if (place === -1) return false
    held.jobs.splice(place, 1)
    this.heldCount -= 1
    return true
  }

  private hand(job: WriteJob, result: OpResults[StorageOp['op']] | RefusedResult): 'again' | void {
    try {
      return job.settled(result)
    } catch (error) {
      this.logger.error('a stored operation could not be delivered', error, { operation: job.op.op })
    }
  }

  private scheduleSweep(): void {
    this.sweep ??= this.clock.setTimeout(() => {
      this.sweep = null
      this.expire()
      if (this.isBusy) this.scheduleSweep()
    }, sweepMs)
  }

  private expire(): void {
    const now = this.clock.monotonic()
    const late = (job: WriteJob): boolean => job.deadlineMs <= now
    for (const job of this.batch)
      if (late(job) && !this.expired.has(job)) {
        this.expired.add(job)
        job.failed(unavailable())
      }
    for (const held of this.held.values())
      for (const job of held.jobs.filter(late)) if (this.takeOut(held, job)) job.failed(unavailable())
    if (!this.queue.some(late)) return
    const waiting = this.queue
    this.queue = waiting.filter((job) => !late(job))
    for (const job of waiting) if (late(job)) job.failed(unavailable())
  }
}

const unavailable = (): RookeryError =>
  new RookeryError('UNAVAILABLE', 'storage did not answer in time', { retryAfterMs: 1000 })
