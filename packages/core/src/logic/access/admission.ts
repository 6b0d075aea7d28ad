// Decides whether a message may be stored, and with which content: size, receiver, contact policy, declared type, the
// host's handlers. Each of them may take time and may refuse. Where nothing has to be asked, the answer comes at once.
import { isJsonObject, jsonFault, type JsonText, RookeryError, type Seq } from '@rookery/protocol'
import { isLongerThan } from '../../model/json.js'
import { clientMsgIdOf } from '../../model/keys.js'
import type { NewMessage } from '../../model/message.js'
import type { Limits } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { BeforeSend, ContactPolicy, Draft, Handlers, ImSession } from '../../ports/host.js'
import type { Storage } from '../../ports/storage.js'
import type { Deadlines } from '../host/deadlines.js'
import { askable, type HostTransaction } from '../host/host-transaction.js'
import { messageAt } from '../messages/message-at.js'
import { checkContent, type MessageTypes } from '../messages/message-types.js'
import type { Proposed } from '../messages/send-job.js'
import type { Authoriser, Speaker } from './authorise.js'
import type { Directory } from './directory.js'

/** A message to decide about: one on its way, or the new version of an edited one. */
export interface Candidate {
  readonly incoming: Proposed
  /** The user whose contact policy and handlers decide; null where they are not asked. */
  readonly onBehalfOf: ImSession | null
  /** The content that schemas and handlers returned; null while nobody has changed it. */
  changed: JsonText | null
  /** For an edit: the sequence of the message that it changes. */
  readonly edits?: Seq
}

interface Parts {
  readonly storage: Pick<Storage, 'members' | 'timelines'>
  readonly authoriser: Authoriser
  readonly directory: Directory
  readonly contacts: ContactPolicy | null
  readonly handlers: Handlers | null
  readonly types: MessageTypes | null
  readonly clock: Clock
  readonly limits: Limits
  /** How long the host's code may take. */
  readonly handlerDeadlines: Deadlines
}

export class Admission {
  constructor(private readonly parts: Parts) {}

  /**
   * Asks everything that may refuse or change the message; `job.changed` gets the new content. Null where nothing takes
   * time: the conversation is known and open, and there is no handler, or one that answers at once.
   * @throws RookeryError; anything else is a fault of a handler. The promise rejects with the same
   */
  admit(job: Candidate): Promise<void> | null {
    const { message } = job.incoming
    this.mustFit(message)
    if (this.isOpen(job) && !isReply(job) && this.parts.types?.[message.type] === undefined)
      return this.runHandlers(job)
    return this.ask(job)
  }

  /** Whether the caches alone say that the sender may speak there. */
  private isOpen(job: Candidate): boolean {
    const { authoriser, contacts, clock } = this.parts
    const { message } = job.incoming
    return message.kind === 'c2g'
      ? authoriser.knownSpeaker(speakerOf(job), clock.now()) !== undefined
      : authoriser.known(message.conversationId) !== undefined && contacts?.mayWrite === undefined
  }

  private async ask(job: Candidate): Promise<void> {
    const { message } = job.incoming
    if (message.kind === 'c2g') await this.maySpeak(speakerOf(job))
    else await this.mayWrite(job.incoming, job.onBehalfOf)
    if (isReply(job)) await this.mayReply(message)
    await this.checkType(job)
    await this.runHandlers(job)
  }

  /** @throws RookeryError `TOO_LARGE` */
  mustFit({ content, ext, mentions }: Pick<NewMessage, 'content' | 'ext' | 'mentions'>): void {
    const { contentBytes, list } = this.parts.limits
    if (mentions !== null && mentions.length > list)
      throw new RookeryError('TOO_LARGE', `a message may mention ${list} users`)
    if (isLongerThan(content, contentBytes) || (ext !== null && isLongerThan(ext, contentBytes)))
      throw new RookeryError('TOO_LARGE', `content and ext may take ${contentBytes} bytes each`)
  }

  /**
   * Checks whether a user may speak in a group. The check is repeated when the message is stored.
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`
   */
  async maySpeak(speaker: Speaker): Promise<void> {
    const { authoriser, clock } = this.parts
    if (authoriser.knownSpeaker(speaker, clock.now()) === undefined) await authoriser.speaker(speaker, clock.now())
  }

  /**
   * A user may write to every user who exists, unless the contact policy refuses. If the conversation exists already,
   * so does the other user.
   * @param inside the host's transaction; then only providers that take it are asked
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`
   */
  async mayWrite(
    { message }: Proposed,
    onBehalfOf: ImSession | null,
    inside: HostTransaction | null = null,
  ): Promise<void> {
    const { conversationId, from, to, subject } = message
    const { authoriser, storage, directory } = this.parts
    if (from === null || to === null) return
    if (authoriser.known(conversationId) === undefined) {
      if ((await storage.members.access(conversationId, from)) !== null)
        authoriser.remember({ conversationId, users: from === to ? [from] : [from, to], subject })
      else if ((await directory.unknown([to], inside)).length > 0) throw new RookeryError('NOT_FOUND', 'no such user')
    }
    const contacts = askable(this.parts.contacts, inside)
    if (onBehalfOf === null || contacts?.mayWrite === undefined) return
    if (!(await this.bounded('the contact policy', async () => contacts.mayWrite!(from, to, inside?.tx))))
      throw new RookeryError('FORBIDDEN', 'this user takes no messages from you')
  }

  /**
   * A reply must name a message of the same conversation that the sender may read.
   * @throws RookeryError `BAD_REQUEST`
   */
  async mayReply({ conversationId, from, replyTo }: ReplyFields): Promise<void> {
    if (replyTo === null) return
    try {
      await messageAt(this.parts.storage.timelines, conversationId, replyTo, from)
    } catch (error) {
      if (!(error instanceof RookeryError) || error.code !== 'NOT_FOUND') throw error
      const details = [{ path: 'replyTo', message: error.message }]
      throw new RookeryError('BAD_REQUEST', `replyTo: ${error.message}`, { details })
    }
  }

  /** Validates a declared type where the message comes in. The output of its schema is what is stored. */
  private async checkType(job: Candidate): Promise<void> {
    const { type } = job.incoming.message
    const declared = this.parts.types?.[type]
    if (declared === undefined) return
    const validated = await this.bounded('a schema', async () => checkContent(type, declared, contentOf(job)))
    this.change(job, validated)
  }

  private runHandlers(job: Candidate): Promise<void> | null {
    const { kind, type } = job.incoming.message
    const { onBehalfOf } = job
    const before = onBehalfOf === null ? undefined : this.parts.handlers?.before(kind, type)
    if (before === undefined) return null
    const given = before(onBehalfOf!, draftOf(job))
    if (isPromise(given)) return this.changeLater(job, given)
    if (given !== undefined) this.change(job, given)
    return null
  }

  // Uses no `await`, because that makes one more promise, and under AsyncLocalStorage each promise costs time.
  private changeLater(job: Candidate, given: Extract<ReturnType<BeforeSend>, Promise<unknown>>): Promise<void> {
    return this.parts.handlerDeadlines.within('a handler', given).then((content) => {
      if (content !== undefined) this.change(job, content)
    })
  }

  private change(job: Candidate, content: Record<string, unknown>): void {
    const { type } = job.incoming.message
    const fault = isJsonObject(content) ? jsonFault(content) : { reason: 'is not an object' }
    if (fault !== null)
      throw new TypeError(
        `a handler or schema returned content of type ${type} that is not valid JSON: ${fault.reason}`,
      )
    job.changed = JSON.stringify(content)
    this.mustFit({ content: job.changed, ext: null, mentions: null })
  }

  private bounded<T>(what: string, run: () => Promise<T>): Promise<T> {
    return this.parts.handlerDeadlines.within(what, run())
  }
}

type ReplyFields = Pick<NewMessage, 'conversationId' | 'from' | 'replyTo'>

/** Whether the message is a reply that must be checked. The reply of an edited message was checked when it was sent. */
const isReply = ({ incoming, edits }: Candidate): boolean => incoming.message.replyTo !== null && edits === undefined

/**
 * The speaker of a group's message. A mute counts for a user on whose behalf the host speaks only where the host asks
 * for the checks.
 */
export const speakerOf = ({ incoming: { message }, onBehalfOf }: Candidate): Speaker => ({
  groupId: message.conversationId,
  userId: message.from,
  mutes: onBehalfOf !== null,
})

/** The message as handlers get it. */
export function draftOf(job: Candidate): Draft {
  const { clientMsgId, from, subject, type, conversationId, mentions: mentioned } = job.incoming.message
  const content = contentOf(job)
  const edits = job.edits === undefined ? {} : { edits: job.edits }
  const mentions = mentioned === null ? {} : { mentions: [...mentioned] }
  return {
    clientMsgId: clientMsgIdOf(clientMsgId),
    from,
    to: job.incoming.to ?? conversationId,
    subject,
    type,
    content,
    ...mentions,
    ...edits,
  }
}

/**
 * The content as an object that the caller may keep: the decoded one for the first caller, later a new one from the
 * text.
 */
function contentOf({ incoming, changed }: Candidate): Record<string, unknown> {
  const { content } = incoming
  incoming.content = null
  return changed === null && content !== null ? content : JSON.parse(changed ?? incoming.message.content)
}

const isPromise = (given: ReturnType<BeforeSend>): given is Extract<typeof given, Promise<unknown>> =>
  typeof given === 'object' && typeof given.then === 'function'
