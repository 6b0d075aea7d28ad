// Chat for the host's own services.
import {
  type Conversation,
  type ConversationId,
  type DeviceType,
  type JsonText,
  type Message,
  type MessageId,
  RookeryError,
  type Sent,
  type Seq,
  type UserId,
} from '@rookery/protocol'
import { check } from '@rookery/protocol/schemas'
import { c2cId, factKey, tokenDigest } from '../../model/digest.js'
import { isLongerThan, plainJson } from '../../model/json.js'
import type { Limits } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Random } from '../../ports/random.js'
import type { Admission } from '../access/admission.js'
import type { Authoriser } from '../access/authorise.js'
import type { Kicks } from '../delivery/kicks.js'
import type { HostPresence, Online } from '../delivery/online.js'
import type { S2c } from '../delivery/s2c.js'
import { newGroupId } from '../groups/groups.js'
import type { Joining } from '../groups/joining.js'
import { editOf, recallOf } from '../messages/asked-change.js'
import type { Changes } from '../messages/changes.js'
import { asSession, incomingC2C, incomingC2G, incomingSystem } from '../messages/incoming.js'
import type { ContentFor, MessageTypes, TypeName } from '../messages/message-types.js'
import type { Send } from '../messages/send.js'
import type { OutboxMover } from '../outbox/outbox-mover.js'
import type { OutboxRequest } from '../outbox/outbox-row.js'
import type { Roaming } from '../reading/roaming.js'
import { hostSchemas } from './host-requests.js'
import { checkId, checkNewGroup, checkUserIds, type ImGroups, type NewGroup } from './im-groups.js'

/** A message that the host sends on behalf of a user. */
export interface HostMessage<Content = object, Type extends string = string> {
  readonly from: UserId
  readonly to: UserId
  /** Default: none. */
  readonly subject?: string
  readonly type: Type
  /** Chat stores it as JSON, so it may hold dates and instances of classes. */
  readonly content: Content
  readonly ext?: Readonly<Record<string, unknown>>
  readonly replyTo?: Seq
  readonly silent?: boolean
  /**
   * A call with the same key is the same message, stored once. Clients' keys are separate from these. Default: a new
   * key.
   */
  readonly clientMsgId?: string
  /** Whether chat asks the contact policy and before-handlers, as for a session. Default: false. */
  readonly checked?: boolean
}

/** A message to a group that the host sends on behalf of a member. */
export interface HostGroupMessage<Content = object, Type extends string = string> extends Omit<
  HostMessage<Content, Type>,
  'to' | 'subject'
> {
  /** The group. */
  readonly to: ConversationId
  /** Members of the group, or `@all`. It has no effect for a user who is not a member. */
  readonly mentions?: readonly (UserId | '@all')[]
}

/** A message of the system in an existing conversation. */
export interface SystemMessage<Content = object, Type extends string = string> extends Omit<
  HostMessage<Content, Type>,
  'from' | 'to' | 'subject' | 'checked'
> {
  readonly conversationId: ConversationId
}

/** A message that the host changes. */
export interface MessagePlace {
  readonly conversationId: ConversationId
  readonly seq: Seq
  /** A call with the same key is the same change, made once. Default: a new key. */
  readonly clientMsgId?: string
}

/** An event for a user: a topic that the host chooses, and any JSON value. */
export interface S2cEvent {
  readonly topic: string
  readonly payload: unknown
}

/** How an event is sent. */
export interface S2cCall {
  /** Whether it is stored in the user's inbox. Default: false, it goes to the sessions of this moment. */
  readonly persist?: boolean
  /** Of a stored one: under one key of one user it is stored once. Default: a new key. */
  readonly clientMsgId?: string
}

/** The outcome of an event. */
export interface S2cResult {
  /** Live: whether a device acknowledged it. Stored: true, it is in the inbox. */
  readonly delivered: boolean
  /** Its sequence in the inbox; null where it was not stored, or stored before under the same key. */
  readonly seq: Seq | null
}

/** What the host writes in its transaction. Chat sends it after the commit. */
export interface ImTransaction<Types extends MessageTypes = MessageTypes> {
  /** As `sendC2C`. The message has its id at once, and its number after the commit. */
  sendC2C<const Type extends TypeName<Types>>(
    message: HostMessage<ContentFor<Types, Type>, Type>,
  ): Promise<{ readonly msgId: MessageId }>
  /** As `sendC2G`, also to a group that the same transaction makes. */
  sendC2G<const Type extends TypeName<Types>>(
    message: HostGroupMessage<ContentFor<Types, Type>, Type>,
  ): Promise<{ readonly msgId: MessageId }>
  /** As `recall`. The message must exist; chat recalls it soon after the commit. */
  recall(message: MessagePlace): Promise<void>
  /** As `edit`. The message must exist; chat edits it soon after the commit. */
  edit(message: MessagePlace & { readonly content: object }): Promise<void>
  /** As `s2c` with `persist`. */
  s2c(userId: UserId, event: S2cEvent): Promise<void>
  readonly groups: {
    /** As `groups.create`. The group has its id at once, and exists after the commit. */
    create(group: NewGroup): Promise<{ readonly groupId: ConversationId }>
    /** As `groups.add`. */
    add(groupId: ConversationId, userIds: readonly UserId[]): Promise<void>
    /** As `groups.remove`. */
    remove(groupId: ConversationId, userIds: readonly UserId[]): Promise<void>
    /** As `groups.changed`: this transaction changed what the host keeps of the group. */
    changed(groupId: ConversationId): Promise<void>
  }
}

interface Parts {
  readonly send: Send
  readonly changes: Changes
  readonly admission: Admission
  readonly s2c: S2c
  readonly kicks: Kicks
  readonly online: Online
  readonly roaming: Roaming
  readonly authoriser: Authoriser
  readonly joining: Joining
  readonly groups: ImGroups
  readonly outbox: OutboxMover | null
  readonly clock: Clock
  readonly random: Random
  readonly limits: Limits
}

/** Every call rejects with a `RookeryError`, with the same codes that clients get. */
export class Im<Types extends MessageTypes = MessageTypes> {
  /** Groups, without checking rights. */
  readonly groups: ImGroups
  /** Groups that a running transaction makes. */
  private readonly madeIn = new WeakMap<object, Set<ConversationId>>()

  constructor(private readonly parts: Parts) {
    this.groups = parts.groups
  }

  /**
   * Sends a message on behalf of a user. Resolves once it is stored.
   * @throws RookeryError `NOT_FOUND` for an unknown receiver, `BAD_REQUEST`, `CONFLICT`, `UNAVAILABLE` …
   */
  async sendC2C<const Type extends TypeName<Types>>({
    from,
    checked,
    ...message
  }: HostMessage<ContentFor<Types, Type>, Type>): Promise<Sent> {
    const request = this.withKey(checkFrom(from, message))
    const onBehalfOf = checked === true ? asSession(from) : null
    return this.parts.send.host(incomingC2C(from, request, true), onBehalfOf, keyed(message)).sent
  }

  /**
   * Sends a message to a group on behalf of one of its members. A mute counts only with `checked`.
   * @throws RookeryError `NOT_FOUND` where there is no such group or the user is not a member; and as `sendC2C`
   */
  async sendC2G<const Type extends TypeName<Types>>({
    from,
    checked,
    ...message
  }: HostGroupMessage<ContentFor<Types, Type>, Type>): Promise<Sent> {
    const request = this.withKey(checkGroupFrom(from, message))
    const onBehalfOf = checked === true ? asSession(from) : null
    return this.parts.send.host(incomingC2G(from, request, true), onBehalfOf, keyed(message)).sent
  }

  /** Sends a message as the system, in an existing conversation. */
  async sendSystem<const Type extends TypeName<Types>>(
    message: SystemMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    const request = this.withKey(check(hostSchemas.system, plain(message)))
    const found = await this.parts.authoriser.existing(request.conversationId)
    const { conversationId, kind, subject } = { kind: 'c2c' as const, ...found }
    return this.parts.send.host(incomingSystem({ conversationId, kind, subject }, request), null).sent
  }

  /**
   * Recalls a message as the system, whoever sent it and however old it is. Storage drops its content, also that of its
   * edits. Resolves with the sequence of the control message; if the message was recalled before, with the sequence of
   * that recall.
   * @throws RookeryError `NOT_FOUND`, `BAD_REQUEST`, `CONFLICT`, `UNAVAILABLE` …
   */
  async recall(message: MessagePlace): Promise<{ readonly seq: Seq }> {
    return { seq: await this.parts.changes.recall(null, check(hostSchemas.recall, message)) }
  }

  /**
   * Replaces the content of a message as the system, whoever sent it and however old it is. Before-handlers do not run;
   * the schema of a declared type checks the content.
   * @throws RookeryError `NOT_FOUND`, also where the message was recalled, `BAD_REQUEST`, `TOO_LARGE`, `CONFLICT` …
   */
  async edit(message: MessagePlace & { readonly content: object }): Promise<{ readonly seq: Seq }> {
    return { seq: await this.parts.changes.edit(null, check(hostSchemas.edit, plain(message))) }
  }

  /**
   * Sends an event to a user: live to the user's sessions at this moment or, with `persist`, as a `custom` entry that
   * every device gets, live or with its next pull.
   */
  async s2c(userId: UserId, event: S2cEvent, { persist = false, clientMsgId }: S2cCall = {}): Promise<S2cResult> {
    const payload = this.payloadOf(userId, event)
    const key = clientMsgId === undefined ? undefined : factKey(userId, check(hostSchemas.key, clientMsgId))
    if (persist) return { delivered: true, seq: await this.parts.s2c.stored(userId, event.topic, payload, key) }
    if (key !== undefined) throw new RookeryError('BAD_REQUEST', 'clientMsgId: only an event with persist has a key')
    return { delivered: await this.parts.s2c.live(userId, event.topic, payload), seq: null }
  }

  /**
   * Closes the user's sessions, or those of one device type, with `kick { reason: 'admin' }`. It resolves when no login
   * that began earlier can succeed, the sessions of this node are closed, and chat has told the other nodes. If a node
   * did not hear it, chat tells it again for as long as presence and the bus are away.
   * @throws RookeryError `UNAVAILABLE`; `OVERLOADED` beyond `limits.kicks`
   */
  kick(userId: UserId, { deviceType }: { readonly deviceType?: DeviceType } = {}): Promise<void> {
    return this.parts.kicks.close(userId, deviceType === undefined ? {} : { deviceType }, 'admin')
  }

  /**
   * Closes the sessions of a token, or all sessions of the user, with `kick { reason: 'token-revoked' }`. Revoke the
   * token in your own store first: for each later connection chat calls `authenticate` again. It resolves at the same
   * point as `kick`.
   * @throws RookeryError as `kick`
   */
  revokeToken(userId: UserId, token?: string): Promise<void> {
    return this.parts.kicks.close(userId, token === undefined ? {} : { token: tokenDigest(token) }, 'token-revoked')
  }

  /** Which of these users are online. No contact policy applies. */
  async presence(userIds: readonly UserId[]): Promise<readonly HostPresence[]> {
    return this.parts.online.forHost(userIds)
  }

  /** A page of a conversation, as its members see it; `limit` is at most `limits.history`. */
  async history(request: {
    readonly conversationId: ConversationId
    readonly before?: Seq
    readonly after?: Seq
    readonly limit?: number
  }): Promise<{ readonly messages: readonly Message[]; readonly more: boolean }> {
    await this.parts.authoriser.existing(request.conversationId)
    return JSON.parse(await this.parts.roaming.page(check(hostSchemas.history, request)))
  }

  /** A page of a user's conversations, the one with the latest activity first. */
  async conversations(
    userId: UserId,
    page: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<{
    readonly conversations: readonly Conversation[]
    readonly unreadTotal: number
    readonly cursor?: string
  }> {
    return JSON.parse(await this.parts.roaming.conversations(userId, check(hostSchemas.conversations, page)))
  }

  /** The id of the c2c conversation of two users, whether it exists or not. */
  conversationId(a: UserId, b: UserId, subject = ''): ConversationId {
    return c2cId(a, b, subject)
  }

  /**
   * The same operations inside the host's own transaction: either both the host's rows and these are written, or
   * neither. Chat checks rights when it moves the rows. It also checks them now, as far as that needs no provider of
   * the host, or the provider takes the transaction.
   * @param tx the running transaction; for TypeORM its `EntityManager`. Default: the transaction in which the calling
   *   code runs
   * @throws TypeError where there is no running transaction or no outbox
   */
  within(tx?: unknown): ImTransaction<Types> {
    const { outbox } = this.parts
    if (outbox === null)
      throw new TypeError(
        'Rookery has no outbox: import the module of a storage adapter that provides one, to use within().',
      )
    const running = tx ?? outbox.current()
    if (running == null)
      throw new TypeError('within() needs the running transaction: pass what your ORM gives to the code inside one.')
    const inside = { tx: running }
    const put = (id: MessageId, request: OutboxRequest): Promise<void> => outbox.put(running, id, request)
    return {
      sendC2C: async ({ from, checked, ...message }) => {
        const request = this.withKey(checkFrom(from, message))
        const incoming = incomingC2C(from, request, true)
        this.parts.admission.mustFit(incoming.message)
        await this.parts.admission.mayWrite(incoming, checked === true ? asSession(from) : null, inside)
        await this.parts.admission.mayReply(incoming.message)
        const msgId = this.parts.random.id()
        await put(msgId, { kind: 'c2c', from, request, checked: checked === true, ...keyed(message) })
        return { msgId }
      },
      sendC2G: async ({ from, checked, ...message }) => {
        const request = this.withKey(checkGroupFrom(from, message))
        const isChecked = checked === true
        const { message: proposed } = incomingC2G(from, request, true)
        this.parts.admission.mustFit(proposed)
        // If the group does not exist yet, membership is checked when the row is moved.
        if (!this.isMadeIn(running, request.to))
          await this.parts.admission.maySpeak({ groupId: request.to, userId: from, mutes: isChecked })
        await this.parts.admission.mayReply(proposed)
        const msgId = this.parts.random.id()
        await put(msgId, { kind: 'c2g', from, request, checked: isChecked, ...keyed(message) })
        return { msgId }
      },
      recall: async (message) => {
        const request = this.withKey(check(hostSchemas.recall, message))
        await this.parts.changes.mayBeMade(recallOf(request))
        await put(this.parts.random.id(), { kind: 'recall', request })
      },
      edit: async (message) => {
        const request = this.withKey(check(hostSchemas.edit, plain(message)))
        await this.parts.changes.mayBeMade(editOf(request))
        await put(this.parts.random.id(), { kind: 'edit', request })
      },
      s2c: async (userId, event) => {
        const payload = this.payloadOf(userId, event)
        await put(this.parts.random.id(), { kind: 'custom', userId, topic: event.topic, payload })
      },
      groups: {
        create: async (given) => {
          const group = checkNewGroup(given)
          await this.parts.joining.mayJoin(null, [group.owner, ...group.members], inside)
          const groupId = newGroupId(this.parts.random)
          await put(this.parts.random.id(), { kind: 'group.create', groupId, group })
          this.noteMadeIn(running, groupId)
          return { groupId }
        },
        add: async (groupId, userIds) => {
          const asked = checkUserIds(userIds)
          await this.mustExist(running, groupId)
          await this.parts.joining.mayJoin(null, asked, inside)
          await put(this.parts.random.id(), { kind: 'group.add', groupId, userIds: asked })
        },
        remove: async (groupId, userIds) => {
          const asked = checkUserIds(userIds)
          await this.mustExist(running, groupId)
          await put(this.parts.random.id(), { kind: 'group.remove', groupId, userIds: asked })
        },
        changed: async (groupId) => {
          await this.mustExist(running, groupId)
          await put(this.parts.random.id(), { kind: 'group.changed', groupId })
        },
      },
    }
  }

  private async mustExist(tx: unknown, groupId: ConversationId): Promise<void> {
    if (!this.isMadeIn(tx, checkId(groupId))) await this.groups.get(groupId)
  }

  private isMadeIn(tx: unknown, groupId: ConversationId): boolean {
    return typeof tx === 'object' && tx !== null && this.madeIn.get(tx)?.has(groupId) === true
  }

  private noteMadeIn(tx: unknown, groupId: ConversationId): void {
    if (typeof tx !== 'object' || tx === null) return
    const made = this.madeIn.get(tx)
    if (made === undefined) this.madeIn.set(tx, new Set([groupId]))
    else made.add(groupId)
  }

  private withKey<Request extends { clientMsgId?: string | undefined }>(request: Request) {
    return { ...request, clientMsgId: request.clientMsgId ?? this.parts.random.id() }
  }

  private payloadOf(userId: UserId, { topic, payload: given }: S2cEvent): JsonText {
    const event = check(hostSchemas.push, { userId, topic, payload: plainJson(given) })
    const payload = JSON.stringify(event.payload)
    const { contentBytes } = this.parts.limits
    if (isLongerThan(payload, contentBytes))
      throw new RookeryError('TOO_LARGE', `a payload may take ${contentBytes} bytes`)
    return payload
  }
}

/** A key that chat makes is new. */
const keyed = ({ clientMsgId }: { readonly clientMsgId?: string | undefined }) => ({
  hasNewKey: clientMsgId === undefined,
})

function checkFrom(from: UserId, message: Bodies) {
  const { from: _, ...request } = check(hostSchemas.c2c, { ...plain(message), from })
  return request
}

function checkGroupFrom(from: UserId, message: Bodies) {
  const { from: _, ...request } = check(hostSchemas.c2g, { ...plain(message), from })
  return request
}

interface Bodies {
  readonly content: unknown
  readonly ext?: unknown
}

const plain = (message: Bodies): Bodies => ({
  ...message,
  content: plainJson(message.content),
  ...(message.ext === undefined ? {} : { ext: plainJson(message.ext) }),
})
