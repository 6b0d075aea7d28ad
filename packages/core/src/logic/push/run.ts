// Starts and stops what tells devices, and says how it does.
import type { Timing } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Observer } from '../../ports/observer.js'
import type { Logger } from '../../ports/logger.js'
import type { LargeGroups } from './large-groups.js'
import type { Pushing } from './pushing.js'
import type { Sender } from './sender.js'
import type { Sweep } from './sweep.js'
import type { Wheel } from './wheel.js'

interface Parts {
  readonly wheel: Wheel
  readonly pushing: Pushing
  readonly taker: LargeGroups
  readonly sweep: Sweep
  readonly senders: ReadonlyMap<string, Sender>
  readonly clock: Clock
  readonly timing: Timing
  readonly logger: Logger
  readonly observer: Observer | null
}

/** How often the observer is told who began to wait. */
const tellMs = 5000

export class PushRun {
  private timer: Timer | null = null
  private told = { armed: 0, deliveredFirst: 0 }

  constructor(private readonly parts: Parts) {}

  start(): void {
    this.parts.sweep.start()
    if (this.parts.observer?.push?.armed !== undefined) this.tellLater()
  }

  /**
   * Sends nothing more, and resolves once what was sent is stored, or after `timing.drainMs`: a provider that hangs keeps no
   * node from ending. Who still waits is found by the next sweep.
   */
  async stop(): Promise<void> {
    const { wheel, clock, timing } = this.parts
    if (this.timer !== null) clock.clearTimeout(this.timer)
    wheel.stop()
    let late: Timer | null = null
    const patience = new Promise<void>((resolve) => (late = clock.setTimeout(resolve, timing.drainMs)))
    await Promise.race([this.end(), patience])
    if (late !== null) clock.clearTimeout(late)
  }

  private async end(): Promise<void> {
    const { pushing, taker, sweep, senders, logger } = this.parts
    const ends = [sweep.stop(), taker.stop(), ...[...senders.values()].map((one) => one.stop())]
    await Promise.all(ends).catch((error: unknown) => logger.error('a push provider could not be closed', error))
    await pushing.settled()
  }

  /** Users who wait for an acknowledgement, and notifications that wait for a provider. */
  get waiting(): { readonly users: number; readonly notifications: number } {
    let notifications = 0
    for (const { waiting } of this.parts.senders.values()) notifications += waiting
    return { users: this.parts.wheel.size, notifications }
  }

  /** What is wrong with which providers; null where nothing is. */
  get trouble(): string | null {
    const told = [...this.parts.senders].flatMap(([name, { trouble }]) =>
      trouble === null ? [] : [`${name}: ${trouble}`],
    )
    return told.length === 0 ? null : told.join('; ')
  }

  private tellLater(): void {
    const { clock, wheel, observer } = this.parts
    this.timer = clock.setTimeout(() => {
      const { armed, deliveredFirst } = wheel
      const { told } = this
      this.told = { armed, deliveredFirst }
      if (armed > told.armed || deliveredFirst > told.deliveredFirst)
        observer?.push?.armed?.({ armed: armed - told.armed, deliveredFirst: deliveredFirst - told.deliveredFirst })
      this.tellLater()
    }, tellMs)
  }
}
