// Taking away what is older than it is to be kept: now and then, in small steps with rests between them, so that it never
// competes with messages. Nodes take turns: of those that live one does it each time. Where two do it all the same, what one
// has done the other finds done.
import type { NodeId } from '@rookery/protocol'
import type { Retention as Kept } from '../../options/retention.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Observer } from '../../ports/observer.js'
import type { Presence } from '../../ports/presence.js'
import type { Random } from '../../ports/random.js'
import type { Storage, TrimLimits } from '../../ports/storage.js'

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
  readonly nodeId: NodeId
  readonly presence: Pick<Presence, 'nodes'>
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
  private readonly resting = new Set<() => void>()
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
    for (const wake of this.resting) wake()
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
      if (step.next === null) return sum
      after = step.next
      if (!this.isStopped) await this.rest()
      if (this.isStopped) return sum
    }
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.parts.clock.clearTimeout(timer)
        this.resting.delete(wake)
        resolve()
      }
      const timer = this.parts.clock.setTimeout(wake, this.parts.retention.pauseMs)
      this.resting.add(wake)
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

  /**
   * Whether it is this node that runs now: time is cut into pieces of the length between two runs, and each piece has its
   * node. Whoever cannot know runs.
   */
  private async isOurTurn(): Promise<boolean> {
    const { presence, nodeId, clock, retention } = this.parts
    const living = await presence.nodes().catch(() => [])
    const ids = [...new Set([...living.map((node) => node.nodeId), nodeId])].toSorted()
    return ids[Math.floor(clock.now() / retention.everyMs) % ids.length] === nodeId
  }

  private async round(): Promise<void> {
    if (!(await this.isOurTurn())) return
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
