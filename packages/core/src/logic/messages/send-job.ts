// One message on its way: what it was when it came, its place in its order, and who waits for its answer.
import type { ConversationId, JsonText, MessageId, RookeryError, Sent } from '@rookery/protocol'
import type { Received } from '../../model/digest.js'
import type { NewMessage } from '../../model/message.js'
import type { ImSession } from '../../ports/host.js'
import type { AppendOp, AppendResult, RefusedResult } from '../../ports/storage.js'
import type { Deadline } from '../host/deadlines.js'
import type { WriteJob } from '../storing/writer.js'
import type { Hold } from './refused-sends.js'
import type { InTurn, OrderedSend, OrderOwner } from './send-order.js'
import type { Ordered } from './under-way.js'

/** Takes the outcome of a send, once. */
export type SendAnswer = (outcome: Sent | RookeryError) => void

/** The session that sends. */
export type Sender = ImSession & OrderOwner

/** A message as it came in, checked, under the digest of what was received. */
export interface Incoming {
  readonly key: string
  /** Its id, time and final content are filled in on its way to the writer. */
  readonly message: { -readonly [Field in keyof NewMessage]: NewMessage[Field] }
  /** As it was decoded; null once somebody was given it, and may have changed it. What the message says is its text. */
  content: Record<string, unknown> | null
  readonly received: Received
  /** Whom it goes to: the user, or the group. Null for the system. */
  readonly to: string | null
}

/** What decides whether a message may be said, and what handlers are shown. */
export type Proposed = Pick<Incoming, 'message' | 'content' | 'to'>

/** What the job does when it ends; implemented by `Send`. */
export interface SendOutcomes {
  prepare(job: SendJob): Promise<void>
  /** Whether it may be stored now, and in whose inboxes; as `WriteJob.admit`. */
  admit(job: SendJob): RookeryError | Promise<RookeryError | null> | null
  stored(job: SendJob, result: AppendResult | RefusedResult): 'again' | void
  refused(job: SendJob, error: RookeryError): void
  /** Why it may not be stored any more, for what its session sent before it; null where it may. */
  overtaken(job: SendJob): RookeryError | null
  /** Like `refused`; where the error is definite, what is stored under the key comes first. */
  turnDown(job: SendJob, error: RookeryError): Promise<void>
}

export class SendJob implements WriteJob<AppendOp>, OrderedSend, InTurn {
  /** Set when the message goes to the writer. */
  op!: AppendOp
  /** What the handlers made of the content; null while it is as it came. */
  changed: JsonText | null = null
  private readonly answers: SendAnswer[]
  private outcome: Sent | RookeryError | null = null
  private left: (() => void) | null = null
  /** Among the requests of its session; 0 for the host's. */
  place = 0
  arrival = 0
  ownUntilMs: number | null = null
  heldBack: Hold<RookeryError> | null = null
  earlier: Ordered | null = null
  later: Ordered | null = null
  /** Whether it reached the writer's queue or ended: what comes after it in its order may go. */
  hasLeft = false
  /** Whether an earlier version may have stored it, where that put the host's keys. */
  mayBeStoredEarlier = false
  /** Until when it must be answered, where anybody is asked before the writer. */
  deadline: Deadline | null = null
  /** How often its group had changed when it was to be stored. */
  stale = 0

  constructor(
    /** Null for the host: it keeps no order of its own, and waits behind nobody's. */
    readonly sender: Sender | null,
    readonly incoming: Incoming,
    readonly deadlineMs: number,
    private readonly outcomes: SendOutcomes,
    answer: SendAnswer,
    /** On whose behalf policy and handlers are asked; null where they are not. */
    readonly onBehalfOf: ImSession | null = sender,
    /** Its id, where it has one before it is stored. */
    readonly msgId: MessageId | null = null,
  ) {
    this.answers = [answer]
  }

  get clientMsgId(): string {
    return this.incoming.message.clientMsgId
  }

  get conversationId(): ConversationId {
    return this.incoming.message.conversationId
  }

  get isAnswered(): boolean {
    return this.outcome !== null
  }

  /** Another send of the same message waits for the same outcome. */
  join(answer: SendAnswer): void {
    this.answers.push(answer)
  }

  answer(outcome: Sent | RookeryError): void {
    if (this.outcome !== null) return
    this.outcome = outcome
    this.leave()
    let first = true
    for (const answer of this.answers) {
      answer(first || outcome instanceof Error ? outcome : { ...outcome, duplicate: true })
      first = false
    }
  }

  /** Marks it as queued in the writer, or ended. */
  leave(): void {
    this.hasLeft = true
    this.left?.()
  }

  /** Resolves once it has left. */
  async whenLeft(): Promise<void> {
    if (!this.hasLeft)
      await new Promise<void>((resolve) => {
        const before = this.left
        this.left = () => {
          before?.()
          resolve()
        }
      })
  }

  /** Resolves once it is answered. */
  async whenAnswered(): Promise<void> {
    if (this.outcome === null) await new Promise<void>((resolve) => this.answers.push(() => resolve()))
  }

  prepare(): Promise<void> {
    return this.outcomes.prepare(this)
  }

  refuse(error: RookeryError): void {
    this.outcomes.refused(this, error)
  }

  get order(): string {
    return this.incoming.message.conversationId
  }

  admit(): RookeryError | Promise<RookeryError | null> | null {
    return this.outcomes.overtaken(this) ?? this.outcomes.admit(this)
  }

  settled(result: AppendResult | RefusedResult): 'again' | void {
    return this.outcomes.stored(this, result)
  }

  failed(error: RookeryError): void {
    void this.outcomes.turnDown(this, error)
  }
}
