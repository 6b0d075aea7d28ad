// Group commit. While one commit is under way the next operations gather, and go together; a lone one waits for nothing.
//
// Order: operations are committed in the order in which they were given, whatever fails meanwhile.
// A commit that fails as a whole is run again with the same operations until their deadlines: keys make that harmless, and
// an outcome that is not known is never guessed.
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Observer } from '../ports/observer.js'
import type { OpResults, RefusedResult, Storage, StorageOp } from '../ports/storage.js'
import { RookeryError } from '../protocol/errors.js'
import type { Limits } from '../protocol/limits.js'

/** One operation on its way to storage. */
export interface WriteJob<Op extends StorageOp = StorageOp> {
  readonly op: Op
  /** Monotonic ms. When it passes first, `failed` is called with UNAVAILABLE. */
  readonly deadlineMs: number
  /** Asked right before the operation goes into a commit: an error takes it out, and goes to `failed`. */
  refusal?(): RookeryError | null
  /** Committed, or refused alone. After a deadline that passed during the commit it follows `failed`. */
  settled(result: OpResults[Op['op']] | RefusedResult): void
  /** Called at most once. */
  failed(error: RookeryError): void
}

const sweepMs = 250
const backoffFirstMs = 50
const backoffLastMs = 1000

export class Writer {
  private queue: WriteJob[] = []
  private batch: WriteJob[] = []
  private readonly expired = new Set<WriteJob>()
  private running = false
  private sweep: Timer | null = null
  private idle: (() => void)[] = []

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
    return this.queue.length + this.batch.length
  }

  /** Takes an operation, or answers why it does not. */
  enqueue(job: WriteJob): RookeryError | null {
    if (this.queue.length >= this.limits.writerQueue)
      return new RookeryError('OVERLOADED', 'too many messages are waiting to be stored', { retryAfterMs: 1000 })
    this.queue.push(job)
    if (!this.running) {
      this.running = true
      void this.run()
    }
    return null
  }

  /** Resolves once nothing waits and nothing is under way. */
  async flushed(): Promise<void> {
    if (this.running) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  private async run(): Promise<void> {
    this.scheduleSweep()
    // What arrives in the same turn goes with the first.
    await Promise.resolve()
    while (this.queue.length > 0) {
      this.batch = this.admit(this.queue.splice(0, this.limits.commitOps))
      if (this.batch.length > 0) await this.commit()
      this.batch = []
      this.expired.clear()
    }
    this.running = false
    for (const resolve of this.idle.splice(0)) resolve()
  }

  private admit(jobs: readonly WriteJob[]): WriteJob[] {
    const batch: WriteJob[] = []
    for (const job of jobs) {
      const refusal = job.refusal?.() ?? null
      if (refusal === null) batch.push(job)
      else job.failed(refusal)
    }
    return batch
  }

  private async commit(): Promise<void> {
    for (let backoffMs = backoffFirstMs; ; backoffMs = Math.min(backoffMs * 2, backoffLastMs)) {
      const jobs = this.batch
      const beganMs = this.observer === null ? 0 : this.clock.monotonic()
      try {
        const results = await this.storage.commit(jobs.map((job) => job.op))
        if (this.observer !== null) this.observe(jobs.length, beganMs, false)
        for (let i = 0; i < jobs.length; i++) this.hand(jobs[i]!, results[i]!)
        this.committed()
        return
      } catch (error) {
        if (this.observer !== null) this.observe(jobs.length, beganMs, true)
        this.logger.error('a commit failed and is run again', error, { operations: jobs.length })
      }
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, backoffMs))
      this.expire()
      // Refusals are asked for again: what came before in an operation's order may have failed by now.
      this.batch = this.admit(jobs.filter((job) => !this.expired.has(job)))
      if (this.batch.length === 0) return
    }
  }

  private observe(operations: number, beganMs: number, failed: boolean): void {
    this.observer?.committed?.({ operations, durationMs: this.clock.monotonic() - beganMs, failed })
  }

  private hand(job: WriteJob, result: OpResults[StorageOp['op']] | RefusedResult): void {
    try {
      job.settled(result)
    } catch (error) {
      this.logger.error('a stored operation could not be handed on', error, { operation: job.op.op })
    }
  }

  private scheduleSweep(): void {
    this.sweep ??= this.clock.setTimeout(() => {
      this.sweep = null
      this.expire()
      if (this.running) this.scheduleSweep()
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
    if (!this.queue.some(late)) return
    const waiting = this.queue
    this.queue = waiting.filter((job) => !late(job))
    for (const job of waiting) if (late(job)) job.failed(unavailable())
  }
}

const unavailable = (): RookeryError =>
  new RookeryError('UNAVAILABLE', 'storage did not answer in time', { retryAfterMs: 1000 })
