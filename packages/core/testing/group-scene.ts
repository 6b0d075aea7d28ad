// Groups on several nodes that share a database, without checks of rights: each change is committed as it is given, and
// one of the nodes delivers it, as if it had committed it.
import { FollowingClient, type KeptByClient, LossyBusHub, SeededRandom, VirtualClock } from '@rookery/testing'
import type { FanOut } from '../src/logic/delivery/fan-out.js'
import type { Sessions } from '../src/logic/delivery/sessions.js'
import { MemoryDatabase } from '../src/memory/memory-database.js'
import { MemoryPresence } from '../src/memory/memory-presence.js'
import { MemoryStorage } from '../src/memory/memory-storage.js'
import type { NewMessage } from '../src/model/message.js'
import { messageJson } from '../src/model/wire.js'
import type { RookeryOptions } from '../src/options/options.js'
import type { GroupChange } from '../src/ports/storage.js'
import { createRookery, type Rookery } from '../src/rookery.js'

/** One node of the scene. */
export class SceneNode {
  constructor(
    readonly rookery: Rookery,
    readonly storage: MemoryStorage,
  ) {}

  get fanOut(): FanOut {
    return (Reflect.get(this.rookery, 'parts') as { fanOut: FanOut }).fanOut
  }

  /** The same node, which delivers nothing that it commits, as if it had died right after the commit. */
  silent(): SceneNode {
    return this.telling({ addMessage() {}, addFacts() {}, addTimeline() {}, flush() {} })
  }

  /** The same node, which delivers in another way. */
  telling(other: Partial<Pick<FanOut, 'addMessage' | 'addFacts' | 'addTimeline' | 'flush'>>): SceneNode {
    const telling = new SceneNode(this.rookery, this.storage)
    const fanOut: FanOut = Object.assign(Object.create(this.fanOut) as FanOut, other)
    Object.defineProperty(telling, 'fanOut', { value: fanOut })
    return telling
  }

  /** Gives something to the node's sessions, as if it came from another node. */
  get sessions(): Sessions {
    return (Reflect.get(this.rookery, 'parts') as { sessions: Sessions }).sessions
  }

  connect(userId: string, options?: { kept?: KeptByClient; pageMax?: number }): Promise<FollowingClient> {
    return FollowingClient.connect(this.rookery.gate, userId, options)
  }
}

export class GroupScene {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly database = new MemoryDatabase()
  readonly presence = new MemoryPresence(this.clock)
  readonly bus: LossyBusHub
  readonly nodes: SceneNode[] = []
  private count = 0

  constructor(seed = 1) {
    this.random = new SeededRandom(seed)
    this.bus = new LossyBusHub({ clock: this.clock, random: this.random.fork() })
  }

  static async start(nodes: number, options: Partial<RookeryOptions> = {}, seed = 1): Promise<GroupScene> {
    const scene = new GroupScene(seed)
    for (let i = 0; i < nodes; i++) await scene.startNode(options)
    return scene
  }

  async startNode(options: Partial<RookeryOptions> = {}): Promise<SceneNode> {
    const storage = new MemoryStorage({ database: this.database })
    const rookery = createRookery({
      nodeId: `node${this.nodes.length + 1}`,
      storage,
      presence: this.presence,
      bus: this.bus.bus(),
      clock: this.clock,
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
      ...options,
    })
    await rookery.start()
    const node = new SceneNode(rookery, storage)
    this.nodes.push(node)
    return node
  }

  /**
   * From now on every read of a node's storage waits for a random time, up to this, before and after it sees the data.
   */
  slowReads({ storage }: SceneNode, maxMs: number): void {
    const pause = (): Promise<void> =>
      new Promise((resolve) => this.clock.setTimeout(resolve, (this.random.next() * maxMs) / 2))
    for (const role of [storage.timelines, storage.heads, storage.keys, storage.groups])
      for (const [name, read] of Object.entries(role) as [string, (...args: unknown[]) => Promise<unknown>][])
        Object.assign(role, {
          [name]: async (...args: unknown[]) => {
            await pause()
            const found = await read(...args)
            await pause()
            return found
          },
        })
  }

  /** Moves time on until every client has taken the last message of a group. */
  caughtUp(clients: readonly FollowingClient[], group: SceneGroup, maxMs = 1000): Promise<number> {
    return this.clock.runUntil(() => clients.every((client) => client.seqs(group.id).at(-1) === group.seq), maxMs)
  }

  async stop(): Promise<void> {
    // A drain checks again after a while, and time does not move by itself.
    const stopping = Promise.all(this.nodes.map(({ rookery }) => rookery.stop()))
    let isStopped = false
    void stopping.then(() => (isStopped = true))
    await this.clock.runUntil(() => isStopped, 60_000)
  }

  /** Makes a group; the first is its owner. */
  async group(id: string, [owner, ...members]: readonly string[], change: GroupChange = {}): Promise<SceneGroup> {
    const group = new SceneGroup(this, id)
    const join = [
      { userId: owner!, role: 'owner' as const, reads: 'from-now' as const },
      ...members.map((userId) => ({ userId, role: 'member' as const, reads: 'from-now' as const })),
    ]
    await group.change(this.nodes[0]!, { ...change, join })
    return group
  }

  message(conversationId: string, from: string, given: Partial<NewMessage> = {}): NewMessage {
    const clientMsgId = `m${this.count++}`
    return {
      msgId: `id-${clientMsgId}`,
      clientMsgId,
      conversationId,
      kind: 'c2g',
      from,
      to: null,
      subject: '',
      type: 'text',
      content: JSON.stringify({ text: clientMsgId }),
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: false,
      countable: true,
      clientTime: null,
      serverTime: this.clock.now(),
      digest: clientMsgId,
      ...given,
    }
  }
}

export class SceneGroup {
  version: number | null = null
  isRead = false
  /** The sequence of its last message. */
  seq = 0
  readonly members = new Set<string>()
  /** The intervals of each member, oldest first: messages after `from` up to `to` are the member's. */
  readonly intervals = new Map<string, { readonly from: number; to: number }[]>()

  constructor(
    private readonly scene: GroupScene,
    readonly id: string,
  ) {}

  /** Everything sequenced so far that a user may see. */
  seqsOf(userId: string): number[] {
    const mine = this.intervals.get(userId) ?? []
    return Array.from({ length: this.seq }, (_, i) => i + 1).filter((seq) =>
      mine.some(({ from, to }) => seq > from && seq <= to),
    )
  }

  /** Commits a change, and makes a node deliver it. */
  async change({ storage, fanOut }: SceneNode, change: GroupChange): Promise<number> {
    const message = this.scene.message(this.id, 'host', {
      type: 'im.group',
      countable: false,
      content: JSON.stringify({ event: 'updated', by: 'host', changes: {} }),
    })
    const joining = (change.join ?? []).map(({ userId }) => userId)
    const isRead = this.isRead || change.fanOut === 'read'
    const members = isRead ? [] : [...new Set([...this.members, ...joining])]
    const [result] = await storage.commit([{ op: 'group', message, version: this.version, members, change }])
    if (result.status !== 'stored') throw new Error(`a change of a group was ${result.status}`)
    this.isRead = isRead
    for (const { userId, reads } of change.join ?? []) {
      const interval = { from: reads === 'everything' ? 0 : result.seq - 1, to: Infinity }
      this.intervals.set(userId, [...(this.intervals.get(userId) ?? []), interval])
      this.members.add(userId)
    }
    for (const userId of change.dissolve === true ? [...this.members] : (change.leave ?? [])) {
      this.intervals.get(userId)!.at(-1)!.to = result.seq
      this.members.delete(userId)
    }
    this.version = result.version
    this.note(fanOut, message, result.seq, members, result.inbox)
    fanOut.addFacts(this.id, message.serverTime, result)
    fanOut.flush()
    return result.seq
  }

  /** Commits messages together, and makes a node deliver them. */
  async say({ storage, fanOut }: SceneNode, from: string, count = 1, content?: string): Promise<void> {
    const members = this.isRead ? [] : [...this.members]
    const messages = Array.from({ length: count }, () =>
      this.scene.message(this.id, from, content === undefined ? {} : { content }),
    )
    const version = this.version!
    const results = await storage.commit(
      messages.map((message) => ({ op: 'append', message, members, movesPosition: false, version }) as const),
    )
    messages.forEach((message, i) => {
      const result = results[i]!
      if (result.status !== 'stored') throw new Error(`a message was ${result.status}`)
      this.note(fanOut, message, result.seq, members, result.inbox)
    })
    fanOut.flush()
  }

  private note(
    fanOut: FanOut,
    message: NewMessage,
    seq: number,
    members: readonly string[],
    inbox: readonly number[],
  ): void {
    this.seq = seq
    const json = messageJson(message, seq, null)
    if (this.isRead) fanOut.addTimeline(this.id, this.version!, seq, json)
    else fanOut.addMessage(members, inbox, message.serverTime, json)
  }
}
