// One seed, from start to verdict: users chat while faults occur, everything heals, and clients report what they saw.
import { RookeryError } from '@rookery/protocol'
import type { RookeryOptions } from '@rookery/core'
import { SeededRandom } from '../seeded-random.js'
import { SimulatedCluster, type RealStorage } from '../simulated-cluster.js'
import { VirtualClock } from '../virtual-clock.js'
import { act } from './actions.js'
import { checkHistory, type Violation } from './check-history.js'
import { loseNextEntries, resume, revoke, strike, type FaultyWorld } from './faults.js'
import type { History, HistoryEvent, Recorded } from './history.js'
import type { NodeProcess } from './node-process.js'
import { planOf, type Plan, type StoryKind } from './plan.js'
import { SimDevice, type SimWorld } from './sim-device.js'
import { readGroups, recordFinal } from './telling.js'

export interface SimulationResult {
  readonly plan: Plan
  readonly history: History
  readonly violations: readonly Violation[]
  /** How often each kind of fault occurred. */
  readonly struck: Readonly<Record<string, number>>
  /** The number of acknowledged messages. */
  readonly acknowledged: number
}

const nodeCount = 3
/** Every frame of every second seed is checked against the protocol: of all seeds it would take a sixth of the time. */
const framesEvery = 2
/** Within this time a lost last frame is noticed by the empty parcel behind it, and pulled. */
const mendMs = 3_000
/** Two heartbeats of the default timing, and time for the last pulls. */
const settleMs = 23_000
/** By then the leases of dead nodes are over, too. */
const restMs = 15_000

/** A run on a real database. */
export interface OnDatabase extends RealStorage {
  /** The end of every user's id: users of other runs on the same database have other ids. */
  readonly mark: string
}

/**
 * Runs one seed. The same seed gives the same history, event for event; also on a database, unless calls may overlap
 * there.
 * @param on the database; in memory if left out
 */
export async function simulate(
  seed: number,
  story: StoryKind = 'twos',
  on: OnDatabase | null = null,
): Promise<SimulationResult> {
  const random = new SeededRandom(seed)
  const drawn = planOf(seed, random, story)
  const plan = on === null ? drawn : { ...drawn, users: drawn.users.map((user) => user + on.mark) }
  const clock = new VirtualClock()
  const history: HistoryEvent[] = []
  const record = (event: Recorded): void => {
    history.push({ atMs: clock.monotonic(), ...event })
  }
  if (plan.groups !== null) record({ t: 'policy', joinersRead: plan.groups.joinersRead })
  let isOver = false
  const host = hostOf(plan, random.fork(), () => isOver)
  const cluster = new SimulatedCluster({ clock, random: random.fork(), host, ...(on && { storage: on }) })
  const starting = Promise.all(Array.from({ length: nodeCount }, () => cluster.start()))
  await clock.advance(100)
  await starting

  const devices = devicesOf(plan, random, worldOf(clock, cluster, random.fork(), record, seed % framesEvery === 0))
  const faulty: FaultyWorld = { clock, random: random.fork(), cluster, devices, record, isOver: () => isOver }
  for (const device of devices) if (random.chance(0.8)) clock.setTimeout(() => device.open(), random.int(3_000))
  for (let i = 0; i < plan.actions; i++)
    clock.setTimeout(() => act(plan, devices, random), 500 + random.int(plan.durationMs - 500))
  for (const kind of plan.faults)
    for (let i = 0; i < plan.strikes; i++)
      clock.setTimeout(() => strike(faulty, kind), 2_000 + random.int(plan.durationMs - 2_000))
  for (let n = 1; n <= plan.revocations; n++)
    clock.setTimeout(() => revoke(faulty, plan, n), 2_000 + random.int(plan.durationMs - 2_000))
  await clock.advance(plan.durationMs)

  // Each user has at least one device that is on, so that each slot has a device that comes back.
  for (const device of devices)
    if (
      !devices.some(({ user, type, wants, isOff }) => (wants || isOff) && user === device.user && type === device.type)
    )
      device.open()
  isOver = true
  for (const node of cluster.nodes) resume(faulty, node)
  cluster.heal()
  for (const device of devices) device.healed()
  if (plan.faults.includes('last-frame')) await lastWords(clock, cluster, devices, random, record)
  record({ t: 'healed' })
  await clock.advance(settleMs)
  record({ t: 'settled', standings: devices.map(({ standing }) => standing) })
  await clock.advance(restMs)
  await each(clock, devices, (device) => lookAround(device, plan))
  // Power comes back, so that every device can report what it can read.
  for (const device of devices) device.switchOn()
  await clock.advance(10_000)
  await each(clock, devices, async (device) => {
    await device.ask('conversations', {})
    await readGroups(device, random)
    await recordFinal(device, record)
  })
  return { plan, history, violations: checkHistory(history), ...countsOf(history) }
}

/** Sends one last message that no other node hears of: only a check of the head finds it. */
async function lastWords(
  clock: VirtualClock,
  cluster: SimulatedCluster,
  devices: readonly SimDevice[],
  random: SeededRandom,
  record: (event: Recorded) => void,
): Promise<void> {
  await clock.advance(12_000)
  for (let i = 0; i < nodeCount; i++) loseNextEntries(cluster)
  const [from, to] = random.shuffle(devices.filter(({ isReady }) => isReady))
  if (from === undefined || to === undefined) return
  const words = { clientMsgId: 'last-words', to: to.user, type: 'text', content: { text: 'the last words' } }
  from.send(words)
  const conns = devices.flatMap(({ user, standing }) => (user === to.user ? (standing.conn ?? []) : []))
  record({ t: 'last-words', clientMsgId: words.clientMsgId, conns })
  await clock.advance(200)
  cluster.bus.healAll()
  await clock.advance(mendMs)
  record({ t: 'mended' })
}

async function each(
  clock: VirtualClock,
  devices: readonly SimDevice[],
  run: (device: SimDevice) => Promise<void>,
): Promise<void> {
  const all = Promise.all(devices.filter(({ isReady }) => isReady).map(run))
  await clock.advance(20_000)
  await all
}

async function lookAround(device: SimDevice, { users }: Plan): Promise<void> {
  for (const user of users) await device.ask('presence', { userIds: [user] })
}

function worldOf(
  clock: VirtualClock,
  cluster: SimulatedCluster,
  random: SeededRandom,
  record: (event: Recorded) => void,
  checksFrames: boolean,
): SimWorld {
  let conns = 0
  let requests = 0
  return {
    clock,
    random,
    record,
    checksFrames,
    node: (except) => {
      const others = cluster.nodes.filter(({ name }) => name !== except)
      const from = others.length > 0 ? others : cluster.nodes
      return from.length === 0 ? null : random.pick(from)
    },
    dial: (node, hooks) => cluster.dial(node, random, hooks),
    nextConn: () => ++conns,
    nextRequest: () => ++requests,
  }
}

function devicesOf(plan: Plan, random: SeededRandom, world: SimWorld): SimDevice[] {
  const devices: SimDevice[] = []
  for (const user of plan.users)
    for (const name of ['phone', 'pc', 'phone2'])
      if (name === 'phone' || random.chance(0.5)) {
        const instance = random.chance(0.5) ? `${name}-1` : null
        const type = name === 'pc' ? 'pc' : 'phone'
        devices.push(new SimDevice(world, user, `${user}-${name}`, type, instance, random.chance(0.5)))
      }
  return devices
}

const narrowLimits = { inflight: 4, pull: 5, sessionQueueBytes: 1500, pageBytes: 2000, commitOps: 3, writerQueue: 12 }

/** The host of every node: the token is the user id; one user does not exist. */
function hostOf(plan: Plan, random: SeededRandom, isQuick: () => boolean) {
  return (clock: NodeProcess): Pick<RookeryOptions, 'authenticate'> & Partial<RookeryOptions> => {
    const delay = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
    return {
      authenticate: async ({ token }) => {
        await delay(random.int(20))
        return { userId: token }
      },
      users: {
        exists: async (userId) => {
          await delay(random.int(20))
          return userId !== 'nobody'
        },
      },
      ...(plan.isNarrow && { limits: narrowLimits }),
      ...(plan.groups !== null && {
        groups: { membersMayAdd: plan.groups.membersMayAdd, joinersRead: plan.groups.joinersRead },
        fanout: { readAbove: plan.groups.readAbove },
      }),
      ...(plan.hasHandlers && {
        handlers: {
          before: (_kind, type) =>
            type !== 'checked'
              ? undefined
              : async (_session, { content }) => {
                  await delay(isQuick() ? 1 : random.chance(0.05) ? 7_000 : random.int(400))
                  if (content['isForbidden'] === true) throw new RookeryError('REJECTED', 'the house does not like it')
                },
          after: () => undefined,
          topic: () => undefined,
        },
      }),
    }
  }
}

function countsOf(history: History): { struck: Record<string, number>; acknowledged: number } {
  const struck: Record<string, number> = {}
  const sends = new Set<number>()
  let acknowledged = 0
  for (const event of history) {
    if (event.t === 'fault') struck[event.kind] = (struck[event.kind] ?? 0) + 1
    if (event.t === 'request' && (event.event === 'c2c' || event.event === 'c2g')) sends.add(event.n)
    if (event.t === 'answer' && event.ok && sends.has(event.n) && event.data.duplicate === false) acknowledged++
  }
  return { struck, acknowledged }
}
