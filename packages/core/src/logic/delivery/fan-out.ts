// From what was committed to the sessions of its readers: this node's by a call, other nodes' over the bus.
// Recipients are located after the commit, never before.
import type { ConversationId, JsonText, Seq, ServerEvent, UserId } from '@rookery/protocol'
import type { EventJson } from '../../model/events.js'
import { entryTailJson, factEntryJson, messageJson, messageTailJson, numberedJson } from '../../model/wire.js'
import type { CustomOp, GroupResult, ReadOp, SettingsOp } from '../../ports/storage.js'
import type { Arming } from './arming.js'
import type { Cluster, NodeFrame, Run } from './cluster.js'
import type { ReadableOp, StoredAs, Taker } from './committed.js'
import type { Following, Sessions } from './sessions.js'

type MessageOp = Extract<ReadableOp, { message: unknown }>

/** Consecutive messages of a conversation whose members read its own timeline. */
interface Stretch {
  readonly from: Seq
  readonly messages: JsonText[]
  version: number
}

export class FanOut implements Taker {
  private runs = new Map<UserId, Run[]>()
  private stretches = new Map<ConversationId, Stretch[]>()
  /** Conversations that somebody begins to follow by what waits here. */
  private begun = new Set<ConversationId>()

  constructor(
    private readonly sessions: Sessions,
    private readonly cluster: Cluster,
    private readonly arming: Arming | null,
  ) {}

  /** Notes what was stored for those who read it; `flush` sends it. */
  committed(op: ReadableOp, result: StoredAs<ReadableOp>): void {
    switch (op.op) {
      case 'append':
      case 'control':
      case 'group':
        return this.message(op, result as StoredAs<MessageOp>)
      case 'custom':
      case 'read':
      case 'settings':
        return this.own(op, result as StoredAs<CustomOp | ReadOp | SettingsOp>)
    }
  }

  private message({ message, members, version }: MessageOp, result: StoredAs<MessageOp>): void {
    // Where it stands is not known of each member: their sessions look.
    if (result.status === 'duplicate') return this.check(members)
    const { conversationId, kind, serverTime } = message
    const json = messageJson(message, result.seq, null)
    // Of a change of a group, under the version that it made.
    const under = 'facts' in result ? result.version : version
    if (kind === 'c2g' && members.length === 0) this.addTimeline(conversationId, under!, result.seq, json)
    else this.addMessage(members, result.inbox, serverTime, json)
    if ('facts' in result) this.addFacts(conversationId, serverTime, result)
  }

  private own(op: CustomOp | ReadOp | SettingsOp, result: StoredAs<CustomOp | ReadOp | SettingsOp>): void {
    if (result.inboxSeq !== null) this.add(op.userId, result.inboxSeq, ownEntryJson(op, result))
  }

  /** Notes one committed entry; `flush` sends it. */
  add(userId: UserId, seq: Seq, entry: JsonText): void {
    this.note(userId, seq, entryTailJson(entry))
  }

  /** Notes the entries that point at a committed message, in the order of `members`; its text is made once for all of them. */
  addMessage(members: readonly UserId[], inbox: readonly Seq[], at: number, message: JsonText): void {
    const tail = messageTailJson(at, message)
    for (let i = 0; i < members.length; i++) this.note(members[i]!, inbox[i]!, tail)
  }

  /**
   * Notes the `follow` and `unfollow` entries that a change of a group wrote.
   * @param at of the entries: the control message's `serverTime`
   */
  addFacts(conversation: ConversationId, at: number, result: Extract<GroupResult, { status: 'stored' }>): void {
    const { seq: to, version, facts } = result
    if (facts.length === 0) return
    if (facts.some(({ kind }) => kind === 'follow')) this.begun.add(conversation)
    const from = to - 1
    const id = JSON.stringify(conversation)
    const tailOf = (kind: 'follow' | 'unfollow', place: string): JsonText =>
      entryTailJson(factEntryJson(to, at, kind, `{"conversationId":${id},${place}}`))
    const follow = tailOf('follow', `"from":${from}`)
    const unfollow = tailOf('unfollow', `"to":${to}`)
    for (const { userId, seq, kind } of facts)
      if (kind === 'follow') this.note(userId, seq, follow, { kind, conversation, from, version })
      else this.note(userId, seq, unfollow, { kind, conversation, to })
  }

  /**
   * Notes a message of a group that is fanned out on read.
   * @param version the group's, when it was committed; of a change of the group the one that it made
   */
  addTimeline(conversation: ConversationId, version: number, seq: Seq, message: JsonText): void {
    const stretches = this.stretches.get(conversation)
    const last = stretches?.at(-1)
    if (last !== undefined && last.from + last.messages.length === seq) {
      last.messages.push(message)
      last.version = Math.max(last.version, version)
    } else if (stretches === undefined) this.stretches.set(conversation, [{ from: seq, messages: [message], version }])
    else stretches.push({ from: seq, messages: [message], version })
  }

  /** Sends everything noted: what one commit gave a user, or a timeline, goes in one frame. */
  flush(): void {
    if (this.runs.size === 0 && this.stretches.size === 0) return
    const { runs: byUser, stretches: byConversation, begun } = this
    this.runs = new Map()
    this.stretches = new Map()
    this.begun = new Set()
    for (const [user, runs] of byUser)
      if (this.sessions.has(user))
        for (const { from, tails, facts } of runs) this.sessions.deliver(user, from, numberedJson(from, tails), facts)
    if (this.arming !== null) arm(this.arming, byUser)
    const byTopic = new Map<ConversationId, NodeFrame[]>()
    for (const [conversation, stretches] of byConversation)
      for (const { version, from, messages } of stretches) {
        this.sessions.deliverTimeline(conversation, version, from, messages)
        const frame: NodeFrame = { t: 'timeline', conversation, version, from, messages }
        const frames = byTopic.get(conversation)
        if (frames === undefined) byTopic.set(conversation, [frame])
        else frames.push(frame)
      }
    if (this.cluster.alone) return
    const spread = byUser.size === 0 ? null : this.spread(byUser)
    for (const [conversation, frames] of byTopic)
      // Whoever begins to follow by this commit is told so before the first message, and its node may not have the topic yet.
      if (begun.has(conversation) && spread !== null) void spread.then(() => this.cluster.broadcast(frames))
      else this.cluster.publishTo(conversation, frames)
  }

  private async spread(byUser: ReadonlyMap<UserId, readonly Run[]>): Promise<void> {
    const elsewhere = await this.cluster.spread(byUser)
    if (this.arming === null) return
    for (const user of elsewhere.keys())
      if (!this.sessions.has(user)) this.arming.elsewhere(user, byUser.get(user)![0]!.from)
  }

  private note(userId: UserId, seq: Seq, tail: JsonText, says: Following | null = null): void {
    const runs = this.runs.get(userId)
    let run = runs?.at(-1)
    if (run === undefined || run.from + run.tails.length !== seq) {
      run = { from: seq, tails: [], facts: null }
      if (runs === undefined) this.runs.set(userId, [run])
      else runs.push(run)
    }
    run.tails.push(tail)
    if (says !== null) (run.facts ??= []).push({ ...says, seq })
  }

  /** Has the sessions of users compared with the heads of their inboxes, wherever they are. */
  check(users: readonly UserId[]): void {
    for (const user of users) this.sessions.check(user)
    if (!this.cluster.alone) void this.cluster.send(users.map((user) => ({ t: 'check', user })))
  }

  /** Sends a transient event to users wherever they are. */
  hint<Event extends ServerEvent>(users: readonly UserId[], event: Event, json: EventJson<NoInfer<Event>>): void {
    for (const user of users) this.sessions.hint(user, event, json)
    if (!this.cluster.alone) void this.cluster.send(users.map((user) => ({ t: 'hint', user, event, json })))
  }
}

/** Everybody waits here for an acknowledgement, until presence says that another node gives it to them. */
function arm(arming: Arming, byUser: ReadonlyMap<UserId, readonly Run[]>): void {
  for (const [user, runs] of byUser) {
    const { from, tails } = runs.at(-1)!
    arming.arm(user, runs[0]!.from, from + tails.length - 1)
  }
}

/** The entry that the operation wrote in its user's own inbox. */
function ownEntryJson(op: CustomOp | ReadOp | SettingsOp, result: StoredAs<typeof op>): JsonText {
  const seq = result.inboxSeq!
  if (op.op === 'custom')
    return factEntryJson(seq, op.at, 'custom', `{"topic":${JSON.stringify(op.topic)},"payload":${op.payload}}`)
  const { conversationId, at } = op
  if (op.op === 'read') {
    const { readSeq, unread, atSeq } = result as StoredAs<ReadOp>
    return factEntryJson(seq, at, 'read', JSON.stringify({ conversationId, readSeq, unread, atSeq }))
  }
  const { pinned, muted, hidden } = result as StoredAs<SettingsOp>
  return factEntryJson(seq, at, 'conversation', JSON.stringify({ conversationId, pinned, muted, hidden }))
}
