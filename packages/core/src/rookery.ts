// A node: starts it, asks for its state, and stops it. Its parts are made in assemble.ts. No logic here.
import type { NodeId } from '@rookery/protocol'
import { assemble } from './assemble.js'
import type { Gate } from './gate/connection.js'
import { drain } from './gate/drain.js'
import { type Health, NodeHealth, type NodeStats } from './health.js'
import type { HostMaintenance } from './logic/host/maintenance.js'
import type { Im } from './logic/host/im.js'
import type { MessageTypes } from './logic/messages/message-types.js'
import type { RookeryOptions } from './options/options.js'
import type { NodeInfo } from './ports/presence.js'

/** One node: gate, logic and ports. Give its `gate` to a transport. */
export class Rookery<Types extends MessageTypes = MessageTypes> {
  readonly nodeId: NodeId
  /** The gate, to which a transport connects its clients. */
  readonly gate: Gate
  /** Chat for the host's own services. */
  readonly im: Im<Types>
  /** Work on stored data besides chat. */
  readonly maintenance: HostMaintenance
  private readonly parts: ReturnType<typeof assemble>
  private readonly condition: NodeHealth
  private epoch = ''
  private state: 'new' | 'running' | 'draining' | 'stopped' = 'new'

  /** @throws TypeError one line that names a wrong option and its remedy */
  constructor(options: RookeryOptions<Types>) {
    this.parts = assemble(options, () => this.epoch)
    this.condition = new NodeHealth(this.parts)
    this.nodeId = this.parts.nodeId
    this.gate = this.parts.gate
    this.maintenance = this.parts.maintenance
    // Declared types exist only for the compiler.
    this.im = this.parts.im as unknown as Im<Types>
  }

  /** Opens storage, joins the other nodes, and begins to take clients. */
  async start(): Promise<void> {
    if (this.state !== 'new') throw new Error('a Rookery is started once')
    this.state = 'running'
    const { storage, presence, cluster, heartbeat, lease, slots, gate, logger } = this.parts
    const { epoch, warnings } = await storage.start((line) => logger.info(line))
    this.epoch = epoch
    for (const warning of warnings) logger.warn(warning)
    await this.joinOthers()
    await presence.start(() => lease.forgotten())
    await cluster.start()
    await heartbeat.start()
    await this.parts.mover?.start()
    this.parts.retention.start()
    gate.setOpen(true)
    // Where presence is away it is told with the next tick.
    await slots.renewLease().catch(() => {})
    this.parts.push?.run.start()
    logger.info('rookery takes clients', { node: this.nodeId })
  }

  /** Two processes on one storage that share no bus are half a system each, and nothing else would tell. */
  private async joinOthers(): Promise<void> {
    const { storage, bus, logger } = this.parts
    try {
      if ((await storage.join?.(bus === null ? 'alone' : 'together')) ?? true) return
    } catch (error) {
      logger.info('whether other processes use this database is not known', { reason: String(error) })
      return
    }
    logger.warn(
      'another process uses this database and shares no bus with this one, so messages reach its users late: give every process the same presence and bus, such as RedisPresenceModule.forRoot({ url })',
    )
  }

  /**
   * Takes no more clients, tells the present ones to connect elsewhere, answers the requests that it accepted, and
   * closes.
   */
  async drain(): Promise<void> {
    if (this.state !== 'running') return
    this.state = 'draining'
    this.parts.gate.setOpen(false)
    await drain(this.parts)
  }

  /** Drains if that has not happened, and closes everything that it opened. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return
    await this.drain()
    this.state = 'stopped'
    const { heartbeat, kicks, deliveries, writer, presence, bus, storage, boot } = this.parts
    heartbeat.stop()
    kicks.stop()
    await this.parts.retention.stop()
    await this.parts.mover?.stop()
    await this.parts.push?.run.stop()
    await deliveries.flush()
    await writer.flushed()
    await presence.leave(this.nodeId, boot).catch(() => {})
    await presence.stop()
    await bus?.stop()
    await storage.stop()
  }

  /** Whether this node can serve, with the reason for each part that cannot. */
  health(): Promise<Health> {
    return this.condition.ask(this.state === 'running' ? { ok: true } : { ok: false, reason: this.state })
  }

  /**
   * How much work the node has at this moment. It goes through all sessions, so call it a few times a minute at most.
   */
  stats(): NodeStats {
    return this.condition.stats()
  }

  /** The nodes that take clients, the one with the fewest sessions first. */
  async endpoints(): Promise<readonly Pick<NodeInfo, 'nodeId' | 'url' | 'sessions'>[]> {
    const nodes = await this.parts.presence.nodes()
    return nodes
      .filter(({ takesClients }) => takesClients)
      .map(({ nodeId, url, sessions }) => ({ nodeId, url, sessions }))
      .sort((a, b) => a.sessions - b.sessions || (a.nodeId < b.nodeId ? -1 : 1))
  }
}

/**
 * Makes a node.
 * @throws TypeError one line that names a wrong option and its remedy
 */
export const createRookery = <Types extends MessageTypes = MessageTypes>(
  options: RookeryOptions<Types>,
): Rookery<Types> => new Rookery(options)
