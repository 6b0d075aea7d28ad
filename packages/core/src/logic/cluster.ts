// Which node holds whom, and what nodes say to one another. Frames on the bus are plain values; a frame that is not of
// this form (another version's, a stranger's) is dropped.
import type { JsonText, NodeId, Seq, SessionId, UserId } from '../model/ids.js'
import type { Bus } from '../ports/bus.js'
import type { Logger } from '../ports/logger.js'
import type { Presence } from '../ports/presence.js'
import type { KickedBy, KickReason, Sessions, Which } from './sessions.js'

/** One frame between nodes. */
export type NodeFrame =
  | { readonly t: 'entries'; readonly user: UserId; readonly from: Seq; readonly entries: readonly JsonText[] }
  | { readonly t: 'check'; readonly user: UserId }
  | { readonly t: 'hint'; readonly user: UserId; readonly event: string; readonly json: JsonText }
  | {
      readonly t: 'close'
      readonly session: SessionId
      readonly reason: KickReason | null
      readonly by: KickedBy | null
    }
  | { readonly t: 'close-all'; readonly user: UserId; readonly which: Which; readonly reason: KickReason }
  | {
      readonly t: 'ask'
      readonly user: UserId
      readonly id: string
      readonly event: string
      readonly json: JsonText
      readonly replyTo: NodeId
    }
  | { readonly t: 'asked'; readonly id: string }
  | { readonly t: 'presence'; readonly user: UserId }

export class Cluster {
  constructor(
    readonly nodeId: NodeId,
    private readonly presence: Presence,
    /** Null where there is one node: then nobody is looked for elsewhere. */
    private readonly bus: Bus | null,
    private readonly sessions: Sessions,
    private readonly logger: Logger,
    /** A client on another node acknowledged what `ask` sent there under this id. */
    private readonly answered: (id: string) => void,
  ) {}

  /** Whether there is no other node to tell. */
  get alone(): boolean {
    return this.bus === null
  }

  async start(): Promise<void> {
    await this.bus?.start(this.nodeId, (frame) => this.receive(frame))
  }

  /** Sends frames to the other nodes that hold a session of the user that each is for, at most once; answers how many went out. */
  async send(frames: readonly (NodeFrame & { readonly user: UserId })[]): Promise<number> {
    if (this.bus === null || frames.length === 0) return 0
    let sent = 0
    const users = [...new Set(frames.map((frame) => frame.user))]
    try {
      const nodesOf = new Map<UserId, Set<NodeId>>()
      for (const holder of await this.presence.locate(users)) {
        if (holder.nodeId === this.nodeId) continue
        const nodes = nodesOf.get(holder.userId)
        if (nodes === undefined) nodesOf.set(holder.userId, new Set([holder.nodeId]))
        else nodes.add(holder.nodeId)
      }
      const byNode = new Map<NodeId, NodeFrame[]>()
      for (const frame of frames)
        for (const node of nodesOf.get(frame.user) ?? []) {
          const list = byNode.get(node)
          if (list === undefined) byNode.set(node, [frame])
          else list.push(frame)
        }
      for (const [node, list] of byNode) {
        this.bus.publish(node, list)
        sent += list.length
      }
    } catch (error) {
      // Their next heartbeat finds what this loses.
      this.logger.error('presence did not tell where recipients are', error, { users: users.length })
    }
    return sent
  }

  /** Sends a frame to named nodes; this node gets it by a call. */
  tell(nodes: Iterable<NodeId>, frame: NodeFrame): void {
    for (const node of nodes)
      if (node === this.nodeId) this.take(frame)
      else this.bus?.publish(node, [frame])
  }

  private receive(frame: unknown): void {
    try {
      if (isNodeFrame(frame)) this.take(frame)
    } catch (error) {
      this.logger.error('a frame from another node could not be taken', error)
    }
  }

  private take(frame: NodeFrame): void {
    switch (frame.t) {
      case 'entries':
        return this.sessions.deliver(frame.user, frame.from, frame.entries)
      case 'check':
        return this.sessions.check(frame.user)
      case 'hint':
        return this.sessions.hint(frame.user, frame.event, frame.json)
      case 'close':
        return this.sessions.close(frame.session, frame.reason, frame.by)
      case 'close-all':
        return this.sessions.closeAll(frame.user, frame.which, frame.reason)
      case 'ask': {
        const { user, id, event, json, replyTo } = frame
        this.sessions.ask(user, event, json, () => this.tell([replyTo], { t: 'asked', id }))
        return
      }
      case 'asked':
        this.answered(frame.id)
        return
      case 'presence':
        return this.sessions.presenceChanged(frame.user)
    }
  }
}

const kinds: ReadonlySet<unknown> = new Set<NodeFrame['t']>([
  'entries',
  'check',
  'hint',
  'close',
  'close-all',
  'ask',
  'asked',
  'presence',
])

const isNodeFrame = (frame: unknown): frame is NodeFrame =>
  typeof frame === 'object' && frame !== null && 't' in frame && kinds.has(frame.t)
