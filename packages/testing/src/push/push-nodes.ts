// Nodes with push on one database, one presence and one bus, on virtual time; one can be killed.
import {
  createRookery,
  MemoryBusHub,
  MemoryDatabase,
  MemoryPresence,
  MemoryStorage,
  type PushOptions,
  type PushRequest,
  type Rookery,
  type RookeryOptions,
  type Storage,
} from '@rookery/core'
import { FakePushProvider } from '../fake-push.js'
import type { SeededRandom } from '../seeded-random.js'
import type { NodeClock, VirtualClock } from '../virtual-clock.js'

const never = new Promise<never>(() => {})

/** The same object, of which no call is answered any more once the node is dead. */
function mortal<Port extends object>(port: Port, isDead: () => boolean): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value === 'function')
        return (...args: unknown[]) =>
          isDead() ? never : (value as (...all: unknown[]) => unknown).apply(target, args)
      return typeof value === 'object' && value !== null ? mortal(value, isDead) : value
    },
  })
}

export class PushNode {
  isDead = false

  constructor(
    readonly name: string,
    readonly clock: NodeClock,
    readonly provider: FakePushProvider,
  ) {}

  rookery!: Rookery
}

export interface PushNodesOptions {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  /** Told of everything that a living node gives its provider. */
  readonly pushed?: (request: PushRequest, node: PushNode) => void
  readonly push?: Partial<PushOptions>
  /** Makes a storage wrong in one way. */
  readonly spoil?: (storage: Storage) => Storage
  readonly options?: Partial<RookeryOptions>
}

export class PushNodes {
  readonly database = new MemoryDatabase()
  readonly living: PushNode[] = []
  private readonly presence: MemoryPresence
  private readonly bus = new MemoryBusHub()
  private starts = 0

  constructor(private readonly given: PushNodesOptions) {
    this.presence = new MemoryPresence(given.clock)
  }

  async start(): Promise<PushNode> {
    const { clock, random, pushed, push, options, spoil = (storage) => storage } = this.given
    const name = `node${++this.starts}`
    const node = new PushNode(name, clock.node(), new FakePushProvider('fake', (request) => pushed?.(request, node)))
    const isDead = (): boolean => node.isDead
    node.rookery = createRookery({
      nodeId: name,
      storage: mortal(spoil(new MemoryStorage({ database: this.database })), isDead),
      presence: mortal(this.presence, isDead),
      bus: mortal(this.bus.bus(), isDead),
      clock: node.clock,
      random: random.fork(),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
      push: { providers: [node.provider], ...push },
      ...options,
    })
    await node.rookery.start()
    this.living.push(node)
    return node
  }

  /** The node does nothing more, and says nothing to anybody. */
  kill(node: PushNode): void {
    node.isDead = true
    node.clock.pause()
    this.living.splice(this.living.indexOf(node), 1)
  }
}
