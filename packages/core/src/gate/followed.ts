// The conversation timelines that sessions of this node follow, and who of them is a member still.
//
// A conversation stands here under a version: each of its feeds is as memberships were under that version or a later one.
// What comes under a later version waits until storage has told who has left, so that nothing sequenced after a removal
// reaches the removed member, whatever overtakes what. Where storage does not tell, nobody gets it live; all pull.
import type { ConversationId, JsonText, Seq, UserId } from '@rookery/protocol'
import type { FollowFact } from '../logic/delivery/sessions.js'
import { timelineJsonOf } from '../model/events.js'
import type { Membership } from '../model/group.js'
import type { Logger } from '../ports/logger.js'
import type { ConversationHead, Follow, GroupReads } from '../ports/storage.js'
import type { Frame } from './connection.js'
import type { FeedState } from './following.js'
import type { Session } from './session.js'
import { Feed } from './feed.js'

/** Memberships of so many users are read at once. */
const membershipsMax = 1000
/** So many frames of one conversation wait for its memberships; what comes beyond that is pulled. */
const waitingMax = 256

/** Consecutive messages from `from` on; none where it is only known that the timeline goes as far as `from - 1`. */
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
  /** What came since memberships are being read; null while they are not. */
  waiting: News[] | null
  /** The lowest version under which a feed began since then. */
  begunUnder: number
}

export class Followed {
  private readonly byId = new Map<ConversationId, Conversation>()

  constructor(
    private readonly groups: () => Pick<GroupReads, 'memberships'>,
    private readonly logger: Logger,
    /** Has the feeds of a conversation compared with its head, soon. */
    private readonly checkSoon: (conversation: ConversationId) => void,
  ) {}

  conversations(): ConversationId[] {
    return [...this.byId.keys()]
  }

  /**
   * A session follows a timeline from now on, or pulls to follow it.
   * @param version one under which its user was a member; 0 where that is not known
   */
  follow(session: Session, conversationId: ConversationId, state: FeedState, version: number): Feed<Session> {
    let conversation = this.byId.get(conversationId)
    if (conversation === undefined) {
      const frameOf = framesOf(conversationId)
      conversation = { conversationId, feeds: new Set(), frameOf, version, waiting: null, begunUnder: version }
      this.byId.set(conversationId, conversation)
    }
    conversation.version = Math.min(conversation.version, version)
    conversation.begunUnder = Math.min(conversation.begunUnder, version)
    const feed = new Feed(session, state, conversation.frameOf)
    conversation.feeds.add(feed)
    session.timelines ??= new Map()
    session.timelines.set(conversationId, feed)
    return feed
  }

  /** A session follows a timeline no more. */
  leave(session: Session, conversationId: ConversationId): void {
    const feed = session.timelines?.get(conversationId)
    if (feed === undefined) return
    feed.forget()
    session.timelines!.delete(conversationId)
    if (session.timelines!.size === 0) session.timelines = null
    const conversation = this.byId.get(conversationId)
    conversation?.feeds.delete(feed)
    if (conversation?.feeds.size === 0) this.byId.delete(conversationId)
  }

  /** A session ended. */
  leaveAll(session: Session): void {
    for (const conversationId of [...(session.timelines?.keys() ?? [])]) this.leave(session, conversationId)
  }

  /** What a session's user follows was read: it follows that, and nothing else. */
  replace(session: Session, follows: readonly Follow[]): void {
    const ids = new Set(follows.map(({ conversationId }) => conversationId))
    for (const id of [...(session.timelines?.keys() ?? [])]) if (!ids.has(id)) this.leave(session, id)
    for (const { conversationId, seq, version } of follows)
      if (session.timelines?.get(conversationId)?.state.end !== null) {
        this.leave(session, conversationId)
        this.follow(session, conversationId, { at: seq, known: seq, end: null }, version)
      }
  }

  /** A session holds entries that say what its user follows, in order. */
  given(session: Session, facts: readonly FollowFact[]): void {
    for (const fact of facts)
      if (fact.kind === 'follow') this.begun(session, fact)
      else this.end(session, fact.conversation, fact.to)
  }

  /** Messages of a conversation were committed, or came from another node. */
  deliver(conversationId: ConversationId, version: number, from: Seq, messages: readonly JsonText[]): void {
    const conversation = this.byId.get(conversationId)
    if (conversation !== undefined) this.take(conversation, { version, from, messages })
  }

  /** The head of a conversation was read. */
  compare(conversationId: ConversationId, { version, seq }: ConversationHead): void {
    const conversation = this.byId.get(conversationId)
    if (conversation !== undefined) this.take(conversation, { version, from: seq + 1, messages: [] })
  }

  private begun(session: Session, { conversation, from, version }: Extract<FollowFact, { kind: 'follow' }>): void {
    const before = session.timelines?.get(conversation)
    if (before !== undefined && before.state.end === null) {
      // Its user joined while it connected: it was told a later head, and gets what lies between all the same.
      before.state = { at: from, known: Math.max(before.state.known, from), end: null }
      before.happen({ kind: 'head', seq: from })
    } else {
      if (before !== undefined) {
        // The end of the membership before this one has not come yet; it comes with a pull.
        this.leave(session, conversation)
        session.behind()
      }
      this.follow(session, conversation, { at: from, known: from, end: null }, version)
    }
    // What was routed before it began to follow was not for it then.
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

  /** Gives what waits, in order, each under memberships that are as new as it is. */
  private async settle(conversation: Conversation): Promise<void> {
    const waiting = conversation.waiting!
    try {
      for (let news = waiting[0]; news !== undefined && conversation.feeds.size > 0; news = waiting[0])
        if (news.version <= conversation.version) {
          waiting.shift()
          this.give(conversation, news)
        } else await this.readMemberships(conversation, news.version)
    } catch (error) {
      this.logger.error('storage did not tell who is a member; what was sent is pulled', error, {
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

/** Has a feed stand as its user's membership does. */
function stand(feed: Feed<Session>, membership: Membership | null): void {
  const { at } = feed.state
  if (membership === null) {
    feed.happen({ kind: 'ended', to: at })
    return
  }
  // Another membership than the one that it follows: where that one ended is told by the inbox.
  if (membership.from > at) feed.follower.behind()
  if (membership.to !== null) feed.happen({ kind: 'ended', to: membership.to })
}

/** What remains to be known of news that nobody is given. */
function headOf(news: readonly News[]): News {
  const version = Math.max(...news.map((one) => one.version))
  return { version, from: Math.max(...news.map(({ from, messages }) => from + messages.length)), messages: [] }
}

/** Makes the `timeline` events of a conversation. */
const framesOf = (conversationId: ConversationId): ((messages: readonly JsonText[]) => Frame<'timeline'>) => {
  const jsonOf = timelineJsonOf(conversationId)
  return (messages) => ({ event: 'timeline', json: jsonOf(messages) })
}
