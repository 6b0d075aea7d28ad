// Recalls, edits and reactions. Each is a message of a control type: the server decides, numbers, stores and delivers
// it like any other message.
import { mayBeTriedAgain, type MessageId, type RequestOf, RookeryError, type Seq, type UserId } from '@rookery/protocol'
import type { NewMessage, StoredMessage } from '../../model/message.js'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Observer } from '../../ports/observer.js'
import type { Random } from '../../ports/random.js'
import type { ControlChange, ControlOp, ControlResult, Storage } from '../../ports/storage.js'
import type { Admission, Candidate } from '../access/admission.js'
import { type Authoriser, peerOf } from '../access/authorise.js'
import type { Committed } from '../delivery/committed.js'
import { type Audience, audienceOf } from '../groups/audience.js'
import { restWhereStale } from '../groups/stale.js'
import { within } from '../host/deadlines.js'
import type { Faults } from '../host/faults.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import { editOf, reactionOf, recallOf, type Asked } from './asked-change.js'
import { changeRefusal } from './change-rights.js'
import { messageAt, noSuchMessage } from './message-at.js'
import type { Sender } from './send-job.js'
import type { InTurn } from './send-order.js'

interface Parts {
  readonly storage: Pick<Storage, 'timelines' | 'keys'>
  readonly authoriser: Authoriser
  readonly admission: Admission
  readonly writer: Writer
  readonly committed: Committed
  readonly faults: Faults
  readonly clock: Clock
  readonly random: Random
  readonly limits: Limits
  readonly timing: Timing
  readonly observer: Observer | null
}

/** A change between its request and its answer. */
interface Change {
  readonly asked: Asked
  /** The session that asks. Null for the host, whose changes wait for no session. */
  readonly sender: Sender | null
  readonly deadlineMs: number
  /** The id of the control message itself. */
  readonly msgId: MessageId
  readonly clientMsgId: string
  /** Why the change may no longer go into a commit; null where it may. */
  readonly refusal: () => RookeryError | null
}

const types = { recall: 'im.recall', edit: 'im.edit', reaction: 'im.reaction' } as const

export class Changes {
  private readonly nowMs = (): number => this.parts.clock.monotonic()

  constructor(private readonly parts: Parts) {}

  /** Recalls a message. Answers the control message's sequence. */
  recall(sender: Sender | null, request: RequestOf<'recall'>, arrival = 0): Promise<Seq> {
    return this.ask(sender, arrival, recallOf(request))
  }

  /** Replaces the content of a message. Answers as `recall`. */
  edit(sender: Sender | null, request: RequestOf<'edit'>, arrival = 0): Promise<Seq> {
    return this.ask(sender, arrival, editOf(request))
  }

  /** Adds or removes a reaction to a message. Answers as `recall`. */
  react(sender: Sender, request: RequestOf<'react'>, arrival: number): Promise<Seq> {
    return this.ask(sender, arrival, reactionOf(request))
  }

  /**
   * Checks whether the host may recall or edit a message as it is now. It changes nothing and calls none of the host's
   * code: the schema of a declared type is called only when the change is made.
   * @throws RookeryError as `recall` and `edit`
   */
  async mayBeMade(asked: Asked): Promise<void> {
    const { admission, faults } = this.parts
    try {
      const { audience, target } = await this.target(asked, null)
      this.mayChange(asked, null, audience, target)
      if (asked.kind === 'edit')
        admission.mustFit({ content: JSON.stringify(asked.content), ext: null, mentions: null })
    } catch (thrown) {
      throw faults.toError(thrown, 'change')
    }
  }

  /**
   * A change keeps its place among the session's sends to the conversation: it waits for the sends before it, and the
   * sends behind it wait until it is stored. A refused change holds nothing back, because no later send depends on it.
   */
  private async ask(sender: Sender | null, arrival: number, asked: Asked): Promise<Seq> {
    const { clock, timing, limits, random } = this.parts
    const msgId = random.id()
    const orders = sender === null ? null : sender.orders.of({ refusedMax: limits.refused, resendMs: timing.resendMs })
    const change: Change = {
      asked,
      sender,
      deadlineMs: this.nowMs() + timing.sendDeadlineMs,
      msgId,
      clientMsgId: asked.clientMsgId ?? msgId,
      refusal: () => orders?.overtaken(inTurn, this.nowMs()) ?? null,
    }
    let settle: { readonly resolve: (seq: Seq) => void; readonly reject: (error: unknown) => void }
    const made = new Promise<Seq>((resolve, reject) => (settle = { resolve, reject }))
    const inTurn: InTurn = {
      conversationId: asked.conversationId,
      place: arrival,
      arrival,
      heldBack: null,
      earlier: null,
      later: null,
      prepare: () => this.make(change).then(settle.resolve, settle.reject),
      refuse: (error) => settle.reject(error),
    }
    if (orders === null) void inTurn.prepare()
    else {
      orders.begin(inTurn)
      orders.push(inTurn, this.nowMs)
    }
    return within(clock, timing.sendDeadlineMs, 'storage', made).finally(() => orders?.end(inTurn))
  }

  private async make(change: Change): Promise<Seq> {
    const { faults, observer } = this.parts
    const beganMs = this.nowMs()
    let kind: NewMessage['kind'] | null = null
    const observe = (outcome: 'stored' | 'duplicate' | RookeryError['code']): void => {
      // If the conversation is not one of this user's, its kind is unknown.
      if (kind === null || observer?.sent === undefined) return
      const by = change.sender === null ? 'host' : 'session'
      observer.sent({ kind, type: types[change.asked.kind], by, outcome, durationMs: this.nowMs() - beganMs })
    }
    try {
      const { seq, isNew } = await this.decided(change, (found) => (kind = found))
      observe(isNew ? 'stored' : 'duplicate')
      return seq
    } catch (thrown) {
      try {
        const seq = await this.repeated(change, faults.toError(thrown, 'change'))
        observe('duplicate')
        return seq
      } catch (error) {
        observe((error as RookeryError).code)
        throw error
      }
    }
  }

  /** A definite refusal counts only if the key is not stored already. */
  private async repeated({ asked, sender }: Change, error: RookeryError): Promise<Seq> {
    if (asked.clientMsgId === undefined || mayBeTriedAgain(error.code)) throw error
    try {
      const stored = await this.parts.storage.keys.find(sender?.userId ?? null, asked.clientMsgId)
      if (stored === null) throw error
      return sameKey(stored, asked)
    } catch (fault) {
      throw this.parts.faults.toError(fault, 'change')
    }
  }

  /** Decides and stores. If the group changed in between, it decides again. */
  private async decided(
    change: Change,
    found: (kind: NewMessage['kind']) => void,
  ): Promise<{ readonly seq: Seq; readonly isNew: boolean }> {
    for (let attempt = 1; ; attempt++) {
      const op = await this.decision(change, found)
      const leftMs = change.deadlineMs - this.nowMs()
      if (leftMs <= 0) throw new RookeryError('UNAVAILABLE', 'not decided in time', { retryAfterMs: 1000 })
      const { writer, clock } = this.parts
      const result = await commitOne(
        writer,
        clock,
        leftMs,
        op,
        (settled) => this.settled(change, op, settled),
        change.refusal,
      )
      if (result !== 'stale') return result
      await restWhereStale(clock, attempt)
    }
  }

  private async decision(change: Change, found: (kind: NewMessage['kind']) => void = () => {}): Promise<ControlOp> {
    const { asked, sender } = change
    const { audience, target } = await this.target(asked, sender?.userId ?? null, found)
    return this.operation(change, audience, target)
  }

  /** The message to change, and who reads it. */
  private async target(
    { conversationId, seq }: Asked,
    userId: UserId | null,
    found: (kind: NewMessage['kind']) => void = () => {},
  ): Promise<{ readonly audience: Audience; readonly target: StoredMessage }> {
    const audience = await audienceOf(this.parts.authoriser, userId, conversationId)
    found(audience.kind)
    return { audience, target: await messageAt(this.parts.storage.timelines, conversationId, seq, userId) }
  }

  /** @throws RookeryError */
  private mayChange(asked: Asked, userId: UserId | null, { standing }: Audience, target: StoredMessage): void {
    const { clock, timing } = this.parts
    const refusal = changeRefusal(asked, { userId, standing }, target, clock.now(), timing)
    if (refusal !== null) throw refusal
  }

  /**
   * Builds the operation if the change is allowed.
   * @throws RookeryError; anything else is a fault of a handler
   */
  private async operation(change: Change, audience: Audience, target: StoredMessage): Promise<ControlOp> {
    const { asked, sender, msgId, clientMsgId } = change
    const { clock, limits } = this.parts
    const userId = sender?.userId ?? null
    this.mayChange(asked, userId, audience, target)
    const { conversationId, kind, subject, members, standing } = audience
    const { seq } = asked
    const message: NewMessage = {
      msgId,
      clientMsgId,
      conversationId,
      kind,
      from: userId,
      to: userId === null || kind === 'c2g' ? null : peerOf(audience.users, userId),
      subject,
      type: types[asked.kind],
      content: '',
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: sender === null,
      countable: false,
      clientTime: null,
      serverTime: clock.now(),
      digest: asked.digest.text,
    }
    const version = standing === null ? {} : { version: standing.group.version }
    const operation = (content: string, made: ControlChange): ControlOp => ({
      op: 'control',
      message: { ...message, content },
      members,
      ...version,
      change: made,
    })
    switch (asked.kind) {
      case 'recall':
        return operation(`{"seq":${seq}}`, { kind: 'recall', seq })
      case 'edit': {
        const content = await this.admitted(asked.content, target, message, sender)
        return operation(`{"seq":${seq},"content":${content}}`, { kind: 'edit', seq, content })
      }
      case 'reaction': {
        const { reaction, remove } = asked
        if (!remove) await this.mayWrite(message, sender)
        const made = { kind: 'reaction', seq, userId: userId!, reaction, remove, max: limits.reactions } as const
        return operation(JSON.stringify({ seq, reaction, remove }), made)
      }
    }
  }

  /** New content must pass what a new message of that type must pass: size, contact policy, schema and handlers. */
  private async admitted(
    content: Record<string, unknown>,
    target: StoredMessage,
    { clientMsgId, from }: NewMessage,
    sender: Sender | null,
  ): Promise<string> {
    const text = JSON.stringify(content)
    // The message as it will be. Its sender is the user who edits it; null when the host edits.
    const message = { ...target, clientMsgId, from, content: text, ext: null, mentions: null, digest: '' }
    const candidate: Candidate = {
      incoming: { message, content, to: target.to },
      onBehalfOf: sender,
      changed: null,
      edits: target.seq,
    }
    await this.parts.admission.admit(candidate)
    return candidate.changed ?? text
  }

  private async mayWrite(message: NewMessage, sender: Sender | null): Promise<void> {
    await this.parts.admission.mayWrite({ message, content: {}, to: message.to }, sender)
  }

  /** Runs in the same turn as the commit's other results, so that its entries leave in the same frames. */
  private settled(
    change: Change,
    op: ControlOp,
    result: ControlResult,
  ): { readonly seq: Seq; readonly isNew: boolean } | 'stale' {
    switch (result.status) {
      case 'stored':
        this.parts.committed(op, result)
        return { seq: result.seq, isNew: true }
      case 'duplicate':
        if (result.msgId !== op.message.msgId) return { seq: sameKey(result, change.asked), isNew: false }
        // An earlier run of this same commit was stored after all, and no session has got the message live yet.
        this.parts.committed(op, result)
        return { seq: result.seq, isNew: true }
      case 'unchanged':
        return { seq: result.seq, isNew: false }
      case 'stale':
        return 'stale'
      case 'gone':
        throw noSuchMessage()
      case 'too-many':
        throw new RookeryError('TOO_LARGE', `a message may have ${this.parts.limits.reactions} different reactions`)
    }
  }
}

/** The answer where the key is stored: the first result again, or a conflict. */
function sameKey(stored: { readonly digest: string; readonly seq: Seq }, { digest }: Asked): Seq {
  if (digest.matches(stored.digest)) return stored.seq
  throw new RookeryError('CONFLICT', 'this clientMsgId was used for another request')
}
