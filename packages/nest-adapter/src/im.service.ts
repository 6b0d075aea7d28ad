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
  Pushed,
  PushedEvent,
  RegisteredTypes,
  Sent,
  Seq,
  SystemMessage,
  TypeName,
  UserId,
  UserPresence,
} from '@rookery/core'
import { RunningNode } from './running-node.js'

/**
 * May be injected anywhere, also into what `authenticate` needs: it takes none of the options to be built, and is bound
 * when the module starts. Every call before that rejects.
 *
 * Calls reject with a `RookeryError` of the same codes that clients are answered with. None of them waits behind a session:
 * handlers may use it, for the conversation that they are called for, too.
 *
 * Contents are typed by the message types that the program registered (`Register` in @rookery/core), or by those given:
 * `ImService<typeof chatTypes>`. Types that are not declared take any object that is JSON.
 */
@Injectable()
export class ImService<Types extends MessageTypes = RegisteredTypes> {
  constructor(private readonly node: RunningNode) {}

  /**
   * Sends a message on behalf of a user; resolves once it is stored. It passes before-handlers and the contact policy by,
   * unless it says `checked`, and moves nobody's read position. With a `clientMsgId` it may be repeated: it is stored once.
   * @throws RookeryError `NOT_FOUND` for an unknown receiver, `BAD_REQUEST`, `TOO_LARGE`, `CONFLICT`, `OVERLOADED`;
   *   `UNAVAILABLE` where it is not known to be stored
   */
  async sendC2C<const Type extends TypeName<Types>>(
    message: HostMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    return this.im.sendC2C(message)
  }

  /**
   * Sends a message to a group on behalf of one of its members; resolves once it is stored. It passes before-handlers by, and
   * a mute, unless it says `checked`; else as `sendC2C`.
   * @throws RookeryError `NOT_FOUND` where there is no such group, or the user is no member of it; and as `sendC2C`
   */
  async sendC2G<const Type extends TypeName<Types>>(
    message: HostGroupMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    return this.im.sendC2G(message)
  }

  /**
   * Says something as the system, `from: null`, in a conversation that exists, of two users or of a group.
   * @throws RookeryError `NOT_FOUND` where it does not exist; and as `sendC2C`
   */
  async sendSystem<const Type extends TypeName<Types>>(
    message: SystemMessage<ContentFor<Types, Type>, Type>,
  ): Promise<Sent> {
    return this.im.sendSystem(message)
  }

  /**
   * Recalls a message as the system, `from: null`, whoever sent it and whenever. Its content is gone from storage, from edits
   * of it too, and every member's devices are told. Of a message that was recalled before it answers that recall's place.
   * @throws RookeryError `NOT_FOUND` where there is no such message; `UNAVAILABLE` where it is not known to be stored
   */
  async recall(message: MessagePlace): Promise<{ readonly seq: Seq }> {
    return this.im.recall(message)
  }

  /**
   * Puts new content in the place of a message's, as the system, whoever sent it and whenever. It passes before-handlers by;
   * the schema of a declared type is asked.
   * @throws RookeryError `NOT_FOUND` also where the message was recalled; `BAD_REQUEST`, `TOO_LARGE`; and as `recall`
   */
  async edit(message: MessagePlace & { readonly content: object }): Promise<{ readonly seq: Seq }> {
    return this.im.edit(message)
  }

  /**
   * Tells a user something: live, to the sessions that there are now, or with `persist` as a `custom` entry of the inbox,
   * which every device learns now or at its next pull.
   * @returns `delivered`: whether a device acknowledged it within `timing.s2cAckMs`; false at once where nobody is online
   * @throws RookeryError `BAD_REQUEST`, `TOO_LARGE`; `UNAVAILABLE` where a persistent one is not known to be stored
   */
  async push(userId: UserId, event: PushedEvent, options?: { readonly persist?: boolean }): Promise<Pushed> {
    return this.im.push(userId, event, options)
  }

  /**
   * Closes the user's sessions on every node, or those of one device type, with `kick { reason: 'admin' }`. They may log in
   * again as soon as `authenticate` lets them. Resolves once no login that began before can succeed, the sessions of this
   * node are closed, and the other nodes are told. A node that did not hear it is told again, however long presence and the
   * bus are away.
   * @throws RookeryError `UNAVAILABLE` where storage cannot be reached, `OVERLOADED` beyond `limits.kicks`: nobody was
   *   kicked then
   */
  async kick(userId: UserId, which?: { readonly deviceType?: DeviceType }): Promise<void> {
    return this.im.kick(userId, which)
  }

  /**
   * Closes the sessions that go under a token, or all of the user's, with `kick { reason: 'token-revoked' }`. Revoke the
   * token in the app's own store first: whoever connects afterwards is asked `authenticate` again.
   * @throws RookeryError as `kick`
   */
  async revokeToken(userId: UserId, token?: string): Promise<void> {
    return this.im.revokeToken(userId, token)
  }

  /** Who of these users is online, and on which device types, whoever asks. */
  async presence(userIds: readonly UserId[]): Promise<readonly UserPresence[]> {
    return this.im.presence(userIds)
  }

  /**
   * A page of a conversation, ascending, as its members see it: both bounds exclusive, the newest page where neither is given.
   * @param request `limit` up to `limits.history`
   * @throws RookeryError `NOT_FOUND` where the conversation does not exist
   */
  async history(request: {
    readonly conversationId: ConversationId
    readonly before?: Seq
    readonly after?: Seq
    readonly limit?: number
  }): Promise<{ readonly messages: readonly Message[]; readonly more: boolean }> {
    return this.im.history(request)
  }

  /** A page of a user's conversations, latest activity first, as that user sees them. `cursor` asks for the next page. */
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
   * Groups, for the business server: no rights are asked, nobody is named as who did it, and lists may be of any length, with
   * `onProgress`. `create`, `get`, `update`, `dissolve`, `add`, `remove`, `leave`, `role`, `mute`, `members`, `changed`.
   * @throws Error before the app has started; every call rejects as those of this class
   */
  get groups(): ImGroups {
    return this.im.groups
  }

  /** The id of the 1:1 conversation of two users, whether it exists or not. */
  conversationId(a: UserId, b: UserId, subject?: string): ConversationId {
    return this.im.conversationId(a, b, subject)
  }

  /**
   * Messages, recalls, edits, pushed facts and changes of groups inside the host's own transaction: its rows and these, both or neither.
   * Rights are checked when the row is moved; now, too, as far as no provider has to be asked that does not take the
   * transaction (`takesTransaction`). A message or group has its id now, and its number, or its being, soon
   * after the outermost commit. What is written for one conversation happens in that order.
   * @param tx the running transaction, for TypeORM its `EntityManager`; left out, the one that the caller stands in, where
   *   the app uses `@nestjs-cls/transactional`
   * @throws TypeError where there is no transaction, or no storage module that provides an outbox
   */
  within(tx?: unknown): ImTransaction<Types> {
    return this.im.within(tx)
  }

  /** This process, as other nodes address it. */
  get nodeId(): NodeId {
    return this.node.get().nodeId
  }

  /** Whether this node can serve, with the reason for each part that cannot. Never rejects for a part that fails. */
  async health(): Promise<Health> {
    return this.node.get().health()
  }

  /** Figures of this node at this moment: sessions by device type, and what waits to be stored. */
  stats(): NodeStats {
    return this.node.get().stats()
  }

  /** The nodes that a client may connect to, least loaded first. Rejects where presence cannot be asked. */
  async endpoints(): Promise<readonly Pick<NodeInfo, 'nodeId' | 'url' | 'sessions'>[]> {
    return this.node.get().endpoints()
  }

  private get im(): Im<Types> {
    return this.node.running().im as unknown as Im<Types>
  }
}
