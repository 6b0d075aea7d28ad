// Which topics of the bus this node receives: those of the conversation timelines that its sessions follow. A message of
// such a conversation is published once, and reaches just the nodes that hold a follower.
//
// Whether there are two nodes or a hundred, one publish to a topic costs no more than one parcel to all nodes; so there is
// no number of nodes below which parcels to all would do. What a topic costs besides is its beginning and its end: many
// begin in one call, and a topic is kept for a while after its last follower left, because most come back.
//
// The node subscribes first, and compares with the head then: what is sequenced between is seen by one of the two.
import type { ConversationId } from '@rookery/protocol'
import type { Timing } from '../options/limits.js'
import type { Bus } from '../ports/bus.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'

/** A call that failed is made again after this time. */
const retryMs = 1000

interface Parts {
  /** Null with one node: then there is nobody to hear from. */
  readonly bus: Pick<Bus, 'topics'> | null
  /** Requests a comparison of the conversation's feeds with its head. */
  readonly checkSoon: (conversation: ConversationId) => void
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: Timing
}

export class FollowedTopics {
  /** Those that the bus was asked for, or is about to be. */
  private readonly kept = new Set<ConversationId>()
  /** Those of them that it has not been asked for with success. */
  private readonly begun = new Set<ConversationId>()
  /** Those that nobody follows any more, and until when each is kept, monotonic ms; the earliest is first. */
  private readonly left = new Map<ConversationId, number>()
  private isDue = false
  private timer: Timer | null = null
  /** The last call of the bus: one goes after the other, so that a topic does not end after it began again. */
  private calling: Promise<void> = Promise.resolve()

  constructor(private readonly parts: Parts) {}

  /** The first session of this node follows a conversation. */
  follow(conversation: ConversationId): void {
    if (this.parts.bus === null) return
    this.left.delete(conversation)
    if (this.kept.has(conversation)) return
    this.kept.add(conversation)
    this.begun.add(conversation)
    this.beginSoon()
  }

  /** No session of this node follows it any more. */
  leave(conversation: ConversationId): void {
    if (!this.kept.has(conversation)) return
    const { clock, timing } = this.parts
    this.left.set(conversation, clock.monotonic() + timing.topicKeepMs)
    this.timer ??= clock.setTimeout(() => this.end(), timing.topicKeepMs)
  }

  private beginSoon(): void {
    if (this.isDue) return
    this.isDue = true
    queueMicrotask(() => {
      this.isDue = false
      this.calling = this.calling.then(() => this.begin())
    })
  }

  private async begin(): Promise<void> {
    const { bus, checkSoon, clock, logger } = this.parts
    const added = [...this.begun]
    this.begun.clear()
    if (added.length === 0) return
    try {
      await bus!.topics(added, [])
      for (const conversation of added) checkSoon(conversation)
    } catch (error) {
      logger.error('the bus did not begin topics; it is asked again', error, { topics: added.length })
      for (const conversation of added) if (this.kept.has(conversation)) this.begun.add(conversation)
      clock.setTimeout(() => this.beginSoon(), retryMs)
    }
  }

  private end(): void {
    const { bus, clock, logger } = this.parts
    this.timer = null
    const nowMs = clock.monotonic()
    const removed: ConversationId[] = []
    for (const [conversation, untilMs] of this.left) {
      if (untilMs > nowMs) {
        this.timer = clock.setTimeout(() => this.end(), untilMs - nowMs)
        break
      }
      this.left.delete(conversation)
      this.kept.delete(conversation)
      this.begun.delete(conversation)
      removed.push(conversation)
    }
    if (removed.length === 0) return
    // Where this fails the node hears of a conversation that nobody follows here, and drops it.
    this.calling = this.calling
      .then(() => bus!.topics([], removed))
      .catch((error: unknown) => logger.error('the bus did not end topics', error, { topics: removed.length }))
  }
}
