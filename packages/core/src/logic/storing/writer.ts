// Group commit. While one commit is under way the next operations gather, and go together; a lone one waits for nothing.
//
// Order: operations are committed in the order in which they were given, whatever fails meanwhile.
// A commit that fails as a whole is run again with the same operations until their deadlines: keys make that harmless, and
// an outcome that is not known is never guessed.
// What was decided on something that has changed by then is decided again, and goes before everything that came after it:
// an operation that has to wait for that holds back those behind it with the same `order`, and no others.
// What needs a row that somebody else holds waits apart in the same way, and is tried again until its deadline.
import { RookeryError } from '@rookery/protocol'
import type { Limits } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Observer } from '../../ports/observer.js'
import { type OpResults, type RefusedResult, RowsHeld, type Storage, type StorageOp } from '../../ports/storage.js'

/** One operation on its way to storage. */
export interface WriteJob<Op extends StorageOp = StorageOp> {
  readonly op: Op
  /** Monotonic ms. When it passes first, `failed` is called with UNAVAILABLE. */
  readonly deadlineMs: number
  /** Those of one order are committed in it, also where one of them has to wait. */
  readonly order?: string
  /**
   * Asked right before the operation goes into a commit; it may replace `op`. An error takes it out, and goes to `failed`.
   * A promise says that something must be known first: once it resolves to null this is asked again, to an error that goes
   * to `failed`. It never rejects.
   */
  admit?(): RookeryError | Promise<RookeryError | null> | null
  /**
   * Committed, or refused alone. After a deadline that passed during the commit it follows `failed`.
   * @returns `again` where nothing was stored and it is to be decided anew, before what came after it
   */
  settled(result: OpResults[Op['op']] | RefusedResult): 'again' | void
  /** Called at most once. */
  failed(error: RookeryError): void
}

type Results = readonly (OpResults[StorageOp['op']] | RefusedResult)[]

/** Operations that are committed, and not handed out yet. */
interface Stored {
  readonly jobs: readonly WriteJob[]
  readonly results: Results
}

const isRefusal = ({ status }: Results[number]): boolean => status === 'refused' || status === 'stale'
const isHeld = (result: Results[number]): boolean =>
  result.status === 'refused' && (result as RefusedResult).isHeld === true

/** Operations that wait, in their order, until none of them has to. */
interface Held {
  jobs: WriteJob[]
  /** Promises under way. */
  waits: number
}

/** Commits that fail, one after another. */
interface Trouble {
  readonly sinceMs: number
  readonly lastMs: number
  readonly reason: string
}

const sweepMs = 250
/** Between two tries of what needs a row that somebody else holds. */
const heldRestMs = 200
const backoffFirstMs = 50
const backoffLastMs = 1000

export class Writer {
  private queue: WriteJob[] = []
  private batch: WriteJob[] = []
  private readonly expired = new Set<WriteJob>()
  /** By their order. */
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

  /** Operations waiting or under way. */
  get length(): number {
    return this.queue.length + this.batch.length + this.heldCount
  }

  /** Why commits do not succeed, and for how long; null while they do, or where the last is long ago. */
  failing(agoMs: number): { readonly reason: string; readonly forMs: number } | null {
    const now = this.clock.monotonic()
    if (this.trouble === null || now - this.trouble.lastMs > agoMs) return null
    return { reason: this.trouble.reason, forMs: now - this.trouble.sinceMs }
  }

  /** Takes an operation, or answers why it does not. */
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
    // What arrives in the same turn goes with the first.
    await this.clock.endOfTurn()
    let stored: Stored | null = null
    do {
      // Results go out while the next commit is under way: the database need not wait for them.
      const next = this.begin()
      if (stored !== null) this.handOut(stored)
      stored = next === null ? null : await this.finish(next)
      // What a result refuses may take out what waits behind it: then it goes first.
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

  /** Sends off what waits; null where nothing of it is left. */
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

  /** Waits for a commit, and runs it again while it fails; null where every operation has failed by its deadline. */
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
      // Refusals are asked for again: what came before in an operation's order may have failed by now.
      this.batch = this.admit(jobs.filter((job) => !this.expired.has(job)))
      if (this.batch.length === 0) return null
      commit = this.commit()
    }
  }

  private handOut({ jobs, results }: Stored): void {
    const again: WriteJob[] = []
    for (const [i, job] of jobs.entries()) {
      const result = results[i]!
      // Behind one that is decided again it comes again itself, in its place.
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

  /** Its row is held: it is tried again after a rest. */
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
      // Its deadline may have taken it out meanwhile.
      if (refusal !== null && this.takeOut(held, job)) job.failed(refusal)
      held.waits -= 1
      if (held.waits === 0) this.release(order, held)
    })
  }

  /** Back to the front of the queue: all that came behind them in their order is still in it. */
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
      this.logger.error('a stored operation could not be handed on', error, { operation: job.op.op })
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
