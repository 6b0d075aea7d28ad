// How each kind of fault strikes, and for how long.
import type { SeededRandom } from '../seeded-random.js'
import type { SimulatedCluster, SimulatedNode } from '../simulated-cluster.js'
import type { VirtualClock } from '../virtual-clock.js'
import type { Recorded } from './history.js'
import type { Cut } from './link.js'
import type { FaultKind, Plan } from './plan.js'
import { goodConditions } from './remote.js'

/** What faults do to a client: whatever it is made of. */
export interface FaultyDevice {
  readonly user: string
  readonly deviceId: string
  /** The node of its connection, ready or not; null if it has none. */
  readonly nodeName: string | null
  /** The user opens the app. */
  open(): void
  cut(kind: Cut): void
  /** Its next answer is lost, and the connection with it. */
  swallowAnswer(): void
  /** It reads nothing for a while, and its socket stays open. */
  stall(forMs: number): void
  /** What it claims to hold becomes wrong. */
  corrupt(kind: 'beyond' | 'epoch' | 'entry'): void
  /** It loses power for the rest of the run. */
  switchOff(): void
}

export interface FaultyWorld {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly cluster: SimulatedCluster
  readonly devices: readonly FaultyDevice[]
  readonly record: (event: Recorded) => void
  /** Returns true once no fault needs to strike any more. */
  isOver(): boolean
}

/** Strikes once. */
export function strike(world: FaultyWorld, kind: FaultKind): void {
  const { random, record, cluster } = world
  if (world.isOver()) return
  const forMs =
    kind === 'storage-stopped' ? 4_000 + random.int(20_000) : 500 + random.int(random.chance(0.2) ? 40_000 : 8_000)
  // After a node died there may be no node until its replacement starts.
  if (cluster.nodes.length === 0) return
  const node = random.pick(cluster.nodes)
  const device = random.pick(world.devices)
  const later = (run: () => void): void => {
    world.clock.setTimeout(() => world.isOver() || run(), forMs)
  }
  record({ t: 'fault', kind, facts: { forMs, node: node.name, device: device.deviceId } })
  switch (kind) {
    case 'bus-loss':
      cluster.bus.lossRate = random.pick([0.1, 0.5, 1])
      return later(() => (cluster.bus.lossRate = 0))
    case 'bus-delay':
      cluster.bus.delayMs = random.pick([
        [0, 30],
        [0, 200],
        [100, 3000],
      ] as const)
      return later(() => (cluster.bus.delayMs = [0, 0]))
    case 'bus-partition': {
      const [a, b] = random.shuffle(cluster.nodes)
      if (a === undefined || b === undefined) return
      cluster.bus.cut(a.nodeId, b.nodeId)
      return later(() => cluster.bus.heal(a.nodeId, b.nodeId))
    }
    case 'last-frame':
      return loseNextEntries(cluster)
    case 'storage-slow':
    case 'storage-failing':
    case 'storage-stopped':
      return storageFault(world, kind, forMs)
    case 'presence-failing':
      for (const one of random.chance(0.5) ? cluster.nodes : [node]) {
        one.presence.conditions = { ...goodConditions(), delayMs: [1, 300], failRate: random.pick([0.3, 1]) }
        later(() => (one.presence.conditions = goodConditions()))
      }
      return
    case 'presence-forgets':
      return cluster.presence.restart()
    case 'presence-flushed':
      return cluster.presence.flush()
    case 'presence-fails-over':
      cluster.presence.stopReplicating()
      world.clock.setTimeout(() => cluster.presence.failOver(), random.int(3_000))
      return
    case 'presence-late':
      node.presence.conditions = { ...goodConditions(), lateRate: random.pick([0.3, 1]) }
      return later(() => (node.presence.conditions = goodConditions()))
    case 'parcels-lost':
      for (let n = 0; n <= random.int(5); n++) cluster.bus.dropNext(() => true)
      return
    case 'bus-link-cut':
      cluster.bus.disconnect(node.nodeId)
      return later(() => cluster.bus.reconnect(node.nodeId))
    case 'node-killed':
      return replace(world, node)
    case 'node-paused':
      if (node.process.state !== 'running') return
      node.process.pause()
      record({ t: 'paused', node: node.name })
      world.clock.setTimeout(() => resume(world, node), random.chance(0.5) ? 60_000 : forMs)
      return
    case 'node-drained':
      if (node.isDraining || node.process.state !== 'running') return
      void drain(world, node)
      return
    case 'connection-reset':
      return device.cut('reset')
    case 'connection-half-open':
      return device.cut('half-open')
    case 'connection-black-hole':
      return device.cut('black-hole')
    case 'answer-lost':
      return device.swallowAnswer()
    case 'slow-reader':
      return device.stall(Math.min(forMs, 8_000))
    case 'clock-jump':
      return world.clock.jumpWall(random.pick([-7_200_000, -60_000, 60_000, 7_200_000]))
    case 'clock-skew':
      node.process.skewMs = random.int(14_400_000) - 7_200_000
      return
    case 'racing-logins':
      for (const one of world.devices) if (random.chance(0.6)) one.open()
      return
    case 'corrupted-device':
      return device.corrupt(random.pick(['beyond', 'epoch', 'entry']))
  }
}

/** Loses what one commit tells other nodes, and nothing else. */
export function loseNextEntries(cluster: SimulatedCluster): void {
  cluster.bus.dropNext((frame) => (frame as { t?: unknown }).t === 'entries')
}

export function resume({ record }: FaultyWorld, node: SimulatedNode): void {
  if (node.process.state !== 'paused') return
  record({ t: 'resumed', node: node.name })
  node.process.resume()
}

function storageFault(world: FaultyWorld, kind: FaultKind, forMs: number): void {
  const { random, cluster, clock } = world
  const struck = random.chance(0.5) ? cluster.nodes : [random.pick(cluster.nodes)]
  for (const { storage } of struck) {
    if (kind === 'storage-slow')
      storage.conditions = {
        ...goodConditions(),
        delayMs: random.pick([
          [20, 200],
          [500, 2500],
        ]),
      }
    else if (kind === 'storage-failing')
      storage.conditions = { ...goodConditions(), delayMs: [1, 20], failRate: random.pick([0.2, 0.6]) }
    // Each call takes as long as a call to storage may take, and then fails.
    else storage.conditions = { ...goodConditions(), delayMs: [3_900, 4_000], failRate: 1 }
    clock.setTimeout(() => world.isOver() || (storage.conditions = goodConditions()), forMs)
  }
}

/** A node dies, and another starts after a while, with a new id or with the dead node's. */
function replace(world: FaultyWorld, node: SimulatedNode): void {
  const { cluster, random, record, clock } = world
  record({ t: 'killed', node: node.name })
  if (random.chance(0.4)) switchOff(world, node)
  cluster.kill(node)
  const nodeId = random.chance(0.5) ? node.nodeId : undefined
  clock.setTimeout(() => void cluster.start(nodeId), 200 + random.int(5_000))
}

/** A user all of whose devices are on this node loses power with it. */
function switchOff({ devices }: FaultyWorld, node: SimulatedNode): void {
  const byUser = new Map<string, FaultyDevice[]>()
  for (const device of devices) byUser.set(device.user, [...(byUser.get(device.user) ?? []), device])
  for (const own of byUser.values()) {
    const nodes = own.flatMap(({ nodeName }) => (nodeName === null ? [] : [nodeName]))
    if (nodes.length === 0 || nodes.some((name) => name !== node.name)) continue
    for (const device of own) device.switchOff()
    return
  }
}

/** The host revokes a user's tokens: who is there has to log in again. */
export function revoke({ random, record, cluster }: FaultyWorld, { users }: Plan, n: number): void {
  if (cluster.nodes.length === 0) return
  const { name: node, rookery } = random.pick(cluster.nodes)
  const user = random.pick(users)
  record({ t: 'revoking', n, user, node })
  rookery.im.revokeToken(user).then(
    () => record({ t: 'revoked', n, user, node }),
    () => {},
  )
}

/** By this time presence has answered a draining node that it has left the list, ms; clients are told to go then. */
const leftMs = 12
/** So long ago presence must have lost something last, or it may be told again only later, ms. */
const soundMs = 5_000

async function drain(world: FaultyWorld, node: SimulatedNode): Promise<void> {
  const { cluster, clock, record } = world
  const { presence } = cluster
  const { conditions, failures } = node.presence
  // What was told late may still come, with what the node said of itself then.
  const isSound = conditions.failRate + conditions.lateRate + failures['unknown-done'] === 0
  clock.setTimeout(() => {
    if (!isSound || node.process.state !== 'running' || clock.monotonic() - presence.lostAtMs < soundMs) return
    void presence.now.nodes().then((nodes) => {
      const takingClients = nodes.filter((one) => one.takesClients).map(({ nodeId }) => nodeId)
      record({ t: 'draining', node: node.nodeId, takingClients })
    })
  }, leftMs)
  await world.cluster.drain(node)
  await world.cluster.start()
}
