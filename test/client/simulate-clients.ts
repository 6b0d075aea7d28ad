// One seed: apps with the real client talk on a simulated cluster while faults occur; everything heals; then what each
// app holds and was told is compared with what the server has.
import { MemoryStorage, type RookeryOptions } from '@rookery/core'
import {
  faultKinds,
  SeededRandom,
  SimulatedCluster,
  strike,
  VirtualClock,
  type FaultKind,
  type NodeProcess,
} from '@rookery/testing'
import { compare } from './compare.js'
import { act } from './app-actions.js'
import { SimApp, type AppWorld } from './sim-app.js'
import { simulatedDial } from './simulated-dial.js'
import { truthOf } from './truth.js'

export interface ClientRun {
  readonly seed: number
  readonly faults: readonly FaultKind[]
  /** What was wrong; empty in a good run. */
  readonly broken: readonly string[]
  readonly sent: number
  readonly told: number
  readonly kills: number
}

/** How much happens in a run: the ordinary tests run many small ones. */
export type Size = 'small' | 'large'

const company = ['ann', 'bob', 'cyd']

/** What a client can meet; faults of storage and bus are the server's, and have their own simulation. */
const kinds: readonly FaultKind[] = faultKinds.filter((kind) => kind !== 'racing-logins')

export async function simulateClients(seed: number, size: Size = 'large'): Promise<ClientRun> {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  const faults = random.chance(0.1) ? [] : random.shuffle(kinds).slice(0, 1 + random.int(5))
  const isSmall = size === 'small'
  const people = isSmall && random.chance(0.6) ? company.slice(0, 2) : company
  const durationMs = isSmall ? 4_000 + random.int(4_000) : 15_000 + random.int(25_000)
  const broken = new Set<string>()
  const cluster = new SimulatedCluster({ clock, random: random.fork(), host: hostOf(random) })
  const starting = Promise.all(Array.from({ length: 1 + random.int(2) }, () => cluster.start()))
  await clock.advance(100)
  await starting

  const fault = (what: string): void => void broken.add(what)
  const misshapen = seed % framesEvery === 0 ? fault : null
  const world: AppWorld = {
    clock,
    random: random.fork(),
    dial: (chance, wires) => simulatedDial(cluster, clock, chance, wires, misshapen),
    servers: () => cluster.nodes.map(({ name }) => name),
    fault,
  }
  const apps = people.flatMap((user) =>
    (random.chance(isSmall ? 0.2 : 0.5) ? ['phone', 'pc'] : ['phone']).map(
      (type) => new SimApp(world, user, `${user}-${type}`, type),
    ),
  )
  // Some log in for the first time when much was said already.
  for (const app of apps)
    clock.setTimeout(() => app.open(), random.chance(0.3) ? random.int(durationMs) : random.int(1_000))
  let isOver = false
  let kills = 0
  const actions = isSmall ? 25 + random.int(30) : 60 + random.int(80)
  const at = (ms: number, run: () => void): unknown => clock.setTimeout(() => isOver || run(), ms)
  for (let i = 0; i < actions; i++) at(500 + random.int(durationMs - 500), () => act(people, random.pick(apps), random))
  for (let i = random.int(5); i > 0; i--)
    at(1_000 + random.int(durationMs - 1_000), () => {
      const app = random.pick(apps)
      kills += app.running === null ? 0 : 1
      const again = (): void => void clock.setTimeout(() => app.open(), random.int(isSmall ? 1_000 : 4_000))
      if (random.chance(0.6)) return app.killInCommit(again)
      void app.kill()
      again()
    })
  const faulty = { clock, random: random.fork(), cluster, devices: apps, record: () => {}, isOver: () => isOver }
  for (const kind of faults)
    for (let i = 1 + random.int(3); i > 0; i--) at(1_000 + random.int(durationMs - 1_000), () => strike(faulty, kind))
  await clock.advance(durationMs)

  isOver = true
  cluster.heal()
  for (const app of apps) {
    app.healed()
    app.switchOn()
  }
  await clock.advance(1_000)
  await comesToRest(cluster, clock, apps)
  const truth = await truthOf(cluster, clock, people)
  for (const what of await compare(apps, truth)) broken.add(what)
  const count = (counts: number[]): number => counts.reduce((sum, one) => sum + one, 0)
  const run: ClientRun = {
    seed,
    faults,
    broken: [...broken],
    sent: count(apps.map(({ sent }) => sent.size)),
    told: count(apps.map(({ told }) => told.messages.length)),
    kills,
  }
  for (const app of apps) await app.kill()
  return run
}

/** Every frame of every fourth seed is checked against the protocol. */
const framesEvery = 4
/** A send that was refused holds others back for 30 s, and a connection takes a minute to notice that it is dead. */
const restMostMs = 150_000

/**
 * Everything has healed: within the time every app is connected and holds everything, and nothing waits any more. What
 * does not come to rest is named by the comparison that follows.
 */
async function comesToRest(cluster: SimulatedCluster, clock: VirtualClock, apps: readonly SimApp[]): Promise<void> {
  const storage = new MemoryStorage({ database: cluster.database })
  await storage.start()
  const isAtRest = async (): Promise<boolean> => {
    for (const app of apps) app.open()
    for (const app of apps) if (!(await app.isAtRest())) return false
    const heads = await storage.heads.users(apps.map(({ user }) => user))
    const positions = await Promise.all(apps.map((app) => app.positions()))
    if (positions.some(({ inbox }, index) => inbox !== heads[index]!.seq)) return false
    const followed = positions.flatMap(({ timelines }) => timelines)
    const ends = await storage.heads.conversations(followed.map(([id]) => id))
    return followed.every(([, seq], index) => seq === ends[index]?.seq)
  }
  for (let leftMs = restMostMs; leftMs > 0 && !(await isAtRest()); leftMs -= 500) await clock.advance(500)
  await clock.advance(500)
  await storage.stop()
}

/** Small pages, groups on both sides of the line, and a handler that refuses some messages. */
function hostOf(
  random: SeededRandom,
): (clock: NodeProcess) => Partial<RookeryOptions> & Pick<RookeryOptions, 'authenticate'> {
  const readAbove = random.pick([1, 2, 500])
  const joinersRead = random.pick(['from-now', 'everything'] as const)
  const isNarrow = random.chance(0.4)
  return (clock) => ({
    authenticate: async ({ token }) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 5))
      return { userId: token }
    },
    groups: { joinersRead, membersMayAdd: true },
    fanout: { readAbove },
    ...(isNarrow && { limits: { pull: 3, history: 3, list: 2, inflight: 8 } }),
  })
}
