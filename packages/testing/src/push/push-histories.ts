// Many small worlds on a few nodes, each with its own random history; nodes die under them.
import { SeededRandom } from '../seeded-random.js'
import { VirtualClock } from '../virtual-clock.js'
import { PushNodes, type PushNodesOptions } from './push-nodes.js'
import { PushWorld } from './push-world.js'

export interface PushHistories {
  readonly seed: number
  readonly worlds: number
  readonly stepsEach: number
  /** Nodes that die on the way; another one starts for each. */
  readonly deaths: number
  /** Other rules than the model knows, or a storage that is not right: to prove that the model notices. */
  readonly broken?: Pick<PushNodesOptions, 'push' | 'spoil'>
}

/** How long the histories are, and how long it takes until everybody who had to be told was. */
const historyMs = 40_000
const settledMs = 120_000

/** @returns what went against the model, and how many notifications there were */
export async function runPushHistories({ seed, worlds: count, stepsEach, deaths, broken }: PushHistories): Promise<{
  readonly faults: readonly string[]
  readonly told: number
}> {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  const died: number[] = []
  const worlds = new Map<string, PushWorld>()
  let told = 0
  const nodes = new PushNodes({
    clock,
    random: random.fork(),
    ...broken,
    pushed: (request) => {
      told += 1
      worlds.get(request.registration.userId.slice(1))!.pushed(request)
    },
  })
  for (let n = 0; n < 3; n += 1) await nodes.start()
  for (let n = 0; n < count; n += 1) {
    const world = new PushWorld(`${n}`, clock, random.fork(), nodes, died)
    worlds.set(`${n}`, world)
    await world.begin()
    for (let step = 0; step < stepsEach; step += 1) clock.setTimeout(() => void world.step(), random.int(historyMs))
  }
  for (let n = 0; n < deaths; n += 1)
    clock.setTimeout(() => {
      const node = nodes.living[random.int(nodes.living.length)]!
      died.push(clock.monotonic())
      nodes.kill(node)
      for (const world of worlds.values()) world.died(node)
      void nodes.start()
    }, random.int(historyMs))
  await clock.advance(historyMs + settledMs)
  for (const world of worlds.values()) world.check()
  const faults = [...worlds.values()].flatMap((world) => world.faults)
  for (const world of worlds.values()) world.close()
  return { faults, told }
}
