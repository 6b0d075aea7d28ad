// Removes what is too old, from time to time, in small steps with pauses between them, so that it does not slow down
// messages. Of the living nodes one does it each time, in turns. If two do it at once, each finds done what the other
// has done.
import type { NodeId } from '@rookery/protocol'
import type { Retention as Kept } from '../../options/retention.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Observer } from '../../ports/observer.js'
import type { Presence } from '../../ports/presence.js'
import type { Random } from '../../ports/random.js'
import type { Storage, TrimLimits } from '../../ports/storage.js'

/** How far a run is. */
export interface Progress {
  /** The share that is done, from 0 to 1, estimated. */
  readonly done: number
}

/** What a trim has removed so far. */
export interface TrimProgress extends Progress {
  readonly entries: number
  readonly messages: number
  readonly keys: number
}

/** How often a long run writes its progress to the log, ms. */
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

  /** Waits a random part of the time between two runs, so that nodes that start together do not run together. */
  start(): void {
    this.later(this.parts.random.next() * this.parts.retention.everyMs)
  }

  /** Resolves once no step is under way. The next run does what is left. */
  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
    for (const wake of this.resting) wake()
    await this.running
  }

  /**
   * One whole run. It may go on beside another one.
   * @throws StorageError; what it removed before stays removed
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
   * Whether this node is the one that runs now. Time is divided into pieces as long as the time between two runs, and
   * each piece belongs to one node. If presence does not answer, the node runs.
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
        logger.info('retention removed what was too old', { entries, messages, keys, ms: clock.monotonic() - began })
    } catch (error) {
      logger.error('a run of retention failed; the next run continues', error)
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
