// The one switch from a request to its use case.
import type { Deliveries } from '../logic/deliveries.js'
import type { Faults } from '../logic/faults.js'
import type { Online } from '../logic/online.js'
import type { Positions } from '../logic/positions.js'
import { pageJson, readPage, resetJson } from '../logic/pull.js'
import type { Roaming } from '../logic/roaming.js'
import type { Send } from '../logic/send.js'
import type { Topics } from '../logic/topics.js'
import type { Clock } from '../ports/clock.js'
import type { TimelineReads } from '../ports/storage.js'
import { check } from '../protocol/check.js'
import { RookeryError } from '../protocol/errors.js'
import type { Limits } from '../protocol/limits.js'
import { requestSchemas, type RequestEvent, type RequestOf } from '../protocol/requests.js'
import { errorJson, okJson, sentJson } from '../protocol/wire.js'
import type { Reply, Request, Session } from './session.js'
import type { Slots } from './slots.js'
import type { Watching } from './watching.js'

export interface UseCases {
  readonly send: Send
  readonly positions: Positions
  readonly roaming: Roaming
  readonly online: Online
  readonly topics: Topics
  readonly slots: Slots
  readonly deliveries: Deliveries
  readonly timelines: () => TimelineReads
  readonly watching: Watching
  readonly faults: Faults
  readonly clock: Clock
  readonly limits: Limits
  /** Of the storage; known once it has started. */
  readonly epoch: () => string
}

const isKnown = (event: string): event is RequestEvent => Object.hasOwn(requestSchemas, event)

/** Checks a request and carries it out. Never throws; answers once, or not at all where the session has ended. */
export function dispatch(cases: UseCases, session: Session, { event, args, arrival }: Request, reply: Reply): void {
  const fail = (thrown: unknown): void => reply(errorJson(cases.faults.toError(thrown, event)))
  try {
    if (!isKnown(event)) throw new RookeryError('UNSUPPORTED', 'no such event')
    if (args.length !== 1) throw new RookeryError('BAD_REQUEST', 'a request has one argument, an object')
    const answered = carryOut(cases, session, event, args[0], arrival, reply)
    answered?.then((json) => json !== null && reply(okJson(json)), fail)
  } catch (error) {
    fail(error)
  }
}

// What must be answered in the very turn of its decision calls `reply` itself and gives null.
function carryOut(
  cases: UseCases,
  session: Session,
  event: RequestEvent,
  request: unknown,
  arrival: number,
  reply: Reply,
): Promise<string | null> | null {
  const { userId } = session
  switch (event) {
    case 'c2c':
      cases.send.c2c(session, check(requestSchemas.c2c, request), arrival, (outcome) =>
        reply(outcome instanceof RookeryError ? errorJson(outcome) : okJson(sentJson(outcome))),
      )
      return null
    case 'ack':
      return acknowledge(cases, session, check(requestSchemas.ack, request))
    case 'pull':
      return pull(cases, session, check(requestSchemas.pull, request), reply)
    case 'c2s':
      return cases.topics.answer(session, check(requestSchemas.c2s, request))
    case 'read':
      return cases.positions.read(userId, check(requestSchemas.read, request))
    case 'history':
      return cases.roaming.history(userId, check(requestSchemas.history, request))
    case 'conversations':
      return cases.roaming.conversations(userId, check(requestSchemas.conversations, request))
    case 'conversation.get':
      return cases.roaming.get(userId, check(requestSchemas['conversation.get'], request))
    case 'conversation.update':
      return cases.positions.update(userId, check(requestSchemas['conversation.update'], request))
    case 'typing':
      return cases.online.typing(userId, check(requestSchemas.typing, request))
    case 'presence':
      return presence(cases, session, check(requestSchemas.presence, request))
    case 'time': {
      const { t0 } = check(requestSchemas.time, request)
      reply(okJson(JSON.stringify({ t0, serverTime: cases.clock.now() })))
      return null
    }
    case 'auth.refresh':
      return cases.slots.refresh(session, check(requestSchemas['auth.refresh'], request).token)
    case 'logout':
      check(requestSchemas.logout, request)
      return cases.slots.logout(session, () => reply(okJson('{}')))
  }
}

async function acknowledge(cases: UseCases, session: Session, { seq }: RequestOf<'ack'>): Promise<string> {
  const clamped = Math.min(seq, session.standing.at)
  cases.deliveries.acknowledged(session, session.deliveredFrom, clamped)
  return JSON.stringify({ seq: clamped })
}

// The page is answered in the turn in which the session is decided to follow: what is routed after that comes behind it.
async function pull(cases: UseCases, session: Session, request: RequestOf<'pull'>, reply: Reply): Promise<null> {
  const page = await readPage(cases.timelines(), session.userId, request, cases.limits)
  if (page === null) reply(okJson(resetJson(cases.epoch())))
  else {
    session.happen({ kind: 'page', to: page.to, last: page.last })
    const more = session.standing.mode === 'following' ? !page.last : true
    cases.deliveries.acknowledged(session, session.deliveredFrom, Math.min(request.since, session.standing.at))
    reply(okJson(pageJson(page, more, cases.epoch())))
  }
  return null
}

async function presence(cases: UseCases, session: Session, request: RequestOf<'presence'>): Promise<string> {
  const { userIds, subscribe } = request
  const visible = await cases.online.visible(session.userId, userIds)
  const { users, online } = await cases.online.snapshot(userIds, visible)
  if (subscribe !== undefined && !session.isClosed) cases.watching.watch(session, subscribe ? visible : null, online)
  return JSON.stringify({ users })
}
