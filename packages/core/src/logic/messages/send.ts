// The send path of a session, up to the writer and back: check, order, merge, decide, store, answer, fan out.
import {
  type ConversationId,
  mayBeTriedAgain,
  type MessageId,
  RookeryError,
  type Sent,
  type UserId,
} from '@rookery/protocol'
import { isFirstVersion, isSendDigest } from '../../model/digest.js'
import type { NewMessage } from '../../model/message.js'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { ImSession } from '../../ports/host.js'
import type { Observer } from '../../ports/observer.js'
import type { Random } from '../../ports/random.js'
import type { AppendResult, RefusedResult, Storage, StoredKey } from '../../ports/storage.js'
import { type Admission, speakerOf } from '../access/admission.js'
import type { Authoriser } from '../access/authorise.js'
import type { Committed } from '../delivery/committed.js'
import { readersOf } from '../groups/readers.js'
import { restWhereStale } from '../groups/stale.js'
import { Deadlines, within } from '../host/deadlines.js'
import type { Faults } from '../host/faults.js'
import { TurnoverMap } from '../storing/turnover-map.js'
import type { Writer } from '../storing/writer.js'
import { SendJob, type Incoming, type SendAnswer, type Sender, type SendOutcomes } from './send-job.js'
import type { InTurn, OrderRules, SendOrders } from './send-order.js'
import { earlierHostKey, isEarlierHostKey, storedKey } from './stored-keys.js'

interface Parts {
  readonly storage: Pick<Storage, 'timelines' | 'keys'>
  readonly authoriser: Authoriser
  readonly writer: Writer
  readonly committed: Committed
  readonly faults: Faults
  readonly clock: Clock
  readonly random: Random
  readonly limits: Pick<Limits, 'refused'>
  readonly timing: Timing
  readonly admission: Admission
  readonly observer: Observer | null
}

/** A send of the host under way. */
interface HostSend {
  /**
   * Resolves once the message is in the writer's queue or is refused. A message sent after that gets a later sequence.
   */
  readonly left: Promise<void>
  /** @throws RookeryError the error that a session would get */
  readonly sent: Promise<Sent>
}

/** A message that is refused before it becomes a job. */
export interface RefusedSend {
  readonly kind: NewMessage['kind']
  readonly conversationId: ConversationId
  readonly clientMsgId: string
  readonly type: string
}

export class Send implements SendOutcomes {
  /** Sends without an answer, by key. A second send with the same key joins the first. */
  private readonly pending = new TurnoverMap<string, SendJob>()
  private readonly nowMs = (): number => this.parts.clock.monotonic()
  private readonly deadlines: Deadlines

  private readonly rules: OrderRules

  constructor(private readonly parts: Parts) {
    this.deadlines = new Deadlines(parts.clock, parts.timing.sendDeadlineMs)
    this.rules = { refusedMax: parts.limits.refused, resendMs: parts.timing.resendMs }
  }

  /**
   * Takes a message of a session. It calls `answer` once, in this turn or later.
   * @param arrival the request's number among the session's requests
   */
  submit(sender: Sender, incoming: Incoming, arrival: number, answer: SendAnswer): void {
    const before = this.pending.get(incoming.key)
    const job = new SendJob(sender, incoming, this.nowMs() + this.parts.timing.sendDeadlineMs, this, answer)
    const orders = sender.orders.of(this.rules)
    job.arrival = arrival
    orders.place(job)
    if (before === undefined) this.pending.set(incoming.key, job)
    if (before === undefined && orders.isFree(job.conversationId, this.nowMs())) {
      orders.begin(job)
      this.first(job, orders)
      return
    }
    if (before !== undefined && before.incoming.message.digest === incoming.message.digest) {
      if (before.sender === sender) {
        before.join(answer)
        return
      }
      if (orders.refusal(job, this.nowMs()) === null) {
        before.join((outcome) => {
          if (isRefusal(outcome)) orders.refuse(job, outcome, this.nowMs())
          else orders.settle(job)
          answer(outcome)
        })
        // The message keeps its turn in this session's order: later sends wait until the joined job is with the writer.
        if (!before.hasLeft)
          orders.push(
            waitingFor(job, () => before.whenLeft()),
            this.nowMs,
          )
        return
      }
    }
    orders.begin(job)
    orders.push(job, this.nowMs)
    this.settleInTime(job)
  }

  /**
   * Takes a message for which its session got an answer that may be tried again. It holds back later sends of the
   * session to that conversation, like any other such answer.
   */
  turnedAway(sender: Sender, { kind, type, ...send }: RefusedSend, arrival: number, error: RookeryError): void {
    const orders = sender.orders.of(this.rules)
    const one = { ...send, place: arrival, arrival, ownUntilMs: null, heldBack: null, earlier: null, later: null }
    orders.place(one)
    orders.refuse(one, error, this.nowMs())
    this.parts.observer?.sent?.({ kind, type, by: 'session', outcome: error.code, durationMs: 0 })
  }

  /**
   * Takes a message of the host. It waits for no session's order. The host keeps its own order by waiting for `left`.
   * @param onBehalfOf if given, contact policy and before-handlers are asked on this user's behalf
   * @param given `hasNewKey`: the key is new, so nobody can have sent it before
   */
  host(
    incoming: Incoming,
    onBehalfOf: ImSession | null,
    given: { readonly msgId?: MessageId; readonly hasNewKey?: boolean } = {},
  ): HostSend {
    let settle: SendAnswer
    const sent = new Promise<Sent>((resolve, reject) => {
      settle = (outcome) => (outcome instanceof RookeryError ? reject(outcome) : resolve(outcome))
    })
    const before = this.pending.get(incoming.key)
    if (before?.incoming.message.digest === incoming.message.digest) {
      before.join(settle!)
      return { left: before.whenLeft(), sent }
    }
    const deadlineMs = this.nowMs() + this.parts.timing.sendDeadlineMs
    const job = new SendJob(null, incoming, deadlineMs, this, settle!, onBehalfOf, given.msgId ?? null)
    job.mayBeStoredEarlier = given.hasNewKey !== true
    void this.prepare(job)
    return { left: job.whenLeft(), sent }
  }

  /**
   * No send is before this one in its order. If it need not wait for anything else, it is in the writer's queue in this
   * same turn.
   */
  private first(job: SendJob, orders: SendOrders): void {
    const decided = this.decide(job)
    if (decided === null) return
    orders.push(
      waitingFor(job, () => decided),
      this.nowMs,
    )
    this.settleInTime(job)
  }

  /**
   * Each step before the writer has its own time limit, but all of them together may take longer than a send may. So
   * one deadline covers them all.
   */
  private settleInTime(job: SendJob): void {
    if (job.isAnswered) return
    job.deadline = this.deadlines.begin(() =>
      this.refused(job, new RookeryError('UNAVAILABLE', 'not decided in time', { retryAfterMs: 1000 })),
    )
  }

  /** Bounds a read of storage for a message that the writer has let go by the message's deadline. */
  private inTime<T>(job: SendJob, read: Promise<T>): Promise<T> {
    if (job.deadline !== null) return read
    return within(this.parts.clock, Math.max(0, job.deadlineMs - this.nowMs()), 'storage', read)
  }

  /** Does everything before the writer that may take time. Its order calls it, one message at a time. */
  async prepare(job: SendJob): Promise<void> {
    const { incoming } = job
    for (
      let other = this.pending.get(incoming.key);
      other !== undefined && other !== job;
      other = this.pending.get(incoming.key)
    ) {
      // Another message with the same key is under way. Once that has its answer, what is stored decides.
      await other.whenAnswered()
    }
    if (job.isAnswered) return
    this.pending.set(incoming.key, job)
    if (job.mayBeStoredEarlier && (await this.isStoredEarlier(job))) return
    const decided = this.decide(job)
    if (decided !== null) await decided
  }

  /**
   * Looks for the message under the key that an earlier version of Rookery used. Answers whether the job has its answer
   * now, because the message was found or the read failed.
   */
  private async isStoredEarlier(job: SendJob): Promise<boolean> {
    try {
      const stored = await earlierHostKey(this.parts.storage, job.incoming.message)
      if (stored !== null) await this.repeat(job, stored)
    } catch (error) {
      await this.turnDown(job, this.parts.faults.toError(error, 'send'))
    }
    return job.isAnswered
  }

  /** Asks admission, then gives the job to the writer. Null where both happened in this turn. Never rejects. */
  private decide(job: SendJob): Promise<void> | null {
    try {
      const admitted = this.parts.admission.admit(job)
      if (admitted !== null) return this.decideLater(job, admitted)
      if (!job.isAnswered) this.enqueue(job)
      return null
    } catch (error) {
      return this.turnDown(job, this.parts.faults.toError(error, 'send'))
    }
  }

  // Uses no `await`, because that makes one more promise, and under AsyncLocalStorage each promise costs time.
  private decideLater(job: SendJob, admitted: Promise<void>): Promise<void> {
    const failed = (error: unknown): Promise<void> => this.turnDown(job, this.parts.faults.toError(error, 'send'))
    return admitted.then(() => {
      try {
        if (!job.isAnswered) this.enqueue(job)
      } catch (error) {
        return failed(error)
      }
    }, failed)
  }

  private enqueue(job: SendJob): void {
    const { sender } = job
    const { message } = job.incoming
    message.msgId = job.msgId ?? this.parts.random.id()
    message.serverTime = this.parts.clock.now()
    if (job.changed !== null) message.content = job.changed
    // The readers of a group's message are decided when it goes into a commit.
    const members = message.kind === 'c2g' ? [] : this.readers(message)
    job.op = { op: 'append', message, members, movesPosition: sender !== null }
    const full = this.parts.writer.enqueue(job)
    if (full === null) job.leave()
    else this.refused(job, full)
  }

  private readers({ conversationId, from, to }: NewMessage): readonly UserId[] {
    if (from !== null && to !== null) return from === to ? [from] : [from, to]
    // The system speaks only in an existing conversation, and the caller has looked it up.
    return this.parts.authoriser.known(conversationId)!.users
  }

  /**
   * Whether a message may be stored now. For a group it decides here, from the roster known at this moment. If that
   * roster was old, the commit answers `stale` and it decides again.
   */
  admit(job: SendJob): RookeryError | Promise<RookeryError | null> | null {
    if (job.incoming.message.kind !== 'c2g') return null
    const { authoriser, clock } = this.parts
    const group = authoriser.knownSpeaker(speakerOf(job), clock.now())
    if (group === undefined) return this.learn(job)
    job.op = { ...job.op, members: readersOf(group), version: group.version }
    return null
  }

  /** Reads whether the sender may speak. Answers the reason where not. */
  private async learn(job: SendJob): Promise<RookeryError | null> {
    const { authoriser, clock, faults } = this.parts
    try {
      // A group that changes all the time must not cause reads all the time.
      await restWhereStale(clock, job.stale)
      await authoriser.speaker(speakerOf(job), clock.now())
      return null
    } catch (error) {
      return faults.toError(error, 'send')
    }
  }

  /** A definite refusal counts only if the key is not stored already. */
  async turnDown(job: SendJob, error: RookeryError): Promise<void> {
    const { incoming } = job
    if (mayBeTriedAgain(error.code)) return this.refused(job, error)
    try {
      const stored = await this.inTime(job, storedKey(this.parts.storage, incoming.message))
      if (stored === null) this.finish(job, error)
      else await this.repeat(job, stored)
    } catch (fault) {
      this.refused(job, this.parts.faults.toError(fault, 'send'))
    }
  }

  /** Takes storage's result. Readers get a stored message even if its sender already got another answer. */
  stored(job: SendJob, result: AppendResult | RefusedResult): 'again' | void {
    if (result.status === 'refused') return this.refused(job, this.parts.faults.toError(result.error, 'commit'))
    const { authoriser, committed } = this.parts
    const { message, members, version } = job.op
    const { conversationId, kind, subject, serverTime, msgId } = message
    if (result.status === 'stale') {
      authoriser.rosters.forget(conversationId, version ?? 0)
      job.stale += 1
      return job.isAnswered ? undefined : 'again'
    }
    if (kind === 'c2c' && authoriser.known(conversationId) === undefined)
      authoriser.remember({ conversationId, users: members, subject })
    if (result.status === 'duplicate') {
      // The same message id: an earlier run of this same commit was stored after all, and no session has got the
      // message live yet.
      const own = result.msgId === msgId
      if (!own) return void this.repeat(job, result)
      this.finish(job, { ...sentOf(result), duplicate: false })
      return committed(job.op, result, job)
    }
    this.finish(job, { msgId, conversationId, seq: result.seq, serverTime, duplicate: false })
    committed(job.op, result, job)
  }

  /**
   * Answers a key that is stored: the first result again, or a conflict. A client's key never answers with what the
   * host sent.
   */
  private async repeat(job: SendJob, stored: StoredKey): Promise<void> {
    const { message, received } = job.incoming
    const { storage } = this.parts
    try {
      const isRepeat =
        isSendDigest(stored.digest, message.digest, received) &&
        (message.viaServer ||
          !isFirstVersion(stored.digest) ||
          !(await this.inTime(job, isEarlierHostKey(storage, stored))))
      const conflict = (): RookeryError => new RookeryError('CONFLICT', 'this clientMsgId was used for another message')
      this.finish(job, isRepeat ? { ...sentOf(stored), duplicate: true } : conflict())
    } catch (fault) {
      this.refused(job, this.parts.faults.toError(fault, 'send'))
    }
  }

  /** Answers that nothing is stored. If the send may be tried again, later sends are held back. */
  refused(job: SendJob, error: RookeryError): void {
    if (mayBeTriedAgain(error.code) && !job.isAnswered) job.sender?.orders.made?.refuse(job, error, this.nowMs())
    this.finish(job, error)
  }

  overtaken(job: SendJob): RookeryError | null {
    return job.sender?.orders.made?.overtaken(job, this.nowMs()) ?? null
  }

  private finish(job: SendJob, outcome: Sent | RookeryError): void {
    const { key } = job.incoming
    const orders = job.sender?.orders.made
    if (this.pending.get(key) === job) this.pending.delete(key)
    if (job.deadline !== null) this.deadlines.end(job.deadline)
    // A definite answer also ends the wait for an attempt that was refused in the meantime.
    if (!isRefusal(outcome)) orders?.settle(job)
    orders?.end(job)
    if (this.parts.observer !== null && !job.isAnswered)
      this.observe(job, outcome, this.nowMs() - (job.deadlineMs - this.parts.timing.sendDeadlineMs))
    job.answer(outcome)
  }

  private observe({ sender, incoming }: SendJob, given: Sent | RookeryError, durationMs: number): void {
    const { kind, type } = incoming.message
    const outcome = given instanceof RookeryError ? given.code : given.duplicate ? 'duplicate' : 'stored'
    this.parts.observer?.sent?.({ kind, type, by: sender === null ? 'host' : 'session', outcome, durationMs })
  }
}

const sentOf = ({ msgId, conversationId, seq, serverTime }: StoredKey): Omit<Sent, 'duplicate'> => ({
  msgId,
  conversationId,
  seq,
  serverTime,
})

/** An answer that may be tried again. */
const isRefusal = (outcome: Sent | RookeryError): outcome is RookeryError =>
  outcome instanceof RookeryError && mayBeTriedAgain(outcome.code)

/** An item without a message that keeps a place in an order: later sends wait until `prepare` resolves. */
const waitingFor = ({ conversationId, place, arrival }: SendJob, prepare: () => Promise<void>): InTurn => ({
  conversationId,
  place,
  arrival,
  heldBack: null,
  earlier: null,
  later: null,
  prepare,
  refuse: () => {},
})
