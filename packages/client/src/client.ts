// The client, as an app uses it: everything else is behind this.
import type { DataOf, Message, RequestOf, UserPresence } from '@rookery/protocol'
import type { ConnectionStatus } from './connection/status.js'
import type { Backend } from './ports/backend.js'
import type { Clock, Random } from './ports/clock.js'
import type { Platform } from './ports/platform.js'
import type { StorageStatus } from './ports/storage-status.js'
import type { AnswerOut, DeclaredTypes, PayloadIn, PayloadOut, TopicName } from './types/index.js'
import { conversationList, type ConversationListState } from './views/conversation-list.js'
import { Conversation, type ConversationParts, type Target } from './views/conversation.js'
import type { DisplayOrder } from './views/display-order.js'
import { Cell, type Observable } from './views/observable.js'
import { Presences, Typing } from './views/passing.js'
import { keyOf } from './ports/rows.js'

/** A message that came, by the inbox or by a conversation's own timeline. */
export type MessageHandler = (message: Message, how: { readonly isLive: boolean }) => void

export interface ClientParts {
  readonly backend: Backend
  readonly clock: Clock
  readonly random: Random
  readonly platform: Platform
  readonly displayOrder?: DisplayOrder | undefined
}

export class Client<T extends DeclaredTypes = DeclaredTypes> {
  readonly connection: Observable<ConnectionStatus>
  readonly storage: Observable<StorageStatus>
  readonly conversations: Observable<ConversationListState>
  /** Unread messages of all conversations. */
  readonly unreadTotal: Observable<number>
  /** The user of this device; null before its first login. */
  readonly user: Observable<string | null>
  readonly push: {
    register(registration: { provider: string; token: string; app?: string; lang?: string }): Promise<void>
    unregister(registration: { provider: string; app?: string }): Promise<void>
  }
  readonly #backend: Backend
  readonly #random: Random
  readonly #presences: Presences
  readonly #conversationParts: ConversationParts
  readonly #byKey = new Map<string, Conversation<T>>()

  constructor({ backend, clock, random, platform, displayOrder = 'seq' }: ClientParts) {
    this.#backend = backend
    this.#random = random
    this.connection = backend.status
    this.storage = backend.storage
    const list = conversationList(backend)
    this.conversations = list
    this.unreadTotal = list.unreadTotal
    const user = new Cell<string | null>(null)
    const showUser = (): void => user.set(backend.mirror.meta.userId ?? null)
    backend.onCommit(showUser)
    backend.onOpen(showUser)
    this.user = user
    this.#presences = new Presences(backend)
    const view = {
      order: displayOrder,
      isFocused: () => platform.isFocused(),
      onFocus: (changed: () => void) => platform.onFocus(changed),
    }
    this.#conversationParts = { backend, random, typing: new Typing(backend, clock), view }
    const ask = async (event: string, body: object): Promise<void> =>
      void (await backend.commands.ask(event, body, true))
    this.push = {
      register: (registration) => ask('push.register', registration),
      unregister: (registration) => ask('push.unregister', registration),
    }
  }

  /** Opens the store and connects; resolves when the store is open. What is held shows before the connection is there. */
  connect(): Promise<void> {
    return this.#backend.connect()
  }

  /** Ends the connection; what is held and what waits to be sent stays. */
  disconnect(): Promise<void> {
    return this.#backend.disconnect()
  }

  /**
   * Ends this device's session for good.
   * @param options `wipe`: nothing of the user stays on the device, and it is a new one
   */
  logout({ wipe = false }: { readonly wipe?: boolean } = {}): Promise<void> {
    return this.#backend.logout(wipe)
  }

  /** A conversation; the same object for the same target. */
  conversation(target: Target): Conversation<T> {
    const key = 'id' in target ? `id ${target.id}` : keyOf(target)
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const made = new Conversation<T>(this.#conversationParts, target)
    this.#byKey.set(key, made)
    return made
  }

  /** @throws RookeryError with the server's code */
  async createGroup(group: Omit<RequestOf<'group.create'>, 'clientMsgId'>): Promise<Conversation<T>> {
    const body = { ...group, clientMsgId: this.#random.id() }
    const made = (await this.#backend.commands.ask('group.create', body, true)) as DataOf<'group.create'>
    return this.conversation({ groupId: made.groupId })
  }

  /** Who is online; kept up to date while somebody subscribes. */
  presence(ids: readonly string[]): Observable<readonly UserPresence[]> {
    return this.#presences.of(ids)
  }

  /**
   * Asks the business server under a topic.
   * It is sent once: if the connection is lost before the answer, nobody knows whether it was handled.
   * @throws RookeryError with the server's code; `UNAVAILABLE` where nobody knows
   */
  async request<Topic extends TopicName<T>>(topic: Topic, payload: PayloadIn<T, Topic>): Promise<AnswerOut<T, Topic>> {
    return (await this.#backend.commands.ask('c2s', { topic, payload }, false)) as AnswerOut<T, Topic>
  }

  /**
   * Hears what the business server says under a topic, live and stored. The server learns that it arrived when the
   * handler has resolved; if it throws, the server does not.
   */
  on<Topic extends TopicName<T>>(topic: Topic, handler: (payload: PayloadOut<T, Topic>) => unknown): () => void {
    return this.#backend.onTopic(topic, (payload) => handler(payload as PayloadOut<T, Topic>))
  }

  /** Hears every message once, in the order of its conversation, when it is stored on this device. */
  onMessage(handler: MessageHandler): () => void {
    return this.#backend.onSignal((signal) => {
      if (signal.kind === 'message') handler(signal.message, { isLive: signal.isLive })
    })
  }
}
