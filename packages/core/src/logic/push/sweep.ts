// Finds who was not told: users with entries that no device acknowledged and some registration was not told of. What a node
// held in memory when it ended is found again so, by the node itself as it starts, or by one of those that are left.
//
// Registrations are looked through in the order of their key, some at a time with rests. Whoever is found waits like after a
// message: meanwhile an acknowledgement may arrive, and a node that waits for the user already is first.
import { hash } from 'node:crypto'
import type { PushRules } from '../../options/push.js'
import type { Timer } from '../../ports/clock.js'
import type { Presence } from '../../ports/presence.js'
import type { Storage } from '../../ports/storage.js'
import type { Surroundings } from '../surroundings.js'
import type { Sender } from './sender.js'
import type { Wheel } from './wheel.js'

interface Parts extends Surroundings {
  readonly boot: string
  readonly rules: PushRules
  readonly storage: Pick<Storage, 'push'>
  readonly presence: Pick<Presence, 'nodes'>
  readonly wheel: Wheel
  readonly senders: ReadonlyMap<string, Pick<Sender, 'waiting'>>
}

/** A sweep rests while more than so many users wait, or notifications. */
const waitingMax = 20_000
const backlogRestMs = 1000
/** A step that failed is run again after this time. */
const failedRestMs = 5000

export class Sweep {
  private boots: ReadonlySet<string> | null = null
  private running: Promise<void> | null = null
  private isWanted = false
  private isStopped = false
  private timer: Timer | null = null
  private readonly resting = new Set<() => void>()

  constructor(private readonly parts: Parts) {}

  start(): void {
    this.run()
    this.watch()
  }

  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) this.parts.clock.clearTimeout(this.timer)
    for (const wake of this.resting) wake()
    await this.running
  }

  /** Once more from the beginning, where one is under way. */
  private run(): void {
    this.isWanted = true
    this.running ??= this.all().finally(() => (this.running = null))
  }

  private async all(): Promise<void> {
    const { clock, logger } = this.parts
    while (this.isWanted && !this.isStopped) {
      this.isWanted = false
      const began = clock.monotonic()
      const found = await this.once()
      if (found > 0 && !this.isStopped)
        logger.info('users were found who were not told', { users: found, ms: clock.monotonic() - began })
    }
  }

  private async once(): Promise<number> {
    const { storage, rules, wheel, faults } = this.parts
    let found = 0
    for (let after: string | null = null; !this.isStopped;) {
      if (this.waiting() > waitingMax) {
        await this.rest(backlogRestMs)
        continue
      }
      try {
        const { userIds, next } = await storage.push.behind(after, rules.sweepRows)
        for (const userId of userIds) wheel.ask(userId, rules.afterMs)
        found += userIds.length
        if (next === null) break
        after = next
        await this.rest(rules.sweepPauseMs)
      } catch (error) {
        faults.toError(error, 'push sweep')
        await this.rest(failedRestMs)
      }
    }
    return found
  }

  private waiting(): number {
    let sum = this.parts.wheel.size
    for (const { waiting } of this.parts.senders.values()) sum += waiting
    return sum
  }

  private rest(ms: number): Promise<void> {
    if (this.isStopped) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        this.parts.clock.clearTimeout(timer)
        this.resting.delete(wake)
        resolve()
      }
      const timer = this.parts.clock.setTimeout(wake, ms)
      this.resting.add(wake)
    })
  }

  private watch(): void {
    if (this.isStopped) return
    this.timer = this.parts.clock.setTimeout(
      () => void this.compare().finally(() => this.watch()),
      this.parts.timing.heartbeatMs,
    )
  }

  /** Which nodes have gone since the last look; one of those that are left sweeps for each. */
  private async compare(): Promise<void> {
    const nodes = await this.parts.presence.nodes().catch(() => null)
    if (nodes === null) return
    const living = new Set(nodes.map(({ boot }) => boot))
    const before = this.boots ?? living
    this.boots = living
    for (const gone of before) if (!living.has(gone) && this.isOurs(gone, living)) this.run()
  }

  private isOurs(gone: string, living: ReadonlySet<string>): boolean {
    const { boot } = this.parts
    const rank = (one: string): string => hash('sha256', `${gone} ${one}`, 'hex')
    const mine = rank(boot)
    return [...living].every((one) => one === boot || rank(one) > mine)
  }
}
