// What this node does when something on the way between nodes may have been lost: its sessions are compared with the heads
// of what they follow. Where presence has forgotten, it is first told everything again, so that what is routed from then
// on arrives here. Many nodes notice the same loss at once: each waits a random moment, and begins at most once a second.
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'

/** A node waits up to this long, so that not all of them ask at once. */
const jitterMs = 500
/** Between two beginnings lies at least this time. */
const apartMs = 1000

interface Parts {
  /** Tells presence everything that it has to know of this node. */
  readonly retell: () => Promise<void>
  readonly compareHeads: (wasGone: boolean) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export class AfterLoss {
  private isDue = false
  private hasForgotten = false
  private wasGone = false
  private nextMs = -Infinity

  constructor(private readonly parts: Parts) {}

  /** Frames from other nodes were lost. */
  missed(): void {
    if (this.isDue) return
    this.isDue = true
    const { clock, random } = this.parts
    const waitMs = Math.max(random.next() * jitterMs, this.nextMs - clock.monotonic())
    clock.setTimeout(() => void this.run(), waitMs)
  }

  /**
   * Presence has lost what it knew of this node.
   * @param wasGone its lease had run out, for presence at least
   */
  forgot(wasGone: boolean): void {
    this.hasForgotten = true
    this.wasGone ||= wasGone
    this.missed()
  }

  private async run(): Promise<void> {
    const { retell, compareHeads, clock, logger } = this.parts
    const { hasForgotten, wasGone } = this
    this.isDue = false
    this.hasForgotten = false
    this.wasGone = false
    this.nextMs = clock.monotonic() + apartMs
    try {
      if (hasForgotten) await retell()
      await compareHeads(wasGone)
    } catch (error) {
      // The heartbeat compares, but does not look for kicks.
      if (wasGone) this.forgot(true)
      logger.error('sessions were not compared after a loss; the next heartbeat does it', error)
    }
  }
}
