// Chat, as another service of the business calls it over its broker.
import type {
  ContentFor,
  Conversation,
  ConversationId,
  DeviceType,
  HostGroupMessage,
  HostMessage,
  Message,
  MessagePlace,
  MessageTypes,
  RegisteredTypes,
  S2cEvent,
  S2cResult,
  Sent,
  Seq,
  SystemMessage,
  TypeName,
  UserId,
  UserPresence,
} from '@rookery/core'
import { methods } from '../patterns/methods.js'
import { type MicroserviceClient, readsAnswers } from '../topics/client.js'
import { type Caller, callerOf } from './caller.js'
import { ImClientGroups } from './groups.js'

/** A request that has a key: under one key it is done once, however often it is sent. */
export type Keyed<Request> = Request & { readonly clientMsgId: string }

export interface ImClientOptions {
  /** As `ImPatternsModule.forRoot({ prefix })` has it. `im.` by default. */
  readonly prefix?: string
  /** How long a call may take, in ms; then it rejects with `UNAVAILABLE`. Default: 10000. */
  readonly timeoutMs?: number
}

/**
 * The methods of `ImService` for another process, over any client of @nestjs/microservices. The app with chat imports
 * `ImPatternsModule`. Every write needs a `clientMsgId`.
 *
 * A call rejects with a `RookeryError`. After `UNAVAILABLE` nobody knows whether a write was done: send it again under
 * the same key.
 * @example `{ provide: ImClient, inject: ['CHAT'], useFactory: (client: ClientProxy) => new ImClient(client) }`
 */
export class ImClient<Types extends MessageTypes = RegisteredTypes> {
  /** The calls for groups, as `ImService.groups` has them. */
  readonly groups: ImClientGroups
  private readonly call: Caller

  /** @param client a `ClientProxy`; this class neither connects nor closes it for good */
  constructor(client: MicroserviceClient, { prefix = 'im.', timeoutMs = 10_000 }: ImClientOptions = {}) {
    for (const method of methods) readsAnswers(client, prefix + method)
    this.call = callerOf(client, prefix, timeoutMs)
    this.groups = new ImClientGroups(this.call)
  }

  /** As `ImService.sendC2C`. */
  sendC2C<const Type extends TypeName<Types>>(
    message: Keyed<HostMessage<ContentFor<Types, Type>, Type>>,
  ): Promise<Sent> {
    return this.call('sendC2C', message)
  }

  /** As `ImService.sendC2G`. */
  sendC2G<const Type extends TypeName<Types>>(
    message: Keyed<HostGroupMessage<ContentFor<Types, Type>, Type>>,
  ): Promise<Sent> {
    return this.call('sendC2G', message)
  }

  /** As `ImService.sendSystem`. */
  sendSystem<const Type extends TypeName<Types>>(
    message: Keyed<SystemMessage<ContentFor<Types, Type>, Type>>,
  ): Promise<Sent> {
    return this.call('sendSystem', message)
  }

  /** As `ImService.recall`. */
  recall(message: Keyed<MessagePlace>): Promise<{ readonly seq: Seq }> {
    return this.call('recall', message)
  }

  /** As `ImService.edit`. */
  edit(message: Keyed<MessagePlace & { readonly content: object }>): Promise<{ readonly seq: Seq }> {
    return this.call('edit', message)
  }

  /** As `ImService.s2c`. A stored event needs a key; a live one has none. */
  s2c(
    userId: UserId,
    { topic, payload }: S2cEvent,
    options: { readonly persist?: false } | { readonly persist: true; readonly clientMsgId: string } = {},
  ): Promise<S2cResult> {
    return this.call('s2c', { userId, topic, payload, ...options })
  }

  /** As `ImService.kick`. */
  async kick(userId: UserId, which: { readonly deviceType?: DeviceType } = {}): Promise<void> {
    await this.call('kick', { userId, ...which })
  }

  /** As `ImService.revokeToken`. */
  async revokeToken(userId: UserId, token?: string): Promise<void> {
    await this.call('revokeToken', { userId, token })
  }

  /** As `ImService.presence`. */
  presence(userIds: readonly UserId[]): Promise<readonly UserPresence[]> {
    return this.call('presence', { userIds })
  }

  /** As `ImService.history`. */
  history(request: {
    readonly conversationId: ConversationId
    readonly before?: Seq
    readonly after?: Seq
    readonly limit?: number
  }): Promise<{ readonly messages: readonly Message[]; readonly more: boolean }> {
    return this.call('history', request)
  }

  /** As `ImService.conversations`. */
  conversations(
    userId: UserId,
    page: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<{
    readonly conversations: readonly Conversation[]
    readonly unreadTotal: number
    readonly cursor?: string
  }> {
    return this.call('conversations', { userId, ...page })
  }

  /** As `ImService.conversationId`, with a promise: chat computes the id. */
  conversationId(a: UserId, b: UserId, subject?: string): Promise<ConversationId> {
    return this.call('conversationId', { a, b, subject })
  }
}
