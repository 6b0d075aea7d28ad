// Apps with the real client on a real server, over socket.io, through a proxy that treats them badly.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@rookery/client'
import { MemoryStorage } from '@rookery/core'
import { SeededRandom, TestNode } from '@rookery/testing'
import { attachSocketIo } from '@rookery/transport-socketio'
import { act } from './app-actions.js'
import { compare } from './compare.js'
import { SimApp, type AppWorld } from './sim-app.js'
import { readAll } from './truth.js'
import { UnkindProxy, type Unkindness } from './unkind-proxy.js'

export interface RealRun {
  readonly broken: readonly string[]
  readonly sent: number
  readonly told: number
  readonly done: ReadonlyMap<Unkindness, number>
}

const people = ['ann', 'bob', 'cyd']
const untilMs = 60_000

const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as number),
}

export async function runReal(seed: number): Promise<RealRun> {
  const random = new SeededRandom(seed)
  const storage = new MemoryStorage()
  const node = await TestNode.start({
    storage,
    groups: { membersMayAdd: true },
    fanout: { readAbove: random.pick([1, 500]) },
  })
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 })
  const transport = attachSocketIo(server, node.rookery.gate, {})
  const port = await listening(server)
  const proxy = await UnkindProxy.start(port, random.fork())
  const broken = new Set<string>()
  const world: AppWorld = {
    clock: systemClock,
    random: random.fork(),
    // The client's own way: socket.io.
    dial: () => undefined,
    servers: () => [proxy.url],
    fault: (what) => void broken.add(what),
  }
  const apps = people.map((user) => new SimApp(world, user, `${user}-phone`, 'phone'))
  try {
    for (const app of apps) app.open()
    for (let left = 60; left > 0; left--) {
      act(people, random.pick(apps), random)
      if (random.chance(0.05)) await random.pick(apps).kill()
      await new Promise((resolve) => setTimeout(resolve, random.int(25)))
    }
    proxy.heal()
    await comesToRest(apps, storage)
    const truth = new Map()
    for (const user of people) truth.set(user, await readAll(node.rookery.gate, user))
    for (const what of await compare(apps, truth)) broken.add(what)
    const count = (counts: number[]): number => counts.reduce((sum, one) => sum + one, 0)
    return {
      broken: [...broken],
      sent: count(apps.map(({ sent }) => sent.size)),
      told: count(apps.map(({ told }) => told.messages.length)),
      done: proxy.done,
    }
  } finally {
    for (const app of apps) await app.kill()
    await proxy.stop()
    await transport.close()
    await new Promise((resolve) => server.close(resolve))
    await node.stop()
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** What does not come to rest is named by the comparison. */
async function comesToRest(apps: readonly SimApp[], storage: MemoryStorage): Promise<void> {
  const endMs = performance.now() + untilMs
  while (performance.now() < endMs) {
    for (const app of apps) app.open()
    await new Promise((resolve) => setTimeout(resolve, 50))
    let isAtRest = true
    for (const app of apps) isAtRest &&= await app.isAtRest()
    if (!isAtRest) continue
    const heads = await storage.heads.users(apps.map(({ user }) => user))
    const positions = await Promise.all(apps.map((app) => app.positions()))
    if (positions.some(({ inbox }, index) => inbox !== heads[index]!.seq)) continue
    const followed = positions.flatMap(({ timelines }) => timelines)
    const ends = await storage.heads.conversations(followed.map(([id]) => id))
    if (followed.every(([, seq], index) => seq === ends[index]?.seq)) return
  }
}
