// The send path of a session, up to the writer and back: check, order, merge, decide, store, answer, fan out.
import type { JsonText, UserId } from '../model/ids.js'
import type { NewMessage, StoredMessage } from '../model/message.js'
import type { Clock } from '../ports/clock.js'
import type { AfterSend, Draft, Handlers, Sent, Users } from '../ports/host.js'
import type { Random } from '../ports/random.js'
import type { AppendResult, RefusedResult, Storage, StoredKey } from '../ports/storage.js'
import { c2cId, sendDigest } from '../protocol/digest.js'
import { mayBeTriedAgain, RookeryError } from '../protocol/errors.js'
import { isLongerThan, jsonFault } from '../protocol/json.js'
import type { Limits, Timing } from '../protocol/limits.js'
import type { RequestOf } from '../protocol/requests.js'
import { messageEntryJson, messageJson } from '../protocol/wire.js'
import type { Authoriser } from './authorise.js'
import { within } from './deadline.js'
import type { FanOut } from './fan-out.js'
import type { Faults } from './faults.js'
import { SendJob, type Incoming, type SendAnswer, type Sender, type SendOutcomes } from './send-job.js'
import { SendLane } from './send-lane.js'
import type { Writer } from './writer.js'

interface Parts {
  readonly storage: Pick<Storage, 'timelines' | 'members'>
  readonly authoriser: Authoriser
  readonly writer: Writer
  readonly fanOut: FanOut
  readonly faults: Faults
  readonly clock: Clock
  readonly random: Random
  readonly limits: Limits
  readonly timing: Timing
  readonly users: Users | null
  readonly handlers: Handlers | null
}

export class Send implements SendOutcomes {
  /** Sends that are not answered yet, by their key: the same one again joins them. */
  private readonly pending = new Map<string, SendJob>()
  private readonly nowMs = (): number => this.parts.clock.monotonic()

  constructor(private readonly parts: Parts) {}

  /** Takes a checked c2c request. The answer comes once, in this turn or later. */
  c2c(sender: Sender, request: RequestOf<'c2c'>, answer: SendAnswer): void {
    this.submit(sender, this.incoming(sender.userId, request), answer)
  }

  private incoming(from: UserId, request: RequestOf<'c2c'>): Incoming {
    const { clientMsgId, to, type, content } = request
    const subject = request.subject ?? ''
    const text = JSON.stringify(content)
    const silent = request.silent ?? false
    return {
      key: `${from}\n${clientMsgId}`,
      digest: sendDigest(to, subject, type, text, null),
      content,
      message: {
        clientMsgId,
        conversationId: c2cId(from, to, subject),
        kind: 'c2c',
        from,
        to,
        subject,
        type,
        content: text,
        ext: request.ext === undefined ? null : JSON.stringify(request.ext),
        replyTo: request.replyTo ?? null,
        silent,
        mentions: null,
        viaServer: false,
        countable: !silent,
        clientTime: request.clientTime ?? null,
      },
    }
  }

  private submit(sender: Sender, incoming: Incoming, answer: SendAnswer): void {
    const { conversationId, kind, type, clientMsgId } = incoming.message
    const before = this.pending.get(incoming.key)
    const job = new SendJob(sender, incoming, this.nowMs() + this.parts.timing.sendDeadlineMs, this, answer)
    const lane = sender.lanes?.get(conversationId)
    const mayGoAtOnce =
      before === undefined &&
      lane === undefined &&
      this.parts.authoriser.known(conversationId) !== undefined &&
      this.parts.handlers?.before(kind, type) === undefined &&
      this.tooLarge(incoming.message) === null
    if (mayGoAtOnce) {
      this.pending.set(incoming.key, job)
      this.enqueue(job)
      return
    }
    if (before === undefined) this.pending.set(incoming.key, job)
    if (before !== undefined && before.incoming.digest === incoming.digest) {
      const opens = lane?.refusal(clientMsgId, this.nowMs()) ?? null
      if (opens === null) {
        // The order behind it counts from here: later sends of this session wait until it has left.
        before.join(answer)
        if (!before.hasLeft) this.lane(sender, incoming).push(joined(before), this.nowMs)
        return
      }
    }
    this.lane(sender, incoming).push(job, this.nowMs)
  }

  private lane(sender: Sender, { message: { conversationId } }: Incoming): SendLane {
    const lanes = (sender.lanes ??= new Map())
    let lane = lanes.get(conversationId)
    if (lane === undefined) lanes.set(conversationId, (lane = new SendLane(() => lanes.delete(conversationId))))
    return lane
  }

  /** Everything before the writer that may take time. Called by the lane, one at a time. */
  async prepare(job: SendJob): Promise<void> {
    const { incoming } = job
    try {
      for (
        let other = this.pending.get(incoming.key);
        other !== undefined && other !== job;
        other = this.pending.get(incoming.key)
      ) {
        // Another message under the same key is under way: what is stored decides, once it is answered.
        await other.whenAnswered()
      }
      this.pending.set(incoming.key, job)
      const oversize = this.tooLarge(incoming.message)
      if (oversize !== null) throw oversize
      await this.mayWrite(incoming)
      await this.runHandlers(job)
      if (job.isAnswered) return
      this.enqueue(job)
    } catch (error) {
      await this.turnDown(job, this.parts.faults.toError(error, 'send'))
    }
  }

  private tooLarge({ content, ext }: { content: JsonText; ext: JsonText | null }): RookeryError | null {
    const { contentBytes } = this.parts.limits
    if (!isLongerThan(content, contentBytes) && (ext === null || !isLongerThan(ext, contentBytes))) return null
    return new RookeryError('TOO_LARGE', `content and ext may take ${contentBytes} bytes each`)
  }

  /** A user may write to whoever exists; a conversation that exists already says so. */
  private async mayWrite({ message }: Incoming): Promise<void> {
    const { conversationId, from, to, subject } = message
    const { authoriser, storage, users } = this.parts
    if (authoriser.known(conversationId) !== undefined || users === null || from === null || to === null) return
    if ((await storage.members.access(conversationId, from)) !== null) {
      authoriser.remember({ conversationId, users: from === to ? [from] : [from, to], subject })
      return
    }
    if (!(await this.bounded('the user directory', async () => users.exists(to))))
      throw new RookeryError('NOT_FOUND', 'no such user')
  }

  private async runHandlers(job: SendJob): Promise<void> {
    const { kind, type } = job.incoming.message
    const before = this.parts.handlers?.before(kind, type)
    if (before === undefined) return
    const content = await this.bounded('a handler', () => before(job.sender, draftOf(job)))
    if (content === undefined) return
    const fault = jsonFault(content)
    if (fault !== null) throw new Error(`a handler for ${type} returned content that is no clean JSON: ${fault.reason}`)
    job.changed = { content, text: JSON.stringify(content) }
    const oversize = this.tooLarge({ content: job.changed.text, ext: null })
    if (oversize !== null) throw oversize
  }

  private bounded<T>(what: string, run: () => Promise<T>): Promise<T> {
    return within(this.parts.clock, this.parts.timing.handlerDeadlineMs, what, run())
  }

  private enqueue(job: SendJob): void {
    const { incoming, sender } = job
    const message: NewMessage = {
      ...incoming.message,
      content: job.changed?.text ?? incoming.message.content,
      msgId: this.parts.random.id(),
      serverTime: this.parts.clock.now(),
      digest: incoming.digest,
    }
    const { from, to } = message as { from: UserId; to: UserId }
    job.op = { op: 'append', message, members: from === to ? [from] : [from, to], movesPosition: true }
    const full = this.parts.writer.enqueue(job)
    if (full === null) job.leave(sender.lanes?.get(message.conversationId)?.generation ?? 0)
    else this.refused(job, full)
  }

  /** A definite refusal stands only where the key is not stored already. */
  private async turnDown(job: SendJob, error: RookeryError): Promise<void> {
    const { incoming } = job
    if (mayBeTriedAgain(error.code)) return this.refused(job, error)
    try {
      const stored = await this.parts.storage.timelines.key(job.sender.userId, job.clientMsgId)
      this.finish(job, stored === null ? error : repeat(stored, incoming.digest))
    } catch (fault) {
      this.refused(job, this.parts.faults.toError(fault, 'send'))
    }
  }

  /** Commit or refusal by storage. Where the answer was given already, readers get the message all the same. */
  stored(job: SendJob, result: AppendResult | RefusedResult): void {
    if (result.status === 'refused') return this.refused(job, this.parts.faults.toError(result.error, 'commit'))
    const { message, members } = job.op
    const { conversationId, subject, serverTime, msgId } = message
    this.parts.authoriser.remember({ conversationId, users: members, subject })
    if (result.status === 'duplicate') {
      // The same message id: an earlier run of this very commit was stored after all, and nobody was told live.
      const own = result.msgId === msgId
      this.finish(job, own ? { ...sentOf(result), duplicate: false } : repeat(result, message.digest))
      if (own) this.parts.fanOut.check(members)
      return
    }
    const { seq, ordinal } = result
    const sent: Sent = { msgId, conversationId, seq, serverTime, duplicate: false }
    this.finish(job, sent)
    const { digest: _, ...shown } = message
    const stored: StoredMessage = {
      ...shown,
      seq,
      ordinal,
      recalled: false,
      editedAt: null,
      asOf: null,
      reactions: null,
    }
    const json = messageJson(stored)
    for (let i = 0; i < members.length; i++) {
      const place = result.inbox[i]!
      this.parts.fanOut.add(members[i]!, place, messageEntryJson(place, serverTime, json))
    }
    const after = this.parts.handlers?.after(message.kind, message.type)
    if (after !== undefined) void this.runAfter(after, job, sent)
  }

  private async runAfter(after: AfterSend, job: SendJob, sent: Sent): Promise<void> {
    try {
      await after(job.sender, draftOf(job), sent)
    } catch (error) {
      this.parts.faults.toError(error, 'after-handler')
    }
  }

  /** An answer without a stored message; one that may be tried again holds back what comes after it. */
  refused(job: SendJob, error: RookeryError): void {
    if (mayBeTriedAgain(error.code) && !job.isAnswered)
      this.lane(job.sender, job.incoming).block(job.clientMsgId, error, this.nowMs() + this.parts.timing.resendMs)
    this.finish(job, error)
  }

  private finish(job: SendJob, outcome: Sent | RookeryError): void {
    const { key } = job.incoming
    if (this.pending.get(key) === job) this.pending.delete(key)
    job.answer(outcome)
  }
}

const sentOf = ({ msgId, conversationId, seq, serverTime }: StoredKey): Omit<Sent, 'duplicate'> => ({
  msgId,
  conversationId,
  seq,
  serverTime,
})

/** The answer to a key that is stored: the first result again, or a conflict. */
const repeat = (stored: StoredKey, digest: string): Sent | RookeryError =>
  stored.digest === digest
    ? { ...sentOf(stored), duplicate: true }
    : new RookeryError('CONFLICT', 'this clientMsgId was used for another message')

/** A place in a lane behind which later sends wait until another job has left. */
const joined = (job: SendJob) => ({
  clientMsgId: job.clientMsgId,
  prepare: () => job.whenLeft(),
  refuse: () => {},
})

function draftOf(job: SendJob): Draft {
  const { clientMsgId, from, to, subject, type } = job.incoming.message
  const content = structuredClone(job.changed?.content ?? job.incoming.content)
  return { clientMsgId, from: from!, to: to!, subject, type, content }
}
