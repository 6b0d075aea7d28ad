// Faults in the log: each with its stack once in a while, and counted meanwhile, so that no client can fill the log by
// doing again what goes wrong.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../ports/clock.js'
import type { LogFacts, Logger } from '../../ports/logger.js'
import type { Random } from '../../ports/random.js'

/** How long a fault that comes again counts as logged. */
const sameForMs = 10_000
/** Different faults that are told apart. */
const faultsMax = 500

interface Logged {
  readonly id: string
  readonly untilMs: number
  /** How often it came again. */
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
   * Logs a fault; one that was thrown at the same place some seconds ago is counted, and told with the next one.
   * @param place what tells faults apart. Default: where it was thrown, whatever it says
   * @returns the id under which it is in the log
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

/** The frames of the stack, without the message, which may say something else each time. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  return frames.length === 0 ? `${error.name}: ${error.message}` : `${error.name}\n${frames.join('\n')}`
}
