// Which node holds whom, and what nodes say to one another. Frames on the bus are plain values; a frame that is not of
// this form (another version's, a stranger's) is dropped.
import type {
  ConversationId,
  JsonText,
  KickedBy,
  KickReason,
  NodeId,
  Seq,
  ServerEvent,
  SessionId,
  UserId,
} from '@rookery/protocol'
import type { EventJson } from '../../model/events.js'
import { numberedJson } from '../../model/wire.js'
import type { Bus } from '../../ports/bus.js'
import type { Logger } from '../../ports/logger.js'
import type { Presence } from '../../ports/presence.js'
import type { FollowFact, Following, Sessions, Which } from './sessions.js'

/** One frame between nodes. */
export type NodeFrame =
  /** Of each user consecutive entries from a place on, by their tails: a text that many get is in the frame once. */
  | {
      readonly t: 'entries'
      readonly tails: readonly JsonText[]
      readonly to: readonly (readonly [user: UserId, from: Seq, tails: readonly number[]])[]
      /** What some of the tails say. */
      readonly facts?: readonly (readonly [tail: number, fact: Following])[]
    }
  | {
      readonly t: 'timeline'
      readonly conversation: ConversationId
      readonly version: number
      readonly from: Seq
      readonly messages: readonly JsonText[]
    }
  | { readonly t: 'check'; readonly user: UserId }
  | { readonly t: 'hint'; readonly user: UserId; readonly event: ServerEvent; readonly json: EventJson }
  | {
      readonly t: 'close'
      readonly session: SessionId
      readonly reason: KickReason | null
      readonly by: KickedBy | null
    }
  | {
      readonly t: 'close-all'
      readonly user: UserId
      readonly which: Which & { readonly before: number }
      readonly reason: KickReason
      /** Null where it was told to all nodes: then nobody waits for an answer. */
      readonly replyTo: NodeId | null
    }
  /** The node has closed what a kick meant there. */
  | { readonly t: 'closed'; readonly epoch: number; readonly node: NodeId }
  | {
      readonly t: 'ask'
      readonly user: UserId
      readonly id: string
      readonly event: ServerEvent
      readonly json: EventJson
      readonly replyTo: NodeId
    }
  | { readonly t: 'asked'; readonly id: string }
  | { readonly t: 'presence'; readonly user: UserId }

/** Users whose nodes presence did not tell. More than these are left to the heartbeats. */
const unplacedMax = 10_000

/** Consecutive entries of one inbox, without their numbers. */
export interface Run {
  readonly from: Seq
  readonly tails: JsonText[]
  /** Ascending; null where no entry says anything about timelines. */
  facts: FollowFact[] | null
}

/** Who takes what other nodes answer. */
interface Answers {
  /** Frames of another node may have been lost. */
  readonly missed: () => void
  /** Another node gave this one inbox entries of a user. */
  readonly given: (userId: UserId, from: Seq, to: Seq) => void
  /** A client on another node acknowledged what `ask` sent there under this id. */
  readonly answered: (id: string) => void
  /** A node closed what the kick that raised this login epoch meant there. */
  readonly closed: (epoch: number, nodeId: NodeId) => void
}

export class Cluster {
  /** Whom something was for while presence did not tell where they are. */
  private unplaced = new Set<UserId>()

  constructor(
    readonly nodeId: NodeId,
    private readonly boot: string,
    private readonly presence: Presence,
    /** Null where there is one node: then nobody is looked for elsewhere. */
    private readonly bus: Bus | null,
    private readonly sessions: Sessions,
    private readonly logger: Logger,
    private readonly answers: Answers,
  ) {}

  /** Whether there is no other node to tell. */
  get alone(): boolean {
    return this.bus === null
  }

  async start(): Promise<void> {
    const { nodeId, boot, answers } = this
    await this.bus?.start(
      nodeId,
      boot,
      (frame) => this.receive(frame),
      () => answers.missed(),
    )
  }

  /** Presence answers: whom something was for while it did not is looked for again. */
  placeAgain(): void {
    if (this.unplaced.size === 0) return
    const users = [...this.unplaced]
    this.unplaced = new Set()
    void this.send(users.map((user) => ({ t: 'check', user })))
  }

  /** Sends frames to the other nodes that hold a session of the user that each is for, at most once; answers how many went out. */
  async send(frames: readonly (NodeFrame & { readonly user: UserId })[]): Promise<number> {
    if (this.bus === null || frames.length === 0) return 0
    let sent = 0
    const nodesOf = await this.locate(new Set(frames.map((frame) => frame.user)))
    const byNode = new Map<NodeId, NodeFrame[]>()
    for (const frame of frames)
      for (const node of nodesOf.get(frame.user) ?? []) {
        const list = byNode.get(node)
        if (list === undefined) byNode.set(node, [frame])
        else list.push(frame)
      }
    for (const [node, list] of byNode) {
      this.publish([node], list)
      sent += list.length
    }
    return sent
  }

  /**
   * Sends what was committed to the other nodes that hold its readers: one frame to each, every text in it once.
   * @returns those of the readers whom another node holds
   */
  async spread(committed: ReadonlyMap<UserId, readonly Run[]>): Promise<ReadonlyMap<UserId, unknown>> {
    if (this.bus === null) return new Map()
    const frames = new Map<NodeId, Spread>()
    const nodesOf = await this.locate(committed.keys())
    for (const [user, nodes] of nodesOf)
      for (const node of nodes) {
        let frame = frames.get(node)
        if (frame === undefined) frames.set(node, (frame = { places: new Map(), to: [], facts: new Map() }))
        const { places, to } = frame
        for (const { from, tails, facts } of committed.get(user) ?? []) {
          const placed = tails.map((tail) => places.get(tail) ?? (places.set(tail, places.size), places.size - 1))
          to.push([user, from, placed])
          for (const { seq, ...said } of facts ?? []) frame.facts.set(placed[seq - from]!, said)
        }
      }
    for (const [node, { places, to, facts }] of frames) {
      const said = facts.size === 0 ? {} : { facts: [...facts] }
      this.publish([node], [{ t: 'entries', tails: [...places.keys()], to, ...said }])
    }
    return nodesOf
  }

  private publish(to: readonly NodeId[] | 'all', frames: readonly NodeFrame[]): void {
    this.onBus(frames, (bus) => bus.publish(to, frames))
  }

  /** Sends messages of a conversation to the other nodes that have a session following it. */
  publishTo(conversation: ConversationId, frames: readonly NodeFrame[]): void {
    this.onBus(frames, (bus) => bus.publishTo(conversation, frames))
  }

  private onBus(frames: readonly NodeFrame[], publish: (bus: Bus) => void): void {
    try {
      if (this.bus !== null) publish(this.bus)
    } catch (error) {
      this.logger.error('frames for another node could not be sent', error, { frames: frames.length })
    }
  }

  /** The other nodes that hold a session of each of these users. */
  private async locate(users: Iterable<UserId>): Promise<ReadonlyMap<UserId, ReadonlySet<NodeId>>> {
    const asked = [...users]
    const nodesOf = new Map<UserId, Set<NodeId>>()
    try {
      for (const holder of await this.presence.locate(asked)) {
        if (holder.nodeId === this.nodeId) continue
        const nodes = nodesOf.get(holder.userId)
        if (nodes === undefined) nodesOf.set(holder.userId, new Set([holder.nodeId]))
        else nodes.add(holder.nodeId)
      }
    } catch (error) {
      for (const user of asked) if (this.unplaced.size < unplacedMax) this.unplaced.add(user)
      this.logger.error('presence did not tell where recipients are', error, { users: asked.length })
    }
    return nodesOf
  }

  /** Sends frames to every other node, at most once. */
  broadcast(frames: readonly NodeFrame[]): void {
    this.publish('all', frames)
  }

  /** Sends a frame to named nodes; this node gets it by a call. */
  tell(nodes: readonly NodeId[] | ReadonlySet<NodeId>, frame: NodeFrame): void {
    const all = [...nodes]
    const others = all.filter((node) => node !== this.nodeId)
    if (others.length > 0) this.publish(others, [frame])
    if (others.length < all.length) this.take(frame)
  }

  private receive(frame: unknown): void {
    try {
      if (isNodeFrame(frame)) this.take(frame)
    } catch (error) {
      this.logger.error('a frame from another node could not be taken', error)
    }
  }

  private takeEntries({ tails, to, facts = [] }: Extract<NodeFrame, { t: 'entries' }>): void {
    const said = new Map(facts)
    for (const [user, from, places] of to) {
      // Also where the last session has ended meanwhile: nobody else waits for the user.
      this.answers.given(user, from, from + places.length - 1)
      if (!this.sessions.has(user)) continue
      const entries = numberedJson(
        from,
        places.map((place) => tails[place]!),
      )
      const mine = places.flatMap((place, i) => {
        const fact = said.get(place)
        return fact === undefined ? [] : [{ ...fact, seq: from + i }]
      })
      this.sessions.deliver(user, from, entries, mine.length === 0 ? null : mine)
    }
  }

  private take(frame: NodeFrame): void {
    switch (frame.t) {
      case 'entries':
        return this.takeEntries(frame)
      case 'timeline':
        return this.sessions.deliverTimeline(frame.conversation, frame.version, frame.from, frame.messages)
      case 'check':
        return this.sessions.check(frame.user)
      case 'hint':
        return this.sessions.hint(frame.user, frame.event, frame.json)
      case 'close':
        return this.sessions.close(frame.session, frame.reason, frame.by)
      case 'close-all':
        this.sessions.closeAll(frame.user, frame.which, frame.reason)
        if (frame.replyTo !== null)
          this.tell([frame.replyTo], { t: 'closed', epoch: frame.which.before, node: this.nodeId })
        return
      case 'closed':
        return this.answers.closed(frame.epoch, frame.node)
      case 'ask': {
        const { user, id, event, json, replyTo } = frame
        this.sessions.ask(user, event, json, () => this.tell([replyTo], { t: 'asked', id }))
        return
      }
      case 'asked':
        this.answers.answered(frame.id)
        return
      case 'presence':
        return this.sessions.presenceChanged(frame.user)
    }
  }
}

/** A frame of entries on its way together: the place of each tail, in their order. */
interface Spread {
  readonly places: Map<JsonText, number>
  readonly to: [UserId, Seq, number[]][]
  readonly facts: Map<number, Following>
}

const kinds: ReadonlySet<unknown> = new Set<NodeFrame['t']>([
  'entries',
  'timeline',
  'check',
  'hint',
  'close',
  'close-all',
  'closed',
  'ask',
  'asked',
  'presence',
])

const isNodeFrame = (frame: unknown): frame is NodeFrame =>
  typeof frame === 'object' && frame !== null && 't' in frame && kinds.has(frame.t)
