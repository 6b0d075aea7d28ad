// What every room works with: the system it runs on, who watches it, how it tells faults, and the figures that the host chose.
import type { Limits, Timing } from '../options/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Observer } from '../ports/observer.js'
import type { Random } from '../ports/random.js'
import type { Faults } from './host/faults.js'

export interface Surroundings {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly observer: Observer | null
  readonly faults: Faults
  readonly limits: Limits
  readonly timing: Timing
}
