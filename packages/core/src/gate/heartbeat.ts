// What is looked at from time to time: the lease, the slots, the heads, and who is watched. One round finds whatever was
// lost on the way, a last frame too.
import type { Online } from '../logic/online.js'
import type { UserId } from '../model/ids.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Presence } from '../ports/presence.js'
import type { TimelineReads } from '../ports/storage.js'
import type { Timing } from '../protocol/limits.js'
import type { Registry } from './registry.js'
import type { Slots } from './slots.js'

/** Heads of so many users are read at once. */
const headsMax = 1000

interface Parts {
  readonly timelines: () => TimelineReads
  readonly presence: Presence
  readonly online: Online
  readonly registry: Registry
  readonly slots: Slots
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
  readonly nodeId: string
  readonly boot: string
  readonly url: string | null
}

export class Heartbeat {
  private timer: Timer | null = null
  private stopped = true
  private isWatchDue = false
  private soon = new Set<UserId>()
  /** What watchers were last told of each watched user. */
  private told = new Map<UserId, string>()

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

  /** Tells presence soon whom this node watches; calls of one turn share one. */
  watchSoon(): void {
    if (this.isWatchDue) return
    this.isWatchDue = true
    queueMicrotask(() => {
      this.isWatchDue = false
      void this.watch()
    })
  }

  /** Tells watchers how users stand now, where that differs from what they were told. */
  async tell(userIds: readonly UserId[]): Promise<void> {
    const { registry, online } = this.parts
    const watched = userIds.filter((user) => !registry.watchersOf(user)[Symbol.iterator]().next().done)
    if (watched.length === 0) return
    await this.attempt('presence of the watched', async () => {
      const types = await online.locate(watched)
      for (const userId of watched) {
        const devices = types.get(userId) ?? []
        const json = JSON.stringify({ userId, online: devices.length > 0, devices })
        if (this.told.get(userId) === json) continue
        this.told.set(userId, json)
        const frame = { event: 'presence', json }
        for (const session of registry.watchersOf(userId)) session.emitFrame(frame)
      }
    })
  }

  private schedule(): void {
    if (!this.stopped) this.timer = this.parts.clock.setTimeout(() => void this.round(), this.parts.timing.heartbeatMs)
  }

  private async round(): Promise<void> {
    const { registry, slots, url, boot } = this.parts
    await Promise.all([
      this.attempt('the lease', () => slots.renew(url, boot)),
      this.attempt('heads', () => this.compare(registry.users())),
      this.watch(),
    ])
    this.schedule()
  }

  private async watch(): Promise<void> {
    const { registry, presence, nodeId, boot } = this.parts
    const watched = registry.watched()
    const wanted = new Set(watched)
    for (const user of this.told.keys()) if (!wanted.has(user)) this.told.delete(user)
    await this.attempt('the watched', () => presence.watch(nodeId, boot, watched))
    await this.tell(watched)
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
