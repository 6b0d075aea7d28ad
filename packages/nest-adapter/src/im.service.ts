// The business server's side of chat: what the host's own services inject.
import { Injectable } from '@nestjs/common'
import type {
  ContentFor,
  Conversation,
  ConversationId,
  DeviceType,
  Health,
  HostGroupMessage,
  HostMessage,
  Im,
  ImGroups,
  ImTransaction,
  Message,
  MessagePlace,
  MessageTypes,
  NodeId,
  NodeInfo,
  NodeStats,
  S2cResult,
  S2cEvent,
  S2cCall,
  RegisteredTypes,
  Sent,
  Seq,
  SystemMessage,
  TypeName,
  UserId,
  HostPresence,
} from '@rookery/core'
import { RunningNode } from './running-node.js'

/**
 * You can inject it anywhere, also into what `authenticate` needs: Nest builds it without any of the options. It works
 * once the app has started; every call before that rejects.
 *
 * Calls reject with a `RookeryError` that has one of the codes that clients get. No call waits behind a session, so a
 * handler may use it, also for the conversation that called the handler.
 *
 * TypeScript checks contents by the message types that the program registered (`Register` in @rookery/core), or by
 * those that you name: `ImService<typeof chatTypes>`. A type that you did not declare takes any object that is JSON.
 */
@Injectable()
export class ImService<Types extends MessageTypes = RegisteredTypes> {
  constructor(private readonly node: RunningNode) {}

  /**
   * Sends a message on behalf of a user, and resolves once it is stored. Before-handlers and the contact policy do not
   * apply, unless you set `checked: true`. The call moves nobody's read position. You may repeat a call with a
   * `clientMsgId`: the server stores the message once.
   * @throws RookeryError `NOT_FOUND` for an unknown receiver, `BAD_REQUEST`, `TOO_LARGE`, `CONFLICT`, `OVERLOADED`;
   * `UNAVAILABLE` if nobody knows whether it was stored
   */
  async sendC2C<const Type extends TypeName<Types>>(
    message: HostMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    return this.im.sendC2C(message)
  }

  /**
   * Sends a message to a group on behalf of one of its members, and resolves once it is stored. Before-handlers and
   * mutes do not apply, unless you set `checked: true`. The rest is as for `sendC2C`.
   * @throws RookeryError `NOT_FOUND` if the group does not exist or the user is not a member; and as `sendC2C`
   */
  async sendC2G<const Type extends TypeName<Types>>(
    message: HostGroupMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    return this.im.sendC2G(message)
  }

  /**
   * Sends a message as the system (`from: null`) in an existing conversation, of two users or of a group.
   * @throws RookeryError `NOT_FOUND` if the conversation does not exist; and as `sendC2C`
   */
  async sendSystem<const Type extends TypeName<Types>>(
    message: SystemMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    return this.im.sendSystem(message)
  }

  /**
   * Recalls any message at any time, as the system (`from: null`). Storage deletes its content and that of its edits,
   * and every member's devices get the recall. For a message that is already recalled it returns the sequence of the
   * first recall.
   * @throws RookeryError `NOT_FOUND` if there is no such message; `UNAVAILABLE` if nobody knows whether it was stored
   */
  async recall(message: MessagePlace): Promise<{ readonly seq: Seq }> {
    return this.im.recall(message)
  }

  /**
   * Replaces the content of any message at any time, as the system. Before-handlers do not run; the schema of a
   * declared type applies.
   * @throws RookeryError `NOT_FOUND` also if the message was recalled; `BAD_REQUEST`, `TOO_LARGE`; and as `recall`
   */
  async edit(message: MessagePlace & { readonly content: object }): Promise<{ readonly seq: Seq }> {
    return this.im.edit(message)
  }

  /**
   * Sends a user an event. Without `persist` it goes to the sessions that are online now. With `persist` it becomes a
   * `custom` entry of the user's inbox, and every device gets it, now or with its next pull. You may repeat a call with
   * `persist` and a `clientMsgId`: the server stores the event once for this user.
   * @returns `delivered`: whether a device acknowledged it within `timing.s2cAckMs`; false at once if nobody is online
   * @throws RookeryError `BAD_REQUEST`, `TOO_LARGE`; `UNAVAILABLE` if nobody knows whether a persistent one was stored
   */
  async s2c(userId: UserId, event: S2cEvent, options?: S2cCall): Promise<S2cResult> {
    return this.im.s2c(userId, event, options)
  }

  /**
   * Closes the user's sessions on every node, or those of one device type, with `kick { reason: 'admin' }`. The user
   * may log in again as soon as `authenticate` accepts the token. The call resolves when three things hold: no login
   * that began before it can succeed, the sessions of this node are closed, and this node has told the other nodes. If
   * a node did not get the kick, this node repeats it, however long presence and the bus are away.
   * @throws RookeryError `UNAVAILABLE` if storage does not answer, `OVERLOADED` beyond `limits.kicks`: then nobody was
   * kicked
   */
  async kick(userId: UserId, which?: { readonly deviceType?: DeviceType }): Promise<void> {
    return this.im.kick(userId, which)
  }

  /**
   * Closes the sessions of one token, or all of the user's, with `kick { reason: 'token-revoked' }`. Revoke the token
   * in your own store first: for a client that connects afterwards the server calls `authenticate` again.
   * @throws RookeryError as `kick`
   */
  async revokeToken(userId: UserId, token?: string): Promise<void> {
    return this.im.revokeToken(userId, token)
  }

  /** Tells which of these users are online, and on which device types, and when each was last heard of. The contact policy does not apply. */
  async presence(userIds: readonly UserId[]): Promise<readonly HostPresence[]> {
    return this.im.presence(userIds)
  }

  /**
   * Reads a page of a conversation, ascending, as its members see it. Both bounds are exclusive; without them you get
   * the newest page.
   * @param request `limit` up to `limits.history`
   * @throws RookeryError `NOT_FOUND` if the conversation does not exist
   */
  async history(request: {
    readonly conversationId: ConversationId
    readonly before?: Seq
    readonly after?: Seq
    readonly limit?: number
  }): Promise<{ readonly messages: readonly Message[]; readonly more: boolean }> {
    return this.im.history(request)
  }

  /**
   * Reads a page of a user's conversations, the latest activity first, as that user sees them. `cursor` asks for the
   * next page.
   */
  async conversations(
    userId: UserId,
    page?: { readonly cursor?: string; readonly limit?: number },
  ): Promise<{
    readonly conversations: readonly Conversation[]
    readonly unreadTotal: number
    readonly cursor?: string
  }> {
    return this.im.conversations(userId, page)
  }

  /**
   * The calls for groups: `create`, `get`, `update`, `dissolve`, `add`, `remove`, `leave`, `role`, `mute`, `members`,
   * `changed`. They check no rights and name nobody as the author. Lists may have any length.
   * @throws Error before the app has started
   */
  get groups(): ImGroups {
    return this.im.groups
  }

  /** Gives the id of the c2c conversation of two users, whether or not it exists. */
  conversationId(a: UserId, b: UserId, subject?: string): ConversationId {
    return this.im.conversationId(a, b, subject)
  }

  /**
   * Sends messages, recalls, edits, facts and changes of groups with your own transaction: your rows and these, both or
   * neither. It writes a row into the outbox, and chat moves the row after the outermost commit. Chat checks rights
   * when it moves the row. It also checks them at once, unless that needs a provider without `takesTransaction`. A
   * message or a group has its id at once. The message gets its number, and the group exists, soon after the commit.
   * Chat keeps the order of what you write for one conversation.
   * @param tx the running transaction, for TypeORM its `EntityManager`. Without it chat takes the transaction that the
   * caller runs in, if the app uses `@nestjs-cls/transactional`
   * @throws TypeError if no transaction runs, or no storage module provides an outbox
   */
  within(tx?: unknown): ImTransaction<Types> {
    return this.im.within(tx)
  }

  /** The id of this process, as other nodes address it. */
  get nodeId(): NodeId {
    return this.node.get().nodeId
  }

  /**
   * Tells whether this node can serve, with the reason for each part that cannot. It does not reject for a part that
   * fails.
   */
  async health(): Promise<Health> {
    return this.node.get().health()
  }

  /** Gives this node's figures now: sessions by device type, and how much waits for storage. */
  stats(): NodeStats {
    return this.node.get().stats()
  }

  /** Lists the nodes that a client may connect to, the least loaded first. It rejects if presence does not answer. */
  async endpoints(): Promise<readonly Pick<NodeInfo, 'nodeId' | 'url' | 'sessions'>[]> {
    return this.node.get().endpoints()
  }

  private get im(): Im<Types> {
    return this.node.running().im as unknown as Im<Types>
  }
}
