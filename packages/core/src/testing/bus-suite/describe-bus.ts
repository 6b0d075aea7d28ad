// The suite of the bus port: what a bus must do while its network is well.
import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../model/ids.js'
import type { Bus } from '../../ports/bus.js'
import { SystemRandom } from '../../system/system-random.js'
import type { SuiteCase, SuiteGroup } from '../suite-case.js'

/** A network that nodes meet on. */
export interface BusSubject {
  /** One node's end, unstarted; the suite starts and stops it. */
  bus(): Promise<Bus> | Bus
  /** Lets time pass for frames under way: moves the virtual clock, or waits. */
  elapse(ms: number): Promise<void>
  /** Called last, when every bus is stopped. */
  dispose(): Promise<void> | void
}

export interface BusSuiteOptions {
  readonly name: string
  /** Called once for each case. Every case uses node ids of its own. */
  readonly create: () => Promise<BusSubject> | BusSubject
}

interface Arrived {
  readonly frame: unknown
  readonly from: NodeId
}

interface BusNode {
  readonly nodeId: NodeId
  readonly bus: Bus
  readonly arrived: Arrived[]
}

const random = new SystemRandom()
const stepMs = 10
const stepsMax = 500

export class BusScene {
  readonly #mark = random.id()
  readonly #running = new Set<Bus>()

  constructor(private readonly subject: BusSubject) {}

  id = (name: string): NodeId => `${name}.${this.#mark}`

  async node(name: string, onFrame: (frame: unknown) => void = () => {}): Promise<BusNode> {
    const bus = await this.subject.bus()
    const arrived: Arrived[] = []
    await bus.start(this.id(name), (frame, from) => {
      arrived.push({ frame, from })
      onFrame(frame)
    })
    this.#running.add(bus)
    return { nodeId: this.id(name), bus, arrived }
  }

  async stop(node: BusNode): Promise<void> {
    this.#running.delete(node.bus)
    await node.bus.stop()
  }

  async until(condition: () => boolean): Promise<void> {
    for (let step = 0; step < stepsMax && !condition(); step += 1) await this.subject.elapse(stepMs)
    expect(condition(), 'what was published has arrived').toBe(true)
  }

  /** Publishes until one arrives: whatever was published to the node before has arrived or never will. */
  async flushed(from: BusNode, to: BusNode): Promise<void> {
    const marker = random.id()
    const isHere = (): boolean => to.arrived.some(({ frame }) => frame === marker)
    for (let step = 0; step < stepsMax && !isHere(); step += 1) {
      from.bus.publish(to.nodeId, [marker])
      await this.subject.elapse(stepMs)
    }
    expect(isHere(), 'a marker has arrived').toBe(true)
    await this.subject.elapse(stepMs * 10)
    const kept = to.arrived.filter(({ frame }) => frame !== marker)
    to.arrived.splice(0, to.arrived.length, ...kept)
  }

  async close(): Promise<void> {
    for (const bus of this.#running) await bus.stop()
    await this.subject.dispose()
  }
}

const values: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  '',
  'text "quoted" \\ \u2028 \u0000 \ud83d\ude00 e\u0301',
  [],
  {},
  [1, [2, [null]]],
  { a: { b: [{}] }, __proto: 1, 'key with "quotes"': 'x'.repeat(100_000) },
]

export const busGroups: readonly SuiteGroup<BusScene>[] = [
  {
    title: 'frames',
    cases: [
      {
        name: 'a frame arrives with its sender, equal as a JSON value, whatever value it is',
        async run(scene) {
          const [one, two] = [await scene.node('one'), await scene.node('two')]
          for (const value of values) one.bus.publish(two.nodeId, [value])
          await scene.until(() => two.arrived.length >= values.length)
          const arrived = two.arrived.map(({ frame }) => JSON.stringify(frame)).toSorted()
          expect(arrived).toEqual(values.map((value) => JSON.stringify(value)).toSorted())
          expect(new Set(two.arrived.map(({ from }) => from))).toEqual(new Set([one.nodeId]))
        },
      },
      {
        name: 'frames given together arrive together, in their order',
        async run(scene) {
          const [one, two] = [await scene.node('one'), await scene.node('two')]
          const frames = Array.from({ length: 100 }, (_, n) => ({ n }))
          one.bus.publish(two.nodeId, frames)
          await scene.until(() => two.arrived.length > 0)
          expect(two.arrived.map(({ frame }) => frame)).toEqual(frames)
        },
      },
      {
        name: 'a frame reaches the node that it is addressed to and no other',
        async run(scene) {
          const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
          one.bus.publish(two.nodeId, ['for two'])
          one.bus.publish(three.nodeId, ['for three'])
          one.bus.publish(one.nodeId, ['for one'])
          await scene.until(() => [one, two, three].every((node) => node.arrived.length > 0))
          for (const node of [one, two, three]) await scene.flushed(one, node)
          const frames = [one, two, three].map((node) => node.arrived.map(({ frame }) => frame))
          expect(frames).toEqual([['for one'], ['for two'], ['for three']])
        },
      },
      {
        name: 'node ids that contain one another, or look like patterns, are different nodes',
        async run(scene) {
          const names = ['node', 'node1', 'node*', 'nod?', '[n]ode', 'NODE', 'node:1']
          const nodes = await Promise.all(names.map((name) => scene.node(name)))
          for (const node of nodes) nodes[0]!.bus.publish(node.nodeId, [node.nodeId])
          await scene.until(() => nodes.every((node) => node.arrived.length > 0))
          for (const node of nodes) await scene.flushed(nodes[0]!, node)
          for (const node of nodes) expect(node.arrived.map(({ frame }) => frame)).toEqual([node.nodeId])
        },
      },
      {
        name: 'nothing arrives twice',
        async run(scene) {
          const [one, two] = [await scene.node('one'), await scene.node('two')]
          const count = 1000
          for (let n = 0; n < count; n += 1) one.bus.publish(two.nodeId, [n])
          await scene.until(() => two.arrived.length >= count)
          await scene.flushed(one, two)
          expect(two.arrived).toHaveLength(count)
          expect(new Set(two.arrived.map(({ frame }) => frame)).size).toBe(count)
        },
      },
      {
        name: 'a frame is what it was when it was published, and nobody’s shared object',
        async run(scene) {
          const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
          const frame = { list: [1] }
          one.bus.publish(two.nodeId, [frame])
          one.bus.publish(three.nodeId, [frame])
          frame.list.push(2)
          await scene.until(() => two.arrived.length > 0 && three.arrived.length > 0)
          expect(two.arrived[0]!.frame).toEqual({ list: [1] })
          expect(two.arrived[0]!.frame).not.toBe(frame)
          expect(two.arrived[0]!.frame).not.toBe(three.arrived[0]!.frame)
        },
      },
      {
        name: 'publishing answers before anything is received',
        async run(scene) {
          const one = await scene.node('one')
          one.bus.publish(one.nodeId, ['to myself'])
          expect(one.arrived).toEqual([])
          await scene.until(() => one.arrived.length === 1)
        },
      },
    ],
  },
  {
    title: 'failures',
    cases: [
      {
        name: 'publishing to a node that is not there, or nothing at all, is no error',
        async run(scene) {
          const [one, two] = [await scene.node('one'), await scene.node('two')]
          one.bus.publish(scene.id('nobody'), ['lost'])
          one.bus.publish(two.nodeId, [])
          await scene.flushed(one, two)
          expect(two.arrived).toEqual([])
        },
      },
      {
        name: 'a handler that throws stops nothing, not even the frames beside it',
        async run(scene) {
          const one = await scene.node('one')
          const two = await scene.node('two', (frame) => {
            if (frame === 'bad') throw new Error('this handler throws')
          })
          one.bus.publish(two.nodeId, ['bad', 'beside'])
          one.bus.publish(two.nodeId, ['bad'])
          one.bus.publish(two.nodeId, ['after'])
          await scene.until(() => two.arrived.length >= 4)
          expect(two.arrived.map(({ frame }) => String(frame)).toSorted()).toEqual(['after', 'bad', 'bad', 'beside'])
        },
      },
      {
        name: 'what was published before stop still leaves',
        async run(scene) {
          const [one, two] = [await scene.node('one'), await scene.node('two')]
          one.bus.publish(two.nodeId, ['last words'])
          await scene.stop(one)
          await scene.until(() => two.arrived.length > 0)
          expect(two.arrived).toEqual([{ frame: 'last words', from: one.nodeId }])
        },
      },
      {
        name: 'a stopped node receives nothing more, and the others go on',
        async run(scene) {
          const [one, two, three] = [await scene.node('one'), await scene.node('two'), await scene.node('three')]
          await scene.flushed(one, two)
          await scene.stop(two)
          one.bus.publish(two.nodeId, ['too late'])
          await scene.flushed(one, three)
          expect(two.arrived).toEqual([])
        },
      },
      {
        name: 'a node that was started again receives under its id, also when its predecessor stops late',
        async run(scene) {
          const [one, before] = [await scene.node('one'), await scene.node('two')]
          const after = await scene.node('two')
          await scene.stop(before)
          await scene.flushed(one, after)
          one.bus.publish(after.nodeId, ['hello'])
          await scene.until(() => after.arrived.length > 0)
          expect(after.arrived.map(({ frame }) => frame)).toEqual(['hello'])
        },
      },
    ],
  },
]

/** Runs one case on a subject of its own. */
export async function runBusCase(one: SuiteCase<BusScene>, create: BusSuiteOptions['create']): Promise<void> {
  const scene = new BusScene(await create())
  try {
    await one.run(scene)
  } finally {
    await scene.close()
  }
}

/** Registers the bus port's suite with vitest. */
export function describeBus({ name, create }: BusSuiteOptions): void {
  describe(`${name} keeps the promises of Bus`, () => {
    for (const group of busGroups) {
      describe(group.title, () => {
        for (const one of group.cases) it(one.name, () => runBusCase(one, create))
      })
    }
  })
}
