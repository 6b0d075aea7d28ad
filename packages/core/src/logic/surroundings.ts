// What every room needs: the system, the observer, the handling of faults, and the limits and times that the host
// chose.
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
