// A node as presence and bus see one: it renews its lease, and keeps what it is told.
import type { Login, NodeId, PresenceTime, SlotHolder, UserId } from '@rookery/core'
import { SystemRandom } from '@rookery/core'
import { until } from './private-redis.js'
import type { RedisOptions } from '../src/options.js'
import { RedisBus } from '../src/redis-bus.js'
import { RedisPresence } from '../src/redis-presence.js'

const random = new SystemRandom()

export class TestNode {
  readonly boot = random.id()
  readonly presence: RedisPresence
  readonly bus: RedisBus
  readonly arrived: unknown[] = []
  /** Who may have lost something, as the bus said; null for any. */
  readonly missed: (NodeId | null)[] = []
  /** How often presence lost what this node had told it, as presence itself or a renewal said. */
  forgotten = 0
  /** As the last renewal told it. */
  time: PresenceTime = { era: '', ms: 0 }

  private constructor(
    readonly nodeId: NodeId,
    options: RedisOptions,
  ) {
    this.presence = new RedisPresence(options)
    this.bus = new RedisBus(options)
  }

  static async start(nodeId: NodeId, options: RedisOptions): Promise<TestNode> {
    const node = new TestNode(nodeId, options)
    await node.presence.start(() => (node.forgotten += 1))
    await node.bus.start(
      nodeId,
      node.boot,
      (frame) => node.arrived.push(frame),
      (from) => node.missed.push(from),
    )
    return node
  }

  async renew(logins: readonly Login[] = [], leaseMs = 60_000): Promise<readonly SlotHolder[]> {
    const { nodeId, boot } = this
    const info = { nodeId, boot, url: null, sessions: logins.length, takesClients: true }
    const { lost, began, time } = await this.presence.renew(info, leaseMs, logins)
    if (this.time.era !== '' && (began || time.era !== this.time.era)) this.forgotten += 1
    this.time = time
    return lost.map(({ holder }) => holder)
  }

  /** Renews the lease until it shows that presence has forgotten this node. */
  async findForgotten(): Promise<void> {
    const before = this.forgotten
    await until(async () => {
      await this.renew().catch(() => {})
      return this.forgotten > before
    })
  }

  /** A login that began at the time of the last renewal, or so long after it. */
  login(userId: UserId, afterMs = 0): Login {
    const { nodeId, boot, time } = this
    const sessionId = random.id()
    const device = { slot: 'phone', deviceType: 'phone', deviceId: 'device', instance: null }
    return {
      holder: { userId, ...device, sessionId, nodeId, boot, at: 1_750_000_000_000 },
      since: { era: time.era, ms: time.ms + afterMs },
      heardAt: 1_750_000_000_000,
    }
  }

  async stop(): Promise<void> {
    await this.presence.stop()
    await this.bus.stop()
  }
}
