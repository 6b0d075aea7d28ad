// One connection for all tabs of an app. The tab that holds the lock leads; the others follow it, until one of them gets
// the lock.
import type { ConnectionStatus } from '../connection/status.js'
import { Mirror } from '../engine/mirror.js'
import type { Signal } from '../engine/step.js'
import type { Backend, Commands, Passing } from '../ports/backend.js'
import type { Clock } from '../ports/clock.js'
import type { StoreOp } from '../ports/local-store.js'
import type { OutboxRow } from '../ports/rows.js'
import type { StorageStatus } from '../ports/storage-status.js'
import { Cell } from '../views/observable.js'
import type { Elsewhere, Leader } from '../work/leader.js'
import { Topics } from '../work/topics.js'
import { Following } from './following.js'
import { Leading } from './leading.js'
import type { TabChannel, TabPorts, Telling } from './wire.js'

export class SharedTabs implements Backend {
  readonly status = new Cell<ConnectionStatus>({ status: 'idle' })
  readonly storage: Cell<StorageStatus>
  readonly #topics = new Topics()
  readonly #openers = new Set<() => void>()
  readonly #commits = new Set<(ops: readonly StoreOp[]) => void>()
  readonly #signals = new Set<(signal: Signal) => void>()
  readonly #passings = new Set<(passing: Passing) => void>()
  readonly #sendings = new Set<() => void>()
  #channel: TabChannel | null = null
  #following: Following | null = null
  #leading: Leading | null = null
  #leader: Leader | null = null
  #begun: Promise<void> | null = null
  #release: (() => void) | null = null
  /** Raised when this tab gives up: a lock that comes later is given back. */
  #turn = 0
  /** Whether this tab asked to be connected. */
  #wants = false

  constructor(
    private readonly name: string,
    private readonly tab: string,
    private readonly ports: TabPorts,
    private readonly clock: Clock,
    /** Makes the leader; called when this tab leads. */
    private readonly lead: (topics: Topics, elsewhere: Elsewhere) => Leader,
    storage: StorageStatus,
  ) {
    this.storage = new Cell(storage)
  }

  get mirror(): Mirror {
    return (this.#leader ?? this.#following)?.mirror ?? nobody
  }

  get reads(): Backend['reads'] {
    const reads = async (): Promise<Backend['reads']> => {
      await this.open()
      return (this.#leader ?? this.#following)!.reads
    }
    return {
      messages: async (query) => (await reads()).messages(query),
      messagesAt: async (id, seqs) => (await reads()).messagesAt(id, seqs),
    }
  }

  readonly commands = new Proxy({} as Commands, {
    get:
      (_target, name: string) =>
      async (...args: readonly unknown[]) => {
        await this.open()
        const { commands } = (this.#leader ?? this.#following)!
        return (commands as unknown as Record<string, (...given: readonly unknown[]) => unknown>)[name]!(...args)
      },
  })

  now(): number {
    return this.#leader?.now() ?? Math.round(this.clock.now() + (this.#following?.aheadMs ?? 0))
  }

  isSending(row: OutboxRow): boolean {
    return this.#leader?.isSending(row) ?? this.#following?.isSending(row.clientMsgId) === true
  }

  onOpen(changed: () => void): () => void {
    return added(this.#openers, changed)
  }

  onCommit(changed: (ops: readonly StoreOp[]) => void): () => void {
    return added(this.#commits, changed)
  }

  onSignal(hear: (signal: Signal) => void): () => void {
    return added(this.#signals, hear)
  }

  onPassing(hear: (passing: Passing) => void): () => void {
    return added(this.#passings, hear)
  }

  onSending(changed: () => void): () => void {
    return added(this.#sendings, changed)
  }

  onTopic(topic: string, handler: (payload: unknown) => unknown): () => void {
    return this.#topics.on(topic, handler)
  }

  /** Follows the tab that leads, or leads where there is none; resolves when the rows are there. */
  open(): Promise<void> {
    this.#begun ??= this.#begin()
    return this.#begun
  }

  async connect(): Promise<void> {
    await this.open()
    this.#wants = true
    if (this.#leader !== null) await this.#leader.connect()
    else await this.#following?.call('connect', '', [])
  }

  /** Lets another tab lead; the connection ends only with the last tab. */
  async disconnect(): Promise<void> {
    this.#wants = false
    this.#turn += 1
    this.#leading?.end()
    await this.#leader?.disconnect()
    await this.#leader?.engine.store.close()
    this.#channel?.close()
    this.#channel = this.#following = this.#leading = this.#leader = null
    this.#begun = null
    this.#release?.()
    this.#release = null
    this.status.set({ status: 'idle' })
  }

  async logout(isWiped: boolean): Promise<void> {
    await this.open()
    if (this.#leader !== null) await this.#leader.logout(isWiped)
    else await this.#following?.call('logout', '', [isWiped])
  }

  async #begin(): Promise<void> {
    const channel = this.ports.channel(`rookery ${this.name}`)
    this.#channel = channel
    channel.onTelling((telling) => this.#hear(telling))
    const following = new Following(this.tab, channel, {
      opened: () => this.#opened(),
      committed: (ops) => each(this.#commits, ops),
      sending: () => this.#follow(following),
      signal: (signal) => this.#signal(signal),
      passing: (passing) => each(this.#passings, passing),
      topic: (topic, payload) => this.#topics.tell(topic, payload),
    })
    this.#following = following
    const turn = ++this.#turn
    const leads = this.ports.lock(`rookery ${this.name}`).then(async (release) => {
      if (turn !== this.#turn) return release()
      this.#release = release
      await this.#takeOver(channel)
    })
    await Promise.race([following.opened, leads])
  }

  async #takeOver(channel: TabChannel): Promise<void> {
    const leader = this.lead(
      this.#topics,
      (topic, payload) => this.#leading?.ask(topic, payload) ?? Promise.resolve(false),
    )
    leader.onOpen(() => this.#opened())
    leader.onCommit((ops) => each(this.#commits, ops))
    leader.onSignal((signal) => this.#signal(signal, leader))
    leader.onPassing((passing) => each(this.#passings, passing))
    leader.onSending(() => each(this.#sendings, undefined))
    await leader.open()
    const following = this.#following
    this.#leader = leader
    this.#following = null
    leader.status.subscribe(() => this.status.set(leader.status.getSnapshot()))
    leader.storage.subscribe(() => this.storage.set(leader.storage.getSnapshot()))
    this.storage.set(leader.storage.getSnapshot())
    this.#opened()
    this.#leading = new Leading(leader, channel, this.clock)
    following?.end(({ of, name, args }) => {
      if (of === 'connect') return leader.connect()
      if (of === 'logout') return leader.logout(args[0] === true)
      const on = (of === 'reads' ? leader.reads : leader.commands) as unknown as Record<
        string,
        (...given: readonly unknown[]) => Promise<unknown>
      >
      return on[name]!(...args)
    })
    if (this.#wants) await leader.connect()
  }

  #hear(telling: Telling): void {
    this.#leading?.hear(telling)
    this.#following?.hear(telling)
  }

  #follow(following: Following): void {
    if (following !== this.#following) return
    this.status.set(following.status.getSnapshot())
    this.storage.set(following.storage.getSnapshot())
    each(this.#sendings, undefined)
  }

  #opened(): void {
    each(this.#openers, undefined)
  }

  /** Stored facts reach the handlers of every tab; in the tab that leads the leader itself tells them. */
  #signal(signal: Signal, leader: Leader | null = null): void {
    each(this.#signals, signal)
    if (leader === null && signal.kind === 'custom') void this.#topics.tell(signal.topic, signal.payload)
  }
}

/** Before the rows are there. */
const nobody = new Mirror()

function added<Hearer>(hearers: Set<Hearer>, hearer: Hearer): () => void {
  hearers.add(hearer)
  return () => hearers.delete(hearer)
}

function each<Told>(hearers: ReadonlySet<(told: Told) => void>, told: Told): void {
  for (const hear of hearers) hear(told)
}
