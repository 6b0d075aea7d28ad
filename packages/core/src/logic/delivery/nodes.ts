// Which other nodes live: whom to tell of what everybody may need. Known for a heartbeat, then asked again; a node that
// starts says so itself.
import type { NodeId } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Presence } from '../../ports/presence.js'

/** Where presence does not answer, the old list counts for so long before it is asked again. */
const retryMs = 1000

export class Nodes {
  private known: ReadonlySet<NodeId> = new Set()
  /** Heard of, but not named by presence: each is a reason to ask once. */
  private strangers = new Set<NodeId>()
  /** Monotonic ms; what is known counts until then. */
  private untilMs = -Infinity
  private isOutdated = true
  private asking: Promise<void> | null = null

  constructor(
    private readonly nodeId: NodeId,
    private readonly presence: Presence,
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** How long an answer counts. */
    private readonly freshMs: number,
  ) {}

  /** The other nodes; null where that has to be asked first. */
  now(): ReadonlySet<NodeId> | null {
    return !this.isOutdated && this.clock.monotonic() < this.untilMs ? this.known : null
  }

  /** A node has said something: one that is not known has come since presence was asked. */
  heard(nodeId: NodeId): void {
    if (this.known.has(nodeId) || this.strangers.has(nodeId)) return
    this.strangers.add(nodeId)
    this.isOutdated = true
  }

  /** The other nodes, from presence; those known before where it does not answer. Never rejects. */
  async ask(): Promise<ReadonlySet<NodeId>> {
    this.asking ??= this.refresh().finally(() => (this.asking = null))
    await this.asking
    return this.known
  }

  private async refresh(): Promise<void> {
    let freshMs = this.freshMs
    try {
      if (this.clock.monotonic() >= this.untilMs) this.strangers.clear()
      // A node that is heard of meanwhile may have come after the answer.
      do {
        this.isOutdated = false
        const nodes = await this.presence.nodes()
        this.known = new Set(nodes.map(({ nodeId }) => nodeId).filter((nodeId) => nodeId !== this.nodeId))
      } while (this.isOutdated)
    } catch (error) {
      // Heads are compared with every heartbeat: a node that is not told finds out by itself.
      this.logger.error('presence did not tell which nodes live', error)
      freshMs = Math.min(freshMs, retryMs)
    }
    this.untilMs = this.clock.monotonic() + freshMs
  }
}
