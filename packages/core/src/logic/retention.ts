// Taking away what is older than it is to be kept: now and then, in small steps with rests between them, so that it never
// competes with messages. Nodes do it each for itself; what one has done another finds done.
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Observer } from '../ports/observer.js'
import type { Random } from '../ports/random.js'
import type { Storage, TrimLimits } from '../ports/storage.js'
import type { Retention as Kept } from '../protocol/retention.js'

/** How far a run has come. */
export interface Progress {
  /** About how much is done, from 0 to 1. */
  readonly done: number
}

/** What a trim has taken so far. */
export interface TrimProgress extends Progress {
  readonly entries: number
  readonly messages: number
  readonly keys: number
}

/** A long run says once in this time how far it is, ms. */
const tellEveryMs = 60_000

interface Parts {
  readonly storage: Pick<Storage, 'maintenance'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly observer: Observer | null
  readonly retention: Kept
}

export class Retention {
  private timer: Timer | null = null
  private running: Promise<void> | null = null
  private wake: (() => void) | null = null
  private isStopped = false

  constructor(private readonly parts: Parts) {}

  /** Nodes that start together spread over the time between two runs. */
  start(): void {
    this.later(this.parts.random.next() * this.parts.retention.everyMs)
  }

  /** Resolves once no step is under way; where a run was, the next one finds what it left. */
  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
    this.wake?.()
    await this.running
  }

  /**
   * One run from its beginning to its end, beside whatever is under way.
   * @throws StorageError; what was taken until then stays taken
   */
  async run(onProgress: (progress: TrimProgress) => void = () => {}): Promise<TrimProgress> {
    const { storage, observer, retention, clock } = this.parts
    const limits = limitsAt(clock.now(), retention)
    let sum = { done: 0, entries: 0, messages: 0, keys: 0 }
    for (let after: string | null = null; ;) {
      const step = await storage.maintenance.trim(limits, { after, rows: retention.batchRows })
      const { entries, messages, keys } = step
      observer?.trimmed?.({ entries, messages, keys })
      sum = {
        done: step.progress,
        entries: sum.entries + entries,
        messages: sum.messages + messages,
        keys: sum.keys + keys,
      }
      onProgress(sum)
      if (step.next === null || this.isStopped) return sum
      after = step.next
      await this.rest()
    }
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.parts.clock.setTimeout(resolve, this.parts.retention.pauseMs)
      this.wake = () => {
        this.parts.clock.clearTimeout(timer)
        resolve()
      }
    })
  }

  private later(afterMs: number): void {
    if (this.isStopped) return
    this.timer = this.parts.clock.setTimeout(() => {
      this.running = this.round().finally(() => {
        this.running = null
        this.later(this.parts.retention.everyMs)
      })
    }, afterMs)
  }

  private async round(): Promise<void> {
    const { logger, clock } = this.parts
    const began = clock.monotonic()
    let told = began
    try {
      const { entries, messages, keys } = await this.run(({ done, ...taken }) => {
        if (clock.monotonic() - told < tellEveryMs) return
        told = clock.monotonic()
        logger.info('retention is under way', { percent: Math.floor(done * 100), ...taken })
      })
      if (entries + messages + keys > 0)
        logger.info('retention took what was too old', { entries, messages, keys, ms: clock.monotonic() - began })
    } catch (error) {
      logger.error('retention came to no end; the next run goes on', error)
    }
  }
}

function limitsAt(now: number, { inboxMs, timelineMs, timelineCount, keysMs }: Kept): TrimLimits {
  const before = (ms: number | 'off'): number | null => (ms === 'off' ? null : now - ms)
  return {
    inboxBefore: before(inboxMs),
    timelineBefore: before(timelineMs),
    timelineCount: timelineCount === 'off' ? null : timelineCount,
    keysBefore: before(keysMs),
  }
}
