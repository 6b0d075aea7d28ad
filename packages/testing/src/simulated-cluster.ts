// Several nodes of core in one process: one database, one presence, a network between them, and virtual time. A test
// can cause every kind of fault.
import {
  type Bus,
  createRookery,
  MemoryDatabase,
  MemoryStorage,
  type Rookery,
  type RookeryOptions,
  type Storage,
} from '@rookery/core'
import { LossyBusHub } from './lossy-bus.js'
import type { SeededRandom } from './seeded-random.js'
import { Link, type LinkHooks, type Listener } from './simulation/link.js'
import { NodeProcess } from './simulation/node-process.js'
import { goodConditions, Remote, type Outcome } from './simulation/remote.js'
import { PresenceService, RemotePresence } from './simulation/remote-presence.js'
import { RemoteStorage, storageError } from './simulation/remote-storage.js'
import type { VirtualClock } from './virtual-clock.js'

interface SimulatedClusterOptions {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  /**
   * The storage of each started node, on one database; left out, storage is in memory. Time stands still while a call
   * is under way.
   */
  readonly storage?: RealStorage
  /** The host's options for each node; the function gets the node's own clock. */
  readonly host: (clock: NodeProcess) => Partial<RookeryOptions> & Pick<RookeryOptions, 'authenticate'>
}

/** A storage outside the simulation. */
export interface RealStorage {
  /** Opens the storage of one more node, which starts and stops it. */
  open(): Storage
  /**
   * How far time may move on while a call is under way, so that calls overlap, ms; 0: each call waits for the one
   * before.
   */
  readonly togetherMs: number
}

/** One node from its start to its end; a restart makes another one. */
export class SimulatedNode implements Listener {
  readonly links = new Set<Link>()
  isDraining = false

  constructor(
    /** Unique over restarts; the node id may not be. */
    readonly name: string,
    readonly nodeId: string,
    readonly process: NodeProcess,
    readonly rookery: Rookery,
    /** The node's connections to the database and to presence. */
    readonly storage: Remote,
    readonly presence: Remote,
  ) {}

  get gate() {
    return this.rookery.gate
  }
}

export class SimulatedCluster {
  readonly database: MemoryDatabase
  readonly presence: PresenceService
  readonly bus: LossyBusHub
  /** The nodes that live, running or paused. */
  nodes: SimulatedNode[] = []
  readonly #clock: VirtualClock
  readonly #random: SeededRandom
  #starts = 0

  constructor(private readonly options: SimulatedClusterOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.database = new MemoryDatabase({ epoch: this.#random.id() })
    this.presence = new PresenceService(this.#clock)
    this.bus = new LossyBusHub({ clock: this.#clock, random: this.#random.fork() })
  }

  /** Starts a node, with a new id or with the id of a dead one. */
  async start(nodeId?: string): Promise<SimulatedNode> {
    const name = `node${++this.#starts}`
    const id = nodeId ?? name
    const process = new NodeProcess(this.#clock)
    const real = this.options.storage
    const remote = (errorOf: (outcome: Outcome) => Error, began: ((work: Promise<unknown>) => void) | null): Remote =>
      new Remote(this.#clock, this.#random.fork(), process, errorOf, began)
    const storage = remote(storageError, real ? (work) => this.#clock.hold(work, real.togetherMs) : null)
    const presence = remote((outcome) => new Error(`presence did not answer: ${outcome}`), null)
    const rookery = createRookery({
      nodeId: id,
      storage: new RemoteStorage(real?.open() ?? new MemoryStorage({ database: this.database }), storage),
      presence: new RemotePresence(this.presence, presence),
      bus: busOf(process, this.bus.bus()),
      clock: process,
      random: this.#random.fork(),
      ...this.options.host(process),
    })
    const node = new SimulatedNode(name, id, process, rookery, storage, presence)
    await rookery.start()
    this.nodes.push(node)
    return node
  }

  /** Makes a client's link to a node. */
  dial(node: SimulatedNode, random: SeededRandom, hooks: LinkHooks): Link {
    return new Link(this.#clock, random, node, hooks)
  }

  /** Ends the process at once. What it had sent to the database may still take effect. */
  kill(node: SimulatedNode): void {
    node.process.kill()
    this.nodes = this.nodes.filter((other) => other !== node)
    for (const link of node.links) link.nodeDied()
  }

  /** Stops a node as a deploy does, and then ends its process. */
  async drain(node: SimulatedNode): Promise<void> {
    node.isDraining = true
    await node.rookery.stop()
    if (node.process.state !== 'dead') this.kill(node)
  }

  /** Ends every fault; dead nodes stay dead. */
  heal(): void {
    this.bus.healAll()
    for (const node of this.nodes) {
      node.storage.conditions = goodConditions()
      node.presence.conditions = goodConditions()
      node.process.resume()
    }
  }
}

/** The bus of a process: it pauses and dies with the process. */
const busOf = (process: NodeProcess, bus: Bus): Bus => {
  const whileAlive = (publish: () => void): void => {
    if (process.state !== 'dead') publish()
  }
  return {
    start: (nodeId, boot, receive, missed) =>
      bus.start(
        nodeId,
        boot,
        (frame, from) => process.enter(() => receive(frame, from)),
        (from) => process.enter(() => missed(from)),
      ),
    publish: (to, frames) => whileAlive(() => bus.publish(to, frames)),
    topics: (added, removed) => bus.topics(added, removed),
    publishTo: (topic, frames) => whileAlive(() => bus.publishTo(topic, frames)),
    stop: () => bus.stop(),
  }
}
