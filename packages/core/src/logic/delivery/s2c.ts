// s2c: the business server tells a user something, now or never, and learns whether a device took it; or as a stored
// fact, which every device learns sooner or later.
import type { JsonText, Seq, UserId } from '@rookery/protocol'
import { s2cJson } from '../../model/events.js'
import type { Timing } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Observer } from '../../ports/observer.js'
import type { Random } from '../../ports/random.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import type { Cluster } from './cluster.js'
import type { Committed } from './committed.js'
import type { Sessions } from './sessions.js'

interface Parts {
  readonly sessions: Sessions
  readonly cluster: Cluster
  readonly writer: Writer
  readonly committed: Committed
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  readonly observer: Observer | null
}

interface Waiting {
  readonly settle: (isDelivered: boolean) => void
  readonly timer: Timer
}

export class S2c {
  private readonly waiting = new Map<string, Waiting>()

  constructor(private readonly parts: Parts) {}

  /**
   * Sends an event to every session that the user has now; not stored.
   * @returns whether a device acknowledged it within `ackMs`; false at once where nobody is online
   */
  async live(userId: UserId, topic: string, payload: JsonText): Promise<boolean> {
    const { sessions, cluster, random, clock, timing } = this.parts
    const id = random.id()
    const json = s2cJson(id, topic, payload)
    const delivered = new Promise<boolean>((settle) => {
      const timer = clock.setTimeout(() => this.settle(id, false), timing.s2cAckMs)
      this.waiting.set(id, { settle, timer })
    })
    const here = sessions.ask(userId, 's2c', json, () => this.acknowledged(id))
    const elsewhere = await cluster.send([{ t: 'ask', user: userId, id, event: 's2c', json, replyTo: cluster.nodeId }])
    if (here + elsewhere === 0) this.settle(id, false)
    return delivered
  }

  /**
   * Writes a `custom` entry to the user's inbox, and answers its place; null where it was written before.
   * @param key under which it is written once, over all users
   */
  stored(userId: UserId, topic: string, payload: JsonText, key = this.parts.random.id()): Promise<Seq | null> {
    const { writer, clock, timing, committed } = this.parts
    const op = { op: 'custom', userId, topic, payload, at: clock.now(), key } as const
    return commitOne(writer, clock, timing.sendDeadlineMs, op, (result) => {
      if (result.inboxSeq === null) return null
      this.parts.observer?.s2c?.('stored')
      committed(op, result)
      return result.inboxSeq
    })
  }

  /** A device took what was sent under this id. */
  acknowledged(id: string): void {
    this.settle(id, true)
  }

  private settle(id: string, isDelivered: boolean): void {
    const waiting = this.waiting.get(id)
    if (waiting === undefined) return
    this.waiting.delete(id)
    this.parts.clock.clearTimeout(waiting.timer)
    this.parts.observer?.s2c?.(isDelivered ? 'delivered' : 'undelivered')
    waiting.settle(isDelivered)
  }
}
