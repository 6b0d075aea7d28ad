// Writes faults to the log. A fault that comes again soon is only counted, so that a client cannot fill the log by
// repeating a request that fails.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../ports/clock.js'
import type { LogFacts, Logger } from '../../ports/logger.js'
import type { Random } from '../../ports/random.js'

/** For how long after a log line the same fault is only counted. */
const sameForMs = 10_000
/** How many different faults it can tell apart. */
const faultsMax = 500

interface Logged {
  readonly id: string
  readonly untilMs: number
  /** How often the fault has come since. */
  again: number
}

export class FaultLog {
  private readonly logged = new LRUCache<string, Logged>({ max: faultsMax })

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Logs a fault with its stack. If the same fault was logged less than 10 s ago, it only counts it; the next log line
   * shows the count.
   * @param place tells faults apart. Default: the stack, without the message
   * @returns the id of the fault in the log
   */
  report(message: string, error: unknown, facts: LogFacts, place = placeOf(error)): string {
    const key = [message, facts.where, place].join('\n')
    const before = this.logged.get(key)
    const nowMs = this.clock.monotonic()
    if (before !== undefined && nowMs < before.untilMs) {
      before.again += 1
      return before.id
    }
    const id = this.random.id()
    this.logged.set(key, { id, untilMs: nowMs + sameForMs, again: 0 })
    const again = before === undefined || before.again === 0 ? {} : { again: before.again }
    this.logger.error(message, error, { ...facts, id, ...again })
    return id
  }
}

/** The frames of the stack, without the message, which may differ each time. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  return frames.length === 0 ? `${error.name}: ${error.message}` : `${error.name}\n${frames.join('\n')}`
}
