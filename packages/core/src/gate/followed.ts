// The conversation timelines that sessions of this node follow, and which of their users are still members.
//
// Each conversation has a version here: all its feeds agree with the memberships of that version or a later one.
// Messages of a later version wait until storage has told which users left. So a removed member gets nothing that was
// sequenced after the removal, even if frames overtake one another. If storage does not answer, no session gets these
// messages live, and all pull.
import type { ConversationId, JsonText, Seq, UserId } from '@rookery/protocol'
import type { FollowFact } from '../logic/delivery/sessions.js'
import { timelineJsonOf } from '../model/events.js'
import type { Membership } from '../model/group.js'
import type { Logger } from '../ports/logger.js'
import type { ConversationHead, Follow, GroupReads } from '../ports/storage.js'
import type { Frame } from './connection.js'
import type { FollowedTopics } from './followed-topics.js'
import type { FeedState } from './following.js'
import type { Session } from './session.js'
import { Feed } from './feed.js'

/** How many memberships it reads at once. */
const membershipsMax = 1000
/** How many stretches of one conversation may wait for its memberships. Sessions pull what comes beyond that. */
const waitingMax = 256

/** Consecutive messages beginning at `from`. If there are none, the timeline is known to reach `from - 1`. */
interface News {
  readonly version: number
  readonly from: Seq
  readonly messages: readonly JsonText[]
}

interface Conversation {
  readonly conversationId: ConversationId
  readonly feeds: Set<Feed<Session>>
  readonly frameOf: (messages: readonly JsonText[]) => Frame
  version: number
  /** What came since the read of memberships began; null while there is no read. */
  waiting: News[] | null
  /** The lowest version under which a feed began since that read began. */
  begunUnder: number
}

export class Followed {
  private readonly byId = new Map<ConversationId, Conversation>()

  constructor(
    private readonly groups: () => Pick<GroupReads, 'memberships'>,
    private readonly logger: Logger,
    /** Requests a comparison of the conversation's feeds with its head. */
    private readonly checkSoon: (conversation: ConversationId) => void,
    /** Hears of each conversation that the first session follows, or the last one leaves. */
    private readonly topics: Pick<FollowedTopics, 'follow' | 'leave'>,
  ) {}

  conversations(): ConversationId[] {
    return [...this.byId.keys()]
  }

  /**
   * The session follows a timeline from now on, or pulls until it can follow.
   * @param version a version under which the user was a member; 0 if unknown
   */
  follow(session: Session, conversationId: ConversationId, state: FeedState, version: number): Feed<Session> {
    let conversation = this.byId.get(conversationId)
    if (conversation === undefined) {
      const frameOf = framesOf(conversationId)
      conversation = { conversationId, feeds: new Set(), frameOf, version, waiting: null, begunUnder: version }
      this.byId.set(conversationId, conversation)
      this.topics.follow(conversationId)
    }
    conversation.version = Math.min(conversation.version, version)
    conversation.begunUnder = Math.min(conversation.begunUnder, version)
    const feed = new Feed(session, state, conversation.frameOf)
    conversation.feeds.add(feed)
    session.timelines ??= new Map()
    session.timelines.set(conversationId, feed)
    return feed
  }

  /** The session stops following a timeline. */
  leave(session: Session, conversationId: ConversationId): void {
    const feed = session.timelines?.get(conversationId)
    if (feed === undefined) return
    feed.forget()
    session.timelines!.delete(conversationId)
    if (session.timelines!.size === 0) session.timelines = null
    const conversation = this.byId.get(conversationId)
    conversation?.feeds.delete(feed)
    if (conversation?.feeds.size !== 0) return
    this.byId.delete(conversationId)
    this.topics.leave(conversationId)
  }

  /** A session ended. */
  leaveAll(session: Session): void {
    for (const conversationId of [...(session.timelines?.keys() ?? [])]) this.leave(session, conversationId)
  }

  /** Sets the timelines of a session to those that were read from storage. */
  replace(session: Session, follows: readonly Follow[]): void {
    const ids = new Set(follows.map(({ conversationId }) => conversationId))
    for (const id of [...(session.timelines?.keys() ?? [])]) if (!ids.has(id)) this.leave(session, id)
    for (const { conversationId, seq, version } of follows)
      if (session.timelines?.get(conversationId)?.state.end !== null) {
        this.leave(session, conversationId)
        this.follow(session, conversationId, { at: seq, known: seq, end: null }, version)
      }
  }

  /** Applies entries that the session got and that begin or end timelines, in order. */
  given(session: Session, facts: readonly FollowFact[]): void {
    for (const fact of facts)
      if (fact.kind === 'follow') this.begun(session, fact)
      else this.end(session, fact.conversation, fact.to)
  }

  /** Takes messages of a conversation that were committed here, or came from another node. */
  deliver(conversationId: ConversationId, version: number, from: Seq, messages: readonly JsonText[]): void {
    const conversation = this.byId.get(conversationId)
    if (conversation !== undefined) this.take(conversation, { version, from, messages })
  }

  /** Takes the head of a conversation that was read from storage. */
  compare(conversationId: ConversationId, { version, seq }: ConversationHead): void {
    const conversation = this.byId.get(conversationId)
    if (conversation !== undefined) this.take(conversation, { version, from: seq + 1, messages: [] })
  }

  private begun(session: Session, { conversation, from, version }: Extract<FollowFact, { kind: 'follow' }>): void {
    const before = session.timelines?.get(conversation)
    if (before !== undefined && before.state.end === null) {
      // The user joined while the session was connecting. The session started from a later head, but must get the
      // messages before that, too.
      before.state = { at: from, known: Math.max(before.state.known, from), end: null }
      before.happen({ kind: 'head', seq: from })
    } else {
      if (before !== undefined) {
        // The end of the previous membership has not come yet; it comes with a pull.
        this.leave(session, conversation)
        session.behind()
      }
      this.follow(session, conversation, { at: from, known: from, end: null }, version)
    }
    // Messages that were routed before it began to follow did not reach it.
    this.checkSoon(conversation)
  }

  private end(session: Session, conversationId: ConversationId, to: Seq): void {
    const feed = session.timelines?.get(conversationId)
    if (feed === undefined) return
    feed.happen({ kind: 'ended', to })
    if (feed.isOver) this.leave(session, conversationId)
  }

  private take(conversation: Conversation, news: News): void {
    const { waiting } = conversation
    if (waiting !== null) {
      const last = waiting.at(-1)!
      if (waiting.length < waitingMax) waiting.push(news)
      else waiting[waiting.length - 1] = headOf([last, news])
    } else if (news.version <= conversation.version) this.give(conversation, news)
    else {
      conversation.waiting = [news]
      void this.settle(conversation)
    }
  }

  private give({ conversationId, feeds, frameOf }: Conversation, { from, messages }: News): void {
    let frame: Frame | undefined
    const shared = (): Frame => (frame ??= frameOf(messages))
    const run = { from, texts: messages, facts: null }
    for (const feed of feeds) {
      if (messages.length === 0) feed.happen({ kind: 'head', seq: from - 1 })
      else feed.follower.giveIn(feed, run, shared)
      if (feed.isOver) this.leave(feed.follower, conversationId)
    }
  }

  /** Gives the waiting messages in order, each after memberships of its version or a later one were read. */
  private async settle(conversation: Conversation): Promise<void> {
    const waiting = conversation.waiting!
    try {
      for (let news = waiting[0]; news !== undefined && conversation.feeds.size > 0; news = waiting[0])
        if (news.version <= conversation.version) {
          waiting.shift()
          this.give(conversation, news)
        } else await this.readMemberships(conversation, news.version)
    } catch (error) {
      this.logger.error('storage did not tell who is a member; sessions pull the messages', error, {
        conversation: conversation.conversationId,
      })
      this.give(conversation, headOf(waiting))
    }
    conversation.waiting = null
  }

  private async readMemberships(conversation: Conversation, wanted: number): Promise<void> {
    const feeds = [...conversation.feeds]
    const users = [...new Set(feeds.map(({ follower }) => follower.userId))]
    const memberships = new Map<UserId, Membership | null>()
    let version = (conversation.begunUnder = Infinity)
    for (let i = 0; i < users.length; i += membershipsMax) {
      const chunk = users.slice(i, i + membershipsMax)
      const read = await this.groups().memberships(conversation.conversationId, chunk)
      if (read === null || read.version < wanted) throw new Error('storage does not know what it has told')
      version = Math.min(version, read.version)
      chunk.forEach((user, at) => memberships.set(user, read.memberships[at]!))
    }
    for (const feed of feeds)
      if (conversation.feeds.has(feed)) {
        stand(feed, memberships.get(feed.follower.userId)!)
        if (feed.isOver) this.leave(feed.follower, conversation.conversationId)
      }
    conversation.version = Math.min(version, conversation.begunUnder)
  }
}

/** Adjusts a feed to its user's membership. */
function stand(feed: Feed<Session>, membership: Membership | null): void {
  const { at } = feed.state
  if (membership === null) {
    feed.happen({ kind: 'ended', to: at })
    return
  }
  // This is another membership than the one that the feed follows. The inbox tells where that one ended.
  if (membership.from > at) feed.follower.behind()
  if (membership.to !== null) feed.happen({ kind: 'ended', to: membership.to })
}

/** The position that remains of messages that no session gets live. */
function headOf(news: readonly News[]): News {
  const version = Math.max(...news.map((one) => one.version))
  return { version, from: Math.max(...news.map(({ from, messages }) => from + messages.length)), messages: [] }
}

/** Makes the frames of a conversation's `timeline` events. */
const framesOf = (conversationId: ConversationId): ((messages: readonly JsonText[]) => Frame<'timeline'>) => {
  const jsonOf = timelineJsonOf(conversationId)
  return (messages) => ({ event: 'timeline', json: jsonOf(messages) })
}
