// What is looked at from time to time: the lease, the slots, the heads, and who is watched. One round finds whatever was
// lost on the way, a last frame too.
import type { UserId } from '../model/ids.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { TimelineReads } from '../ports/storage.js'
import type { Timing } from '../protocol/limits.js'
import type { Registry } from './registry.js'
import type { Slots } from './slots.js'
import type { Watching } from './watching.js'

/** Heads of so many users are read at once. */
const headsMax = 1000

interface Parts {
  readonly timelines: () => TimelineReads
  readonly registry: Registry
  readonly slots: Slots
  readonly watching: Watching
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
  readonly boot: string
  readonly url: string | null
}

export class Heartbeat {
  private timer: Timer | null = null
  private stopped = true
  private soon = new Set<UserId>()

  constructor(private readonly parts: Parts) {}

  async start(): Promise<void> {
    this.stopped = false
    await this.attempt('the lease', () => this.parts.slots.renew(this.parts.url, this.parts.boot))
    this.schedule()
  }

  stop(): void {
    this.stopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    this.timer = null
  }

  /** Compares the sessions of a user with the head soon; calls of one turn share one read. */
  checkSoon(userId: UserId): void {
    this.soon.add(userId)
    if (this.soon.size > 1) return
    queueMicrotask(() => {
      const users = [...this.soon]
      this.soon = new Set()
      void this.attempt('heads', () => this.compare(users))
    })
  }

  private schedule(): void {
    if (!this.stopped) this.timer = this.parts.clock.setTimeout(() => void this.round(), this.parts.timing.heartbeatMs)
  }

  private async round(): Promise<void> {
    const { registry, slots, watching, url, boot } = this.parts
    await Promise.all([
      this.attempt('the lease', () => slots.renew(url, boot)),
      this.attempt('heads', () => this.compare(registry.users())),
      watching.refresh(),
    ])
    this.schedule()
  }

  private async compare(users: readonly UserId[]): Promise<void> {
    for (let i = 0; i < users.length; i += headsMax) {
      const chunk = users.slice(i, i + headsMax)
      const heads = await this.parts.timelines().heads(chunk)
      chunk.forEach((user, at) => {
        for (const session of this.parts.registry.of(user))
          if (!session.isClosed) session.happen({ kind: 'head', seq: heads[at]!.seq })
      })
    }
  }

  private async attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.parts.logger.error('a heartbeat did not go through; the next one tries again', error, { what })
    }
  }
}
