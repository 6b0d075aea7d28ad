// Puts the parts together; starts and stops them. No logic.
import type { Gate } from './gate/connection.js'
import { Followed } from './gate/followed.js'
import { NodeGate } from './gate/gate.js'
import { Heads } from './gate/heads.js'
import { Heartbeat } from './gate/heartbeat.js'
import { LocalSessions } from './gate/local-sessions.js'
import { Logins } from './gate/logins.js'
import { Registry } from './gate/registry.js'
import { Requests } from './gate/requests.js'
import { Slots } from './gate/slots.js'
import { Watching } from './gate/watching.js'
import { drain } from './gate/drain.js'
import type { DeviceType, NodeId } from '@rookery/protocol'
import { Admission } from './logic/access/admission.js'
import { Authenticator } from './logic/access/authenticate.js'
import { Authoriser } from './logic/access/authorise.js'
import { Directory } from './logic/access/directory.js'
import { Kicks } from './logic/access/kicks.js'
import { Cluster } from './logic/delivery/cluster.js'
import { Deliveries } from './logic/delivery/deliveries.js'
import { FanOut } from './logic/delivery/fan-out.js'
import { Nodes } from './logic/delivery/nodes.js'
import { Online } from './logic/delivery/online.js'
import { S2c } from './logic/delivery/s2c.js'
import { GroupChanges } from './logic/groups/group-changes.js'
import { Groups } from './logic/groups/groups.js'
import { HostMembership } from './logic/groups/host-membership.js'
import { Joining } from './logic/groups/joining.js'
import { within } from './logic/host/deadline.js'
import { Deadlines } from './logic/host/deadlines.js'
import { FaultLog } from './logic/host/fault-log.js'
import { Faults } from './logic/host/faults.js'
import { ImGroups } from './logic/host/im-groups.js'
import { Im } from './logic/host/im.js'
import { HostMaintenance } from './logic/host/maintenance.js'
import { observedHandlers } from './logic/host/observed-handlers.js'
import { Topics } from './logic/host/topics.js'
import { Changes } from './logic/messages/changes.js'
import type { MessageTypes } from './logic/messages/message-types.js'
import { Send } from './logic/messages/send.js'
import { OutboxMover } from './logic/outbox/outbox-mover.js'
import { OutboxMoves } from './logic/outbox/outbox-moves.js'
import { ParkedRows } from './logic/outbox/parked-rows.js'
import { Naming } from './logic/reading/naming.js'
import { OwnMarks } from './logic/reading/own-marks.js'
import { Roaming } from './logic/reading/roaming.js'
import { Retention } from './logic/storing/retention.js'
import { Writer } from './logic/storing/writer.js'
import { type RookeryOptions, settingsOf } from './options/options.js'
import { MemoryPresence } from './memory/memory-presence.js'
import type { Clock } from './ports/clock.js'
import type { Logger } from './ports/logger.js'
import type { NodeInfo, Presence } from './ports/presence.js'
import type { Storage } from './ports/storage.js'
import { SystemClock } from './system/system-clock.js'
import { SystemRandom } from './system/system-random.js'

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }

/** How each part of a node does; `reason` where it does not do well. */
export interface Health {
  readonly ok: boolean
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>
}

/** Figures of a node at one moment. */
export interface NodeStats {
  /** By device type; every type that the node knows. */
  readonly sessions: Readonly<Record<DeviceType, number>>
  /** Operations that wait to be stored, or are under way. */
  readonly writerQueue: number
  /** For how long no commit has succeeded; 0 while they do. */
  readonly commitsFailingMs: number
  /** Rows of host transactions that are to be moved, and that could not be, as they were counted last. Absent without an outbox. */
  readonly outbox?: { readonly waiting: number; readonly parked: number }
}

/** One node: gate, logic and ports, ready to be given to a transport. */
export class Rookery<Types extends MessageTypes = MessageTypes> {
  readonly nodeId: NodeId
  /** What a transport brings its clients to. */
  readonly gate: Gate
  /** What the host's own services ask for. */
  readonly im: Im<Types>
  /** Work on what is stored, beside chat. */
  readonly maintenance: HostMaintenance
  private readonly parts: ReturnType<typeof assemble>
  private epoch = ''
  private state: 'new' | 'running' | 'draining' | 'stopped' = 'new'
  /** However many ask at once, storage is asked once. */
  private proof: Promise<unknown> | null = null

  /** @throws TypeError one line that names a wrong option and its remedy */
  constructor(options: RookeryOptions<Types>) {
    this.parts = assemble(options, () => this.epoch)
    this.nodeId = this.parts.nodeId
    this.gate = this.parts.gate
    this.maintenance = this.parts.maintenance
    // Declared types exist for the compiler alone.
    this.im = this.parts.im as unknown as Im<Types>
  }

  /** Opens storage, joins the other nodes, and takes clients from then on. */
  async start(): Promise<void> {
    if (this.state !== 'new') throw new Error('a Rookery is started once')
    this.state = 'running'
    const { storage, cluster, heartbeat, gate, logger } = this.parts
    const { epoch, warnings } = await storage.start((line) => logger.info(line))
    this.epoch = epoch
    for (const warning of warnings) logger.warn(warning)
    await cluster.start()
    await heartbeat.start()
    cluster.announce()
    await this.parts.outbox?.start()
    this.parts.retention.start()
    gate.setOpen(true)
    logger.info('rookery takes clients', { node: this.nodeId })
  }

  /** Takes no more clients, tells those here to go elsewhere, answers what was accepted, and closes. */
  async drain(): Promise<void> {
    if (this.state !== 'running') return
    this.state = 'draining'
    this.parts.gate.setOpen(false)
    await drain(this.parts)
  }

  /** Drains where that was not done, and closes what was opened. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return
    await this.drain()
    this.state = 'stopped'
    const { heartbeat, kicks, deliveries, writer, presence, bus, storage, boot } = this.parts
    heartbeat.stop()
    kicks.stop()
    await this.parts.retention.stop()
    await this.parts.outbox?.stop()
    await deliveries.flush()
    await writer.flushed()
    await presence.leave(this.nodeId, boot).catch(() => {})
    await presence.stop()
    await bus?.stop()
    await storage.stop()
  }

  /** Whether this node can serve, with the reason for each part that cannot. */
  async health(): Promise<Health> {
    const { presence, parked } = this.parts
    const [storageHealth, presenceHealth, outboxHealth] = await Promise.all([
      probe(() => (this.proof ??= this.prove().finally(() => (this.proof = null)))),
      probe(() => presence.nodes()),
      parked === null ? {} : probe(() => this.nothingParked(parked)).then((outbox) => ({ outbox })),
    ])
    const gateHealth = this.state === 'running' ? { ok: true } : { ok: false, reason: this.state }
    // Without presence users of one node go on talking, and beside parked rows others are moved: that is told, and does not
    // make the node unfit.
    const parts = { gate: gateHealth, storage: storageHealth, presence: presenceHealth, ...outboxHealth }
    return { ok: gateHealth.ok && storageHealth.ok, parts }
  }

  /** Reads, writes, and looks at what became of the last commits. */
  private async prove(): Promise<void> {
    const { storage, writer, timing } = this.parts
    await Promise.all([storage.timelines.loginEpoch(), storage.commit([])])
    const trouble = writer.failing(timing.sendDeadlineMs)
    if (trouble !== null) throw new Error(`commits do not succeed: ${trouble.reason}`)
  }

  private async nothingParked(parked: ParkedRows): Promise<void> {
    const { clock, timing } = this.parts
    const count = await within(clock, timing.handlerDeadlineMs, 'the outbox', parked.count())
    if (count > 0)
      throw new Error(
        `${count} ${count === 1 ? 'row is' : 'rows are'} parked: \`rookery parked\` lists them with their reasons`,
      )
  }

  /** How much there is to do at this moment; it walks the sessions, so ask a few times a minute. */
  stats(): NodeStats {
    const { deviceSlots, registry, timing, writer, outbox, parked } = this.parts
    const sessions: Record<DeviceType, number> = Object.fromEntries([...deviceSlots.keys()].map((type) => [type, 0]))
    for (const { deviceType } of registry.all()) sessions[deviceType] = (sessions[deviceType] ?? 0) + 1
    return {
      sessions,
      writerQueue: writer.length,
      commitsFailingMs: writer.failing(timing.sendDeadlineMs)?.forMs ?? 0,
      ...(outbox === null ? {} : { outbox: { waiting: outbox.waiting, parked: parked!.known } }),
    }
  }

  /** The nodes that take clients, least loaded first. */
  async endpoints(): Promise<readonly Pick<NodeInfo, 'nodeId' | 'url' | 'sessions'>[]> {
    const nodes = await this.parts.presence.nodes()
    return nodes
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

function assemble(options: RookeryOptions, epoch: () => string) {
  const settings = settingsOf(options)
  const { limits, timing, retention: kept, noRoaming, rate, deviceSlots } = settings
  const clock: Clock = options.clock ?? new SystemClock()
  const random = options.random ?? new SystemRandom()
  const logger = options.logger ?? silent
  const storage: Storage = options.storage
  const presence: Presence = options.presence ?? new MemoryPresence(clock)
  const bus = options.bus ?? null
  const users = options.users ?? null
  const contacts = options.contacts ?? null
  const names = options.names ?? null
  const hostGroups = options.hostGroups ?? null
  const types = options.types ?? null
  const observer = options.observer ?? null
  const handlers = observedHandlers(options.handlers ?? null, observer)
  const nodeId = options.nodeId ?? random.id()
  const boot = random.id()
  const url = options.url ?? null
  const timelines = () => storage.timelines

  const faultLog = new FaultLog(logger, clock, random)
  const faults = new Faults(faultLog)
  const registry = new Registry()
  const followed = new Followed(
    () => storage.groups,
    logger,
    (conversationId) => heads.checkTimelineSoon(conversationId),
  )
  const heads = new Heads({ timelines, registry, followed, logger })
  const sessions = new LocalSessions(
    registry,
    followed,
    (userId) => heads.checkSoon(userId),
    (userIds) => watching.tell(userIds),
  )
  const nodes = new Nodes(nodeId, presence, clock, logger, timing.heartbeatMs)
  const cluster = new Cluster(nodeId, presence, nodes, bus, sessions, logger, {
    answered: (id) => s2c.acknowledged(id),
    closed: (epoch, node) => kicks.confirmed(epoch, node),
  })
  const fanOut = new FanOut(sessions, cluster)
  const writer = new Writer(storage, clock, logger, limits, () => fanOut.flush(), observer)
  const authoriser = new Authoriser(storage)
  const directory = new Directory(users, clock, timing)
  const authenticator = new Authenticator(options.authenticate, clock, faultLog, timing)
  const deliveries = new Deliveries(writer, fanOut, clock, logger, timing)
  const handlerDeadlines = new Deadlines(clock, timing.handlerDeadlineMs)
  // Every part takes from these what it names.
  const shared = {
    nodeId,
    boot,
    url,
    deviceSlots,
    storage,
    presence,
    bus,
    users,
    directory,
    contacts,
    names,
    hostGroups,
    types,
    handlers,
    handlerDeadlines,
    observer,
    sessions,
    timelines,
    epoch,
    clock,
    random,
    logger,
    limits,
    timing,
    noRoaming,
    faults,
    registry,
    followed,
    heads,
    cluster,
    fanOut,
    writer,
    authoriser,
    authenticator,
    logins: new Logins(timelines),
    deliveries,
  }
  const naming = new Naming(shared)
  const s2c = new S2c(shared)
  const kicks = new Kicks(shared)
  const admission = new Admission(shared)
  const send = new Send({ ...shared, admission })
  const changes = new Changes({ ...shared, admission })
  const groupChanges = new GroupChanges(shared)
  const joining = new Joining(shared)
  const hostMembership = new HostMembership({ ...shared, settings })
  const groups = new Groups({ ...shared, changes: groupChanges, joining, naming, settings })
  const imGroups = new ImGroups({ ...shared, changes: groupChanges, joining, hostMembership, groups, settings })
  const roaming = new Roaming({ ...shared, naming })
  const online = new Online(shared)
  const moves = new OutboxMoves({ send, changes, s2c, groups: imGroups })
  const parked = options.outbox === undefined ? null : new ParkedRows({ ...shared, outbox: options.outbox })
  const outbox = parked === null ? null : new OutboxMover({ ...shared, outbox: options.outbox!, moves, parked })
  const slots = new Slots(shared)
  const watching = new Watching({ ...shared, online })
  const heartbeat = new Heartbeat({ ...shared, slots, watching })
  const cases = {
    ...shared,
    online,
    slots,
    watching,
    send,
    changes,
    groups,
    ownMarks: new OwnMarks({ ...shared, naming }),
    roaming,
    topics: new Topics(handlers, shared.handlerDeadlines, limits),
  }
  const requests = new Requests(cases, clock, limits, rate, timing)
  const gate = new NodeGate({ ...shared, slots, requests })
  const im = new Im({
    ...shared,
    send,
    changes,
    admission,
    s2c,
    kicks,
    online,
    roaming,
    outbox,
    joining,
    groups: imGroups,
  })
  const retention = new Retention({ ...shared, retention: kept })
  const maintenance = new HostMaintenance({ ...shared, kicks, imGroups, retention, kept, parked })
  return { ...shared, gate, requests, heartbeat, kicks, outbox, parked, im, retention, maintenance }
}

async function probe(run: () => Promise<unknown>): Promise<{ ok: boolean; reason?: string }> {
  try {
    await run()
    return { ok: true }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'unknown' }
  }
}
