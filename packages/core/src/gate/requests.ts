// Limits the requests of a session. A session above its rate is slowed down. A session with the maximum of unanswered
// requests is not read any more, and what was read already is refused.
import { RookeryError, type UserId } from '@rookery/protocol'
import { requestSchemas } from '@rookery/protocol/schemas'
import type { RefusedSend } from '../logic/messages/send.js'
import { c2cId } from '../model/digest.js'
import { errorJson } from '../model/wire.js'
import type { Limits, Rate, Timing } from '../options/limits.js'
import { isTooLong } from './size.js'
import type { Clock } from '../ports/clock.js'
import { Backlog } from './backlog.js'
import { Bucket } from './bucket.js'
import { dispatch, type UseCases } from './dispatch.js'
import type { Session } from './session.js'
import type { Reply, Request } from './session-requests.js'

const tooManyError = new RookeryError('RATE_LIMITED', 'too many requests of this session are unanswered', {
  retryAfterMs: 1000,
})
const tooMany = errorJson(tooManyError)

const draining = errorJson(
  new RookeryError('UNAVAILABLE', 'this node is going down; connect to another', { retryAfterMs: 1000 }),
)

export class Requests {
  private isDraining = false
  private answering = 0
  private idle: (() => void)[] = []
  private readonly backlog: Backlog
  /** Requests that wait for the rate of their session, by session. */
  private readonly paced = new Map<Session, Request[]>()

  constructor(
    private readonly cases: UseCases,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly rate: Rate | null,
    timing: Timing,
  ) {
    this.backlog = new Backlog(clock, limits, timing)
  }

  receive(session: Session, event: string, args: readonly unknown[], answer: Reply | undefined): void {
    const { requests } = session
    const request = { event, args, answer, arrival: ++requests.made }
    if (this.isDraining || requests.unanswered >= this.limits.inflight) {
      if (!this.isDraining) this.turnAway(session, request)
      answer?.(this.isDraining ? draining : tooMany)
      return
    }
    requests.unanswered++
    this.backlog.grew(session)
    const waiting = this.paced.size === 0 ? undefined : this.paced.get(session)
    if (waiting !== undefined) waiting.push(request)
    else if (this.rate === null) this.begin(session, request)
    else {
      const waitMs = this.allowance(session, this.rate)
      if (waitMs === 0) this.begin(session, request)
      else {
        this.paced.set(session, [request])
        this.resumeAfter(session, this.rate, waitMs)
      }
    }
  }

  /** Begins at once what waits for the rate of a session. */
  beginPaced(session: Session): void {
    const paced = this.paced.get(session) ?? []
    this.paced.delete(session)
    for (const request of paced) if (!session.isClosed) this.begin(session, request)
  }

  /** Takes no new requests from now on. Requests that wait for their session's rate begin now. */
  refuseNew(sessions: Iterable<Session>): void {
    this.isDraining = true
    for (const session of sessions) this.beginPaced(session)
  }

  /** Drops the waiting requests of a session that has ended. */
  ended(session: Session): void {
    this.paced.delete(session)
    this.backlog.forget(session)
  }

  /** Resolves once every begun request has its answer. */
  async settled(): Promise<void> {
    if (this.answering > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  // A message that is refused here holds back later ones, like a message that is refused elsewhere. If the session
  // holds back everything already, one more refusal changes nothing, so the request is not even parsed.
  private turnAway(session: Session, { event, args, arrival }: Request): void {
    if (args.length !== 1 || session.orders.holdsEverything(this.clock.monotonic())) return
    const send = isTooLong(args[0], this.limits) ? null : sendOf(session.userId, event, args[0])
    if (send !== null) this.cases.send.turnedAway(session, send, arrival, tooManyError)
  }

  private allowance(session: Session, rate: Rate): number {
    const now = this.clock.monotonic()
    return (session.requests.bucket ??= new Bucket(rate, now)).take(now)
  }

  private resumeAfter(session: Session, rate: Rate, waitMs: number): void {
    this.clock.setTimeout(() => {
      const paced = this.paced.get(session)
      if (paced === undefined) return
      let nextMs = 0
      // The first of them has its token already.
      for (let request = paced.shift(); request !== undefined; request = paced.shift()) {
        this.begin(session, request)
        if (paced.length === 0 || session.isClosed) break
        nextMs = this.allowance(session, rate)
        if (nextMs > 0) break
      }
      if (nextMs > 0) this.resumeAfter(session, rate, nextMs)
      else this.paced.delete(session)
    }, waitMs)
  }

  private begin(session: Session, request: Request): void {
    this.answering++
    let isAnswered = false
    dispatch(this.cases, session, request, (json) => {
      if (isAnswered) return
      isAnswered = true
      session.requests.unanswered--
      this.backlog.shrank(session)
      if (!session.isClosed) request.answer?.(json)
      if (--this.answering === 0) for (const resolve of this.idle.splice(0)) resolve()
    })
  }
}

/** The fields of a well-formed send that is refused; null for every other request. */
function sendOf(userId: UserId, event: string, request: unknown): RefusedSend | null {
  if (event === 'c2c') {
    const { data } = requestSchemas.c2c.safeParse(request)
    if (data === undefined) return null
    const { clientMsgId, type, to, subject = '' } = data
    return { kind: 'c2c', conversationId: c2cId(userId, to, subject), clientMsgId, type }
  }
  if (event !== 'c2g') return null
  const { data } = requestSchemas.c2g.safeParse(request)
  return data === undefined
    ? null
    : { kind: 'c2g', conversationId: data.to, clientMsgId: data.clientMsgId, type: data.type }
}
