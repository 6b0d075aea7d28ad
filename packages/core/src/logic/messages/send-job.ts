// One message between its request and its answer: the message as it came, its place in the send order, and who waits
// for the answer.
import type { ConversationId, JsonText, MessageId, RookeryError, Sent } from '@rookery/protocol'
import type { Received } from '../../model/digest.js'
import type { NewMessage } from '../../model/message.js'
import type { ImSession } from '../../ports/host.js'
import type { AppendOp, AppendResult, RefusedResult } from '../../ports/storage.js'
import type { Deadline } from '../host/deadlines.js'
import type { WriteJob } from '../storing/writer.js'
import type { Hold } from './refused-sends.js'
import type { InTurn, OrderedSend, OwnOrders } from './send-order.js'
import type { Ordered } from './under-way.js'

/** Gets the outcome of a send, once. */
export type SendAnswer = (outcome: Sent | RookeryError) => void

/** The session that sends. */
export type Sender = ImSession & { readonly orders: OwnOrders }

/** A checked message as it came in, with the digest of the values as received. */
export interface Incoming {
  readonly key: string
  /** The send path fills in its id, time and final content. */
  readonly message: { -readonly [Field in keyof NewMessage]: NewMessage[Field] }
  /**
   * The decoded content. Null after policy or a handler got it and may have changed it; the text in `message` is what
   * the message says.
   */
  content: Record<string, unknown> | null
  readonly received: Received
  /** The recipient: a user or a group. Null for the system. */
  readonly to: string | null
}

/** What admission decides from and what handlers get. */
export type Proposed = Pick<Incoming, 'message' | 'content' | 'to'>

/** What happens at the steps of a job; `Send` implements it. */
export interface SendOutcomes {
  prepare(job: SendJob): Promise<void>
  /** Whether the message may be stored now, and in whose inboxes; see `WriteJob.admit`. */
  admit(job: SendJob): RookeryError | Promise<RookeryError | null> | null
  stored(job: SendJob, result: AppendResult | RefusedResult): 'again' | void
  refused(job: SendJob, error: RookeryError): void
  /** Why the message may no longer be stored, because of an earlier message of its session; null where it may. */
  overtaken(job: SendJob): RookeryError | null
  /** Like `refused`. If the error is definite, it first looks whether the key is stored. */
  turnDown(job: SendJob, error: RookeryError): Promise<void>
}

export class SendJob implements WriteJob<AppendOp>, OrderedSend, InTurn {
  /** Set when the message goes to the writer. */
  op!: AppendOp
  /** The content that the handlers returned; null while nobody has changed it. */
  changed: JsonText | null = null
  private readonly answers: SendAnswer[]
  private outcome: Sent | RookeryError | null = null
  private left: (() => void) | null = null
  /** The place among the session's requests; 0 for the host. */
  place = 0
  arrival = 0
  ownUntilMs: number | null = null
  heldBack: Hold<RookeryError> | null = null
  earlier: Ordered | null = null
  later: Ordered | null = null
  /** Whether the message is in the writer's queue or has its answer. Then the next one in its order may go. */
  hasLeft = false
  /** Whether an earlier version of Rookery may have stored the message, where that version put the host's keys. */
  mayBeStoredEarlier = false
  /** The timer of the deadline, for a session's send that must wait for something before the writer; otherwise null. */
  deadline: Deadline | null = null
  /** How many attempts to store it failed because its group had changed. */
  stale = 0

  constructor(
    /** Null for the host, whose sends wait for no session. */
    readonly sender: Sender | null,
    readonly incoming: Incoming,
    readonly deadlineMs: number,
    private readonly outcomes: SendOutcomes,
    answer: SendAnswer,
    /** The user whose contact policy and handlers decide; null where they are not asked. */
    readonly onBehalfOf: ImSession | null = sender,
    /** The message id, if it was given before storing. */
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

  /** Adds another send of the same message, which gets the same outcome. */
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

  /** Marks the job as queued in the writer, or as ended. */
  leave(): void {
    this.hasLeft = true
    this.left?.()
  }

  /** Resolves once the job is in the writer's queue or has ended. */
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

  /** Resolves once the job has its answer. */
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
