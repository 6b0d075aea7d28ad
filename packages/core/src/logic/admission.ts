// Whether a message may be stored, and as what: size, receiver, policy, declared type, the host's handlers. Each may take
// time and may refuse; where nothing has to be asked, nothing is waited for.
import type { JsonText, Seq } from '../model/ids.js'
import { clientMsgIdOf } from '../model/keys.js'
import type { NewMessage } from '../model/message.js'
import type { Clock } from '../ports/clock.js'
import type { ContactPolicy, Draft, Handlers, ImSession, Users } from '../ports/host.js'
import type { Storage } from '../ports/storage.js'
import { RookeryError } from '../protocol/errors.js'
import { isJsonObject, isLongerThan, jsonFault } from '../protocol/json.js'
import type { Limits, Timing } from '../protocol/limits.js'
import type { Authoriser, Speaker } from './authorise.js'
import { within } from './deadline.js'
import { checkContent, type MessageTypes } from './message-types.js'
import type { Proposed } from './send-job.js'

/** What somebody is to say: a message on its way, or what one is to become. */
export interface Candidate {
  readonly incoming: Proposed
  /** On whose behalf policy and handlers are asked; null where they are not. */
  readonly onBehalfOf: ImSession | null
  /** What schemas and handlers made of the content; null while it is as it came. */
  changed: { readonly content: Record<string, unknown>; readonly text: JsonText } | null
  /** Of an edit: the place of the message that is changed. */
  readonly edits?: Seq
}

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
  isPlain(job: Candidate): boolean {
    const { authoriser, handlers, types, contacts, clock } = this.parts
    const { message } = job.incoming
    const isOpen =
      message.kind === 'c2g'
        ? authoriser.knownSpeaker(speakerOf(job), clock.now()) !== undefined
        : authoriser.known(message.conversationId) !== undefined && contacts?.mayWrite === undefined
    return (
      isOpen &&
      handlers?.before(message.kind, message.type) === undefined &&
      types?.[message.type] === undefined &&
      this.tooLarge(message) === null
    )
  }

  /**
   * Asks everybody who has a say; `job.changed` is what they made of the content.
   * @throws RookeryError; anything else is a fault of a handler
   */
  async admit(job: Candidate): Promise<void> {
    const oversize = this.tooLarge(job.incoming.message)
    if (oversize !== null) throw oversize
    if (job.incoming.message.kind === 'c2g') await this.maySpeak(speakerOf(job))
    else await this.mayWrite(job.incoming, job.onBehalfOf)
    await this.checkType(job)
    await this.runHandlers(job)
  }

  private tooLarge({ content, ext, mentions }: Pick<NewMessage, 'content' | 'ext' | 'mentions'>): RookeryError | null {
    const { contentBytes, list } = this.parts.limits
    if (mentions !== null && mentions.length > list)
      return new RookeryError('TOO_LARGE', `a message may mention ${list} users`)
    if (!isLongerThan(content, contentBytes) && (ext === null || !isLongerThan(ext, contentBytes))) return null
    return new RookeryError('TOO_LARGE', `content and ext may take ${contentBytes} bytes each`)
  }

  /**
   * Whether somebody may speak in a group. It is asked again when the message is stored.
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`
   */
  async maySpeak(speaker: Speaker): Promise<void> {
    const { authoriser, clock } = this.parts
    if (authoriser.knownSpeaker(speaker, clock.now()) === undefined) await authoriser.speaker(speaker, clock.now())
  }

  /**
   * A user may write to whoever exists (a conversation that exists already says so) and is not closed to them.
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`
   */
  async mayWrite({ message }: Proposed, onBehalfOf: ImSession | null): Promise<void> {
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
  private async checkType(job: Candidate): Promise<void> {
    const { type } = job.incoming.message
    const declared = this.parts.types?.[type]
    if (declared === undefined) return
    const validated = await this.bounded('a schema', async () => checkContent(type, declared, job.incoming.content))
    this.change(job, validated)
  }

  private async runHandlers(job: Candidate): Promise<void> {
    const { kind, type } = job.incoming.message
    const { onBehalfOf } = job
    const before = onBehalfOf === null ? undefined : this.parts.handlers?.before(kind, type)
    if (before === undefined) return
    const content = await this.bounded('a handler', async () => before(onBehalfOf!, draftOf(job)))
    if (content !== undefined) this.change(job, content)
  }

  private change(job: Candidate, content: Record<string, unknown>): void {
    const { type } = job.incoming.message
    const fault = isJsonObject(content) ? jsonFault(content) : { reason: 'is no object' }
    if (fault !== null)
      throw new TypeError(`what a handler or schema made of ${type} is no clean JSON: ${fault.reason}`)
    job.changed = { content, text: JSON.stringify(content) }
    const oversize = this.tooLarge({ content: job.changed.text, ext: null, mentions: null })
    if (oversize !== null) throw oversize
  }

  private bounded<T>(what: string, run: () => Promise<T>): Promise<T> {
    return within(this.parts.clock, this.parts.timing.handlerDeadlineMs, what, run())
  }
}

/** Who says a message in a group. Whom the host speaks for may be muted, unless it asks for the checks. */
export const speakerOf = ({ incoming: { message }, onBehalfOf }: Candidate): Speaker => ({
  groupId: message.conversationId,
  userId: message.from,
  mutes: onBehalfOf !== null,
})

/** A message as handlers are shown it. */
export function draftOf(job: Candidate): Draft {
  const { clientMsgId, from, subject, type, conversationId, mentions: mentioned } = job.incoming.message
  const content = structuredClone(job.changed?.content ?? job.incoming.content)
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
