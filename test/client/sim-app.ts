// One installation of an app: it is started, killed and started again on the same disk, and remembers what it was told.
import {
  createClient,
  MemoryStore,
  plainPlatform,
  type Client,
  type Clock,
  type ConnectionStatus,
  type Conversation,
  type Dial,
  type MessageView,
  type OutboxRow,
  type Pending,
  type StoreOp,
} from '@rookery/client'
import { mayBeTriedAgain, type Message } from '@rookery/protocol'
import type { Cut, FaultyDevice, SeededRandom } from '@rookery/testing'
import type { Wires } from './simulated-dial.js'
import { SlowStore } from './slow-store.js'

/** Where the apps of a run live: on virtual time and simulated links, or on real ones. */
export interface AppWorld {
  readonly clock: Clock
  readonly random: SeededRandom
  /** The way of one app to the servers; undefined for the client's own. */
  dial(random: SeededRandom, wires: Wires): Dial | undefined
  /** The servers that there are now. */
  servers(): readonly string[]
  readonly fault: (what: string) => void
}

/** A message that the app sent. */
export interface SentByApp {
  readonly key: string
  /** The place in the order in which the app sent to this conversation; raised by a retry. */
  order: number
  readonly conversation: string
  state: 'open' | 'sent' | 'failed' | 'discarded'
}

/** What the app was called back with, between two resets of its storage. */
export interface Told {
  readonly messages: Message[]
  /** Messages that were stored when the app was killed, and that it was not called back with: a crash is no call. */
  readonly lost: Set<string>
}

interface Running {
  readonly client: Client
  readonly store: SlowStore
}

const pageOf = (message: Message): string => `${message.conversationId} ${message.seq}`

export class SimApp implements FaultyDevice {
  readonly disk = new MemoryStore()
  readonly sent = new Map<string, SentByApp>()
  told: Told = { messages: [], lost: new Set() }
  /** Windows that were shown: conversation, and the sequences in them. */
  readonly windows: { readonly conversation: string; readonly seqs: readonly number[] }[] = []
  running: Running | null = null
  isOff = false
  #orders = 0
  /** Requests of the app that are not answered yet. */
  #asks = 0
  #views: MessageView[] = []
  readonly #wires: Wires = { link: null }
  /** The latest state of each message that was stored: it must not go back. */
  readonly #asOf = new Map<string, { asOf: number; recalled: boolean }>()
  readonly #calls = new Set<string>()
  readonly #readSeqs = new Map<string, number>()

  constructor(
    private readonly world: AppWorld,
    readonly user: string,
    readonly deviceId: string,
    readonly type: string,
  ) {}

  get status(): ConnectionStatus {
    return this.running?.client.connection.getSnapshot() ?? { status: 'idle' }
  }

  get nodeName(): string | null {
    return this.#wires.link?.nodeName ?? null
  }

  /** It is connected, and waits for nothing. */
  async isAtRest(): Promise<boolean> {
    if (this.status.status !== 'live' || this.#asks > 0) return false
    if (this.#views.some((view) => view.getSnapshot().isLoading)) return false
    const [outbox, conversations] = await Promise.all([this.disk.all('outbox'), this.disk.all('conversations')])
    return (
      this.running!.client.conversations.getSnapshot().isComplete &&
      outbox.every(({ state }) => state === 'failed') &&
      conversations.every(({ isStale, readTo }) => !isStale && readTo === undefined)
    )
  }

  /** How far it holds the inbox, and the timelines that it follows. */
  async positions(): Promise<{ readonly inbox: number; readonly timelines: readonly (readonly [string, number])[] }> {
    const [[meta], timelines] = await Promise.all([this.disk.all('meta'), this.disk.all('timelines')])
    return { inbox: meta?.seq ?? 0, timelines: timelines.map(({ conversationId, seq }) => [conversationId, seq]) }
  }

  /** Does what a person asked for; a refusal is no fault. */
  ask(work: Promise<unknown> | undefined): void {
    const { running } = this
    this.#asks += 1
    const done = (): void => {
      if (this.running === running) this.#asks -= 1
    }
    void Promise.resolve(work).then(done, done)
  }

  open(): void {
    if (this.isOff) return
    if (this.running === null) this.#start()
    else if (this.status.status === 'ended' || this.status.status === 'idle') void this.running.client.connect()
  }

  cut(kind: Cut): void {
    this.#wires.link?.cut(kind)
  }

  swallowAnswer(): void {
    this.#wires.link?.swallowNext()
  }

  stall(forMs: number): void {
    this.#wires.link?.stall(forMs)
  }

  healed(): void {
    this.#wires.link?.healed()
  }

  switchOff(): void {
    this.isOff = true
    void this.kill()
  }

  switchOn(): void {
    this.isOff = false
    this.open()
  }

  /** The process ends in the middle of the next commit of something that the server told; `ended` follows. */
  killInCommit(ended: () => void): void {
    const { running } = this
    if (running === null) return ended()
    running.store.atNextCommit = () => {
      if (this.running !== running) return
      void this.kill()
      ended()
    }
  }

  /** The process ends at once. */
  async kill(): Promise<void> {
    const { running } = this
    if (running === null) return
    this.running = null
    this.#asks = 0
    this.#views = []
    running.store.kill()
    void running.client.disconnect().catch(() => {})
    for (const { conversationId } of await this.disk.all('conversations'))
      for (const row of await this.disk.messages({ conversationId, from: 0, to: Infinity }))
        if (!this.#calls.has(pageOf(row.message))) this.told.lost.add(pageOf(row.message))
    const outbox = new Set((await this.disk.all('outbox')).map(({ clientMsgId }) => clientMsgId))
    // A message that was not stored was never accepted: its promise had not resolved.
    for (const one of this.sent.values())
      if (one.state === 'open' && !outbox.has(one.key) && !this.#stored.has(one.key)) one.state = 'discarded'
  }

  /** Keys of own messages that were stored in their conversations. */
  readonly #stored = new Set<string>()

  /** The storage is another one now: what it claims to hold is wrong. */
  corrupt(kind: 'beyond' | 'epoch' | 'entry'): void {
    void this.kill().then(async () => {
      const [meta] = await this.disk.all('meta')
      if (meta?.epoch !== undefined && meta.seq > 0) {
        const row =
          kind === 'beyond'
            ? { ...meta, seq: meta.seq + 1000 }
            : kind === 'epoch'
              ? { ...meta, epoch: 'other' }
              : { ...meta, at: 1 }
        await this.disk.commit([{ op: 'put', table: 'meta', row }])
      }
      this.open()
    })
  }

  conversation(target: Parameters<Client['conversation']>[0]): Conversation | null {
    return this.running?.client.conversation(target) ?? null
  }

  send(target: { peerId: string } | { groupId: string }, text: string, mentions: readonly string[]): void {
    const conversation = this.conversation(target)
    if (conversation === null) return
    const pending = conversation.send({ type: 'text', content: { text }, ...(mentions.length > 0 && { mentions }) })
    const one: SentByApp = { key: pending.key, order: ++this.#orders, conversation: conversation.key, state: 'open' }
    this.sent.set(pending.key, one)
    this.#follow(pending, one)
  }

  #follow(pending: Pending, one: SentByApp): void {
    void pending.settled.then(({ state }) => {
      if (one.state !== 'open' && one.state !== state)
        this.world.fault(`${one.key} was ${one.state}, and then ${state}`)
      one.state = state
    })
  }

  async retry(): Promise<void> {
    const failed = [...this.sent.values()].filter(({ state }) => state === 'failed')
    const { running } = this
    if (failed.length === 0 || running === null) return
    const one = this.world.random.pick(failed)
    const row = (await this.disk.all('outbox')).find(({ clientMsgId }) => clientMsgId === one.key)
    if (row?.state !== 'failed' || one.state !== 'failed' || running !== this.running) return
    one.state = 'open'
    one.order = ++this.#orders
    await running.client.conversation({ peerId: row.body.to }).retry(one.key)
  }

  /** Opens a window, and looks at it until the app ends. */
  look(target: Parameters<Client['conversation']>[0], at: 'latest' | 'firstUnread' | number, size?: number): void {
    const conversation = this.conversation(target)
    if (conversation === null) return
    const view = conversation.open({ at, size: size ?? 2 + this.world.random.int(8) })
    this.#views.push(view)
    // A person reads what shows.
    if (this.world.random.chance(0.6))
      this.world.clock.setTimeout(() => {
        if (this.#views.includes(view)) this.#read(view)
      }, this.world.random.int(500))
    view.subscribe(() => {
      const seqs = view.getSnapshot().items.flatMap(({ seq }) => (seq === undefined ? [] : [seq]))
      if (conversation.id !== undefined) this.windows.push({ conversation: conversation.id, seqs })
    })
  }

  /** Looks at the beginning, then at the end, and then reads back. */
  wander(target: Parameters<Client['conversation']>[0]): void {
    const { clock } = this.world
    this.look(target, 1, 2)
    clock.setTimeout(() => {
      this.look(target, 'latest', 2)
      const view = this.#views.at(-1)
      for (const afterMs of [500, 1_000, 1_500])
        clock.setTimeout(() => {
          if (view !== undefined && this.#views.includes(view)) void view.loadOlder().catch(() => {})
        }, afterMs)
    }, 500)
  }

  /** Moves one of its windows, or reads to its end. */
  move(how: 'older' | 'newer' | 'latest' | 'seen' | 'close'): void {
    if (this.#views.length === 0) return
    const view = this.world.random.pick(this.#views)
    const quietly = (work: Promise<void>): void => void work.catch(() => {})
    if (how === 'older') quietly(view.loadOlder())
    else if (how === 'newer') quietly(view.loadNewer())
    else if (how === 'latest') quietly(view.jumpTo('latest'))
    else if (how === 'seen') this.#read(view)
    else {
      view.close()
      this.#views = this.#views.filter((other) => other !== view)
    }
  }

  #read(view: MessageView): void {
    view.seen(view.getSnapshot().items.reduce((most, { seq = 0 }) => Math.max(most, seq), 0))
  }

  get views(): readonly MessageView[] {
    return this.#views
  }

  #start(): void {
    const { clock } = this.world
    const random = this.world.random.fork()
    const store = new SlowStore(this.disk, clock, random.fork(), (ops) => this.#committed(ops))
    const dial = this.world.dial(random.fork(), this.#wires)
    const client = createClient(
      {
        url: 'nowhere',
        endpoints: () => Promise.resolve(random.shuffle(this.world.servers())),
        getToken: () => Promise.resolve(this.user),
        deviceType: this.type,
        store,
        backoff: { firstMs: 200, mostMs: 3_000 },
      },
      { ...(dial && { dial }), clock, random, platform: plainPlatform },
    )
    this.running = { client, store }
    client.onMessage((message) => this.#called(message))
    void client.connect()
  }

  #committed(ops: readonly StoreOp[]): void {
    for (const op of ops)
      if (op.op === 'clear' && op.table === 'timelines') this.#startOver()
      else if (op.op === 'clear' && op.table === 'messages') this.#asOf.clear()
      else if (op.op === 'cut') this.#forget(op.conversationId)
      else if (op.op === 'put' && op.table === 'messages') this.#stands(op.row.message)
      else if (op.op === 'put' && op.table === 'conversations') this.#reads(op.row.conversationId, op.row.readSeq)
      else if (op.op === 'put' && op.table === 'outbox') this.#outgoing(op.row)
  }

  /** Invariant 19: a read position never goes back. */
  #reads(conversationId: string, readSeq: number): void {
    const before = this.#readSeqs.get(conversationId) ?? 0
    if (readSeq < before)
      this.world.fault(`invariant 19: ${this.deviceId} had read ${conversationId} to ${before}, then to ${readSeq}`)
    this.#readSeqs.set(conversationId, readSeq)
  }

  #outgoing({ clientMsgId, state, error }: OutboxRow): void {
    if (error !== undefined && mayBeTriedAgain(error.code))
      this.world.fault(`${clientMsgId} was given up after ${error.code}, which is no refusal`)
    this.#ends(clientMsgId, state)
  }

  #ends(key: string, state: 'queued' | 'sent' | 'failed'): void {
    const one = this.sent.get(key)
    if (one?.state === 'open' && state !== 'queued') one.state = state
  }

  #forget(conversationId: string): void {
    for (const place of this.#asOf.keys()) if (place.startsWith(`${conversationId} `)) this.#asOf.delete(place)
  }

  #called(message: Message): void {
    const before = this.told.messages.filter(({ conversationId }) => conversationId === message.conversationId).at(-1)
    if (before !== undefined && before.seq >= message.seq)
      this.world.fault(`invariant 17: ${this.deviceId} was told of ${pageOf(message)} after ${before.seq}`)
    this.told.messages.push(message)
    this.#calls.add(pageOf(message))
  }

  /** Another storage of the server: everything comes again. */
  #startOver(): void {
    this.told = { messages: [], lost: new Set() }
    this.#calls.clear()
    this.#asOf.clear()
    this.#readSeqs.clear()
  }

  #stands(message: Message): void {
    if (message.from === this.user) {
      this.#stored.add(message.clientMsgId)
      this.#ends(message.clientMsgId, 'sent')
    }
    const place = pageOf(message)
    const [before, asOf] = [this.#asOf.get(place), message.asOf ?? message.seq]
    if (before !== undefined && asOf < before.asOf)
      this.world.fault(`${this.deviceId} took ${place} back from ${before.asOf} to ${asOf}`)
    if (before?.recalled && message.content !== undefined)
      this.world.fault(`invariant 27: ${this.deviceId} shows what was recalled again: ${place}`)
    this.#asOf.set(place, { asOf, recalled: message.recalled === true })
  }
}
