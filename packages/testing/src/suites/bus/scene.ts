// The scene of one case: nodes on one network, and ids that no other case uses.
import { expect } from 'vitest'
import type { NodeId } from '@rookery/protocol'
import { type Bus, SystemRandom } from '@rookery/core'
import type { BusSubject } from './subject.js'

interface Arrived {
  readonly frame: unknown
  readonly from: NodeId
}

export interface BusNode {
  readonly nodeId: NodeId
  readonly bus: Bus
  readonly arrived: Arrived[]
  /** Of which nodes it was told that frames are missing; null: of any. */
  readonly missed: (NodeId | null)[]
}

const random = new SystemRandom()
const stepMs = 10
const stepsMax = 500

export class BusScene {
  readonly #mark = random.id()
  readonly #running = new Set<Bus>()
  #starts = 0

  constructor(private readonly subject: BusSubject) {}

  id = (name: string): NodeId => `${name}.${this.#mark}`

  async node(name: string, onFrame: (frame: unknown) => void = () => {}): Promise<BusNode> {
    const bus = await this.subject.bus()
    const arrived: Arrived[] = []
    const missed: (NodeId | null)[] = []
    await bus.start(
      this.id(name),
      `boot-${++this.#starts}`,
      (frame, from) => {
        arrived.push({ frame, from })
        onFrame(frame)
      },
      (from) => missed.push(from),
    )
    this.#running.add(bus)
    return { nodeId: this.id(name), bus, arrived, missed }
  }

  async stop(node: BusNode): Promise<void> {
    this.#running.delete(node.bus)
    await node.bus.stop()
  }

  async until(condition: () => boolean): Promise<void> {
    for (let step = 0; step < stepsMax && !condition(); step += 1) await this.subject.elapse(stepMs)
    expect(condition(), 'what was published has arrived').toBe(true)
  }

  /** Publishes until one frame arrives: by then every earlier frame to the node has arrived or never will. */
  async flushed(from: BusNode, to: BusNode): Promise<void> {
    const marker = random.id()
    const isHere = (): boolean => to.arrived.some(({ frame }) => frame === marker)
    for (let step = 0; step < stepsMax && !isHere(); step += 1) {
      from.bus.publish([to.nodeId], [marker])
      await this.subject.elapse(stepMs)
    }
    expect(isHere(), 'a marker has arrived').toBe(true)
    await this.subject.elapse(stepMs * 10)
    const kept = to.arrived.filter(({ frame }) => frame !== marker)
    to.arrived.splice(0, to.arrived.length, ...kept)
  }

  /** Loses what these nodes are sent from here on, until the result is called. */
  async lose(...nodes: readonly BusNode[]): Promise<() => Promise<void>> {
    return this.subject.lose!(nodes.map(({ nodeId }) => nodeId))
  }

  elapse(ms: number): Promise<void> {
    return this.subject.elapse(ms)
  }

  async close(): Promise<void> {
    for (const bus of this.#running) await bus.stop()
    await this.subject.dispose()
  }
}
