// What a client has and what it lacks: acknowledgements and pulls.
import type { ConversationId, RequestOf, Seq } from '@rookery/protocol'
import type { Deliveries } from '../logic/delivery/deliveries.js'
import { type Page, pageJson, readPage, resetJson } from '../logic/reading/pull.js'
import type { Positions, PullReads } from '../logic/reading/timeline-pages.js'
import { okJson } from '../model/wire.js'
import type { Limits } from '../options/limits.js'
import type { HeadReads } from '../ports/storage.js'
import type { Followed } from './followed.js'
import { decidePull, goalOf, type Read } from './following.js'
import type { Session } from './session.js'
import type { Reply } from './session-requests.js'
import type { Feed } from './feed.js'

export interface CatchingUp {
  readonly deliveries: Deliveries
  readonly storage: PullReads
  readonly followed: Followed
  readonly limits: Limits
  /** The epoch of the storage, known once that has started. */
  readonly epoch: () => string
}

/**
 * Records up to where a device has its inbox. Positions in conversation timelines are only checked: nothing stores how
 * far a group's messages were delivered, and a client names these positions again when it connects or pulls.
 */
export async function acknowledge(cases: CatchingUp, session: Session, request: RequestOf<'ack'>): Promise<string> {
  const clamped = Math.min(request.seq, session.inbox.state.at)
  cases.deliveries.acknowledged(session, session.deliveredFrom, clamped)
  return JSON.stringify({ seq: clamped })
}

/**
 * Answers with a page, in the turn in which the session is decided to follow. So everything routed later comes behind
 * the page.
 */
export async function pull(
  cases: CatchingUp,
  session: Session,
  request: RequestOf<'pull'>,
  reply: Reply,
): Promise<null> {
  const { storage } = cases
  const isFollowed = (id: ConversationId): boolean => session.timelines?.get(id)?.state.end === null
  // The session may not have got entries that begin or end timelines.
  if (session.mode === 'catching-up' && request.since > appliedOf(session)) {
    const follows = await storage.heads.follows(session.userId)
    if (session.isClosed) return null
    cases.followed.replace(session, follows)
    session.followsAsOf = Math.max(session.followsAsOf, request.since)
  }
  const timelines = withGoneOn(session, request.timelines ?? {}, cases.limits)
  const [page, heads] = await Promise.all([
    readPage(storage, session.userId, { ...request, timelines }, cases.limits, isFollowed),
    headsOfUnnamed(session, timelines, storage.heads),
  ])
  if (page === null) reply(okJson(resetJson(cases.epoch())))
  else {
    take(cases.followed, session, page, heads)
    const more = session.mode === 'following' ? !page.last : true
    cases.deliveries.acknowledged(session, session.deliveredFrom, Math.min(request.since, session.inbox.state.at))
    reply(okJson(pageJson(page, more, cases.epoch())))
  }
  return null
}

/**
 * The timelines that a pull reads: those that it names, and those that earlier pulls named and that have new messages
 * since, from the end of their last page. So a client that names its timelines over several pulls comes to an end,
 * however many messages are sent in between.
 */
function withGoneOn({ mode, timelines }: Session, named: Positions, { list }: Limits): Positions {
  if (mode === 'following' || timelines === null) return named
  let free = list - Object.keys(named).length
  let positions: Record<ConversationId, Seq> | null = null
  for (const [id, { pulledTo, state }] of timelines) {
    if (free === 0) break
    if (pulledTo === null || pulledTo >= goalOf(state) || Object.hasOwn(named, id)) continue
    positions ??= { ...named }
    positions[id] = pulledTo
    free--
  }
  return positions ?? named
}

/** The heads of the timelines, for a client that names none: it follows them from there. */
async function headsOfUnnamed(
  session: Session,
  named: Positions,
  heads: HeadReads,
): Promise<ReadonlyMap<ConversationId, Seq>> {
  if (session.mode === 'following' || session.timelines === null) return new Map()
  const ids = [...session.timelines.keys()]
  if ([...session.timelines].some(([id, { isNamed }]) => isNamed || Object.hasOwn(named, id))) return new Map()
  const read = await heads.conversations(ids)
  return new Map(ids.map((id, i) => [id, read[i]?.seq ?? 0]))
}

/** Moves the session to the end of the page, and makes it follow if nothing is left. */
function take(followed: Followed, session: Session, page: Page, heads: ReadonlyMap<ConversationId, Seq>): void {
  if (session.mode === 'following' || session.isClosed) return
  const { inbox } = session
  const appliedTo = appliedOf(session)
  followed.given(
    session,
    page.facts.filter(({ seq }) => seq > appliedTo),
  )
  const reads = new Map<ConversationId, Read>()
  for (const { conversationId, to, last } of page.timelines) {
    reads.set(conversationId, { to, last })
    const feed = session.timelines?.get(conversationId)
    if (feed === undefined) continue
    feed.isNamed = true
    feed.pulledTo = to
  }
  const hasNamed = [...(session.timelines?.values() ?? [])].some(({ isNamed }) => isNamed)
  const feeds: [Feed<Session>, Read | null][] = [[inbox, { to: page.to, last: page.isInboxLast }]]
  for (const [id, feed] of session.timelines ?? [])
    feeds.push([feed, reads.get(id) ?? (hasNamed ? unread(feed) : wholeOf(feed, heads.get(id) ?? 0))])
  const pulled = feeds.map(([{ state }, read]) => ({ state, read }))
  const { mode, states } = decidePull(session.mode, pulled, page.last)
  feeds.forEach(([feed], i) => (feed.state = states[i]!))
  if (mode === 'following') session.follow()
  for (const [id, feed] of [...(session.timelines ?? [])]) if (feed.isOver) followed.leave(session, id)
}

/** Up to here the session knows what the inbox says about timelines. */
const appliedOf = ({ followsAsOf, inbox }: Session): Seq => Math.max(followsAsOf, inbox.state.at)

/** A timeline that this pull did not read. If the client names its timelines, this one must be at its head already. */
function unread({ isNamed, heldTo, state }: Feed): Read | null {
  return isNamed && heldTo >= goalOf(state) ? null : { to: state.at, last: false }
}

const wholeOf = ({ state }: Feed, head: Seq): Read => ({
  to: goalOf({ ...state, known: Math.max(state.known, head) }),
  last: true,
})
