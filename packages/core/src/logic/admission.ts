// Whether a message may be stored, and as what: size, receiver, policy, declared type, the host's handlers. Each may take
// time and may refuse; where nothing has to be asked, nothing is waited for.
import type { JsonText } from '../model/ids.js'
import type { NewMessage } from '../model/message.js'
import type { Clock } from '../ports/clock.js'
import type { ContactPolicy, Draft, Handlers, ImSession, Users } from '../ports/host.js'
import type { Storage } from '../ports/storage.js'
import { RookeryError } from '../protocol/errors.js'
import { isJsonObject, isLongerThan, jsonFault } from '../protocol/json.js'
import type { Limits, Timing } from '../protocol/limits.js'
import type { Authoriser } from './authorise.js'
import { within } from './deadline.js'
import { checkContent, type MessageTypes } from './message-types.js'
import type { Incoming, SendJob } from './send-job.js'

interface Parts {
  readonly storage: Pick<Storage, 'members'>
  readonly authoriser: Authoriser
  readonly users: Users | null
  readonly contacts: ContactPolicy | null
  readonly handlers: Handlers | null
  readonly types: MessageTypes | null
  readonly clock: Clock
  readonly limits: Limits
  readonly timing: Timing
}

export class Admission {
  constructor(private readonly parts: Parts) {}

  /** Whether nobody has to be asked: a message of a session in a conversation that is known, open, and without handlers. */
  isPlain(message: NewMessage): boolean {
    const { authoriser, handlers, types, contacts } = this.parts
    return (
      authoriser.known(message.conversationId) !== undefined &&
      handlers?.before(message.kind, message.type) === undefined &&
      types?.[message.type] === undefined &&
      contacts?.mayWrite === undefined &&
      this.tooLarge(message) === null
    )
  }

  /**
   * Asks everybody who has a say; `job.changed` is what they made of the content.
   * @throws RookeryError; anything else is a fault of a handler
   */
  async admit(job: SendJob): Promise<void> {
    const oversize = this.tooLarge(job.incoming.message)
    if (oversize !== null) throw oversize
    await this.mayWrite(job.incoming, job.onBehalfOf)
    await this.checkType(job)
    await this.runHandlers(job)
  }

  private tooLarge({ content, ext }: { content: JsonText; ext: JsonText | null }): RookeryError | null {
    const { contentBytes } = this.parts.limits
    if (!isLongerThan(content, contentBytes) && (ext === null || !isLongerThan(ext, contentBytes))) return null
    return new RookeryError('TOO_LARGE', `content and ext may take ${contentBytes} bytes each`)
  }

  /**
   * A user may write to whoever exists (a conversation that exists already says so) and is not closed to them.
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`
   */
  async mayWrite({ message }: Incoming, onBehalfOf: ImSession | null): Promise<void> {
    const { conversationId, from, to, subject } = message
    const { authoriser, storage, users, contacts } = this.parts
    if (from === null || to === null) return
    if (authoriser.known(conversationId) === undefined) {
      if ((await storage.members.access(conversationId, from)) !== null)
        authoriser.remember({ conversationId, users: from === to ? [from] : [from, to], subject })
      else if (users !== null && !(await this.bounded('the user directory', async () => users.exists(to))))
        throw new RookeryError('NOT_FOUND', 'no such user')
    }
    if (onBehalfOf === null || contacts?.mayWrite === undefined) return
    if (!(await this.bounded('the contact policy', async () => contacts.mayWrite!(from, to))))
      throw new RookeryError('FORBIDDEN', 'this user takes no messages from you')
  }

  /** A declared type is checked at the border; what its schema makes of the content is what is stored. */
  private async checkType(job: SendJob): Promise<void> {
    const { type } = job.incoming.message
    const declared = this.parts.types?.[type]
    if (declared === undefined) return
    const validated = await this.bounded('a schema', async () => checkContent(type, declared, job.incoming.content))
    this.change(job, validated)
  }

  private async runHandlers(job: SendJob): Promise<void> {
    const { kind, type } = job.incoming.message
    const { onBehalfOf } = job
    const before = onBehalfOf === null ? undefined : this.parts.handlers?.before(kind, type)
    if (before === undefined) return
    const content = await this.bounded('a handler', async () => before(onBehalfOf!, draftOf(job)))
    if (content !== undefined) this.change(job, content)
  }

  private change(job: SendJob, content: Record<string, unknown>): void {
    const { type } = job.incoming.message
    const fault = isJsonObject(content) ? jsonFault(content) : { reason: 'is no object' }
    if (fault !== null)
      throw new TypeError(`what a handler or schema made of ${type} is no clean JSON: ${fault.reason}`)
    job.changed = { content, text: JSON.stringify(content) }
    const oversize = this.tooLarge({ content: job.changed.text, ext: null })
    if (oversize !== null) throw oversize
  }

  private bounded<T>(what: string, run: () => Promise<T>): Promise<T> {
    return within(this.parts.clock, this.parts.timing.handlerDeadlineMs, what, run())
  }
}

/** A message as handlers are shown it. */
export function draftOf(job: SendJob): Draft {
  const { clientMsgId, from, subject, type, conversationId } = job.incoming.message
  const content = structuredClone(job.changed?.content ?? job.incoming.content)
  return { clientMsgId, from, to: job.incoming.to ?? conversationId, subject, type, content }
}
