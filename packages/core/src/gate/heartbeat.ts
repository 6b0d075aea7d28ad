// What is looked at from time to time: the slots, the heads, who is watched, and refusals whose time is over. One round
// finds whatever was lost on the way, a last frame too.
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Timing } from '../options/limits.js'
import type { Heads } from './heads.js'
import type { Lease } from './lease.js'
import type { Registry } from './registry.js'
import type { Slots } from './slots.js'
import type { Watching } from './watching.js'

interface Parts {
  readonly heads: Heads
  readonly slots: Slots
  readonly lease: Lease
  readonly watching: Watching
  readonly registry: Registry
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
}

export class Heartbeat {
  private timer: Timer | null = null
  private stopped = true

  constructor(private readonly parts: Parts) {}

  async start(): Promise<void> {
    const { lease, slots } = this.parts
    this.stopped = false
    await this.attempt('the lease', () => slots.renewAll())
    lease.start(() => slots.renewLease())
    this.schedule()
  }

  stop(): void {
    this.stopped = true
    this.parts.lease.stop()
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
  }

  private schedule(): void {
    if (!this.stopped) this.timer = this.parts.clock.setTimeout(() => void this.round(), this.parts.timing.heartbeatMs)
  }

  private async round(): Promise<void> {
    const { heads, slots, watching, registry, clock } = this.parts
    for (const session of registry.all()) session.orders.sweep(clock.monotonic())
    await Promise.all([
      this.attempt('the lease', () => slots.renewAll()),
      this.attempt('heads', () => heads.compareAll()),
      watching.refresh(),
    ])
    this.schedule()
  }

  private async attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.parts.logger.error('a heartbeat did not go through; the next one tries again', error, { what })
    }
  }
}
