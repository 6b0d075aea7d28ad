// A device of a user, as a client app would run on it: it connects, catches up and follows; a test can disconnect it,
// make it slow, or have it kicked.
import {
  type Conversation,
  type ErrorCode,
  type Gate,
  type GroupInfo,
  type GroupProfile,
  type Message,
  RookeryError,
  type Sent,
} from '@rookery/core'
import { type FakeAnswer, type FakeAuth, FakeDevice, type FakeEvent } from '@rookery/testing'
import { DeviceGroups } from './device-groups.js'
import { FollowedTimelines, type TimelineFact, type TimelinePage } from './followed-timelines.js'

interface AnySendOptions {
  /** Default: `text`. */
  readonly type?: string
  /** The sequence of the message that this one answers. */
  readonly replyTo?: number
  /** A second send with the same `clientMsgId` is the same message. Default: a new one. */
  readonly clientMsgId?: string
}

export interface SendOptions extends AnySendOptions {
  readonly subject?: string
}

export interface GroupSendOptions extends AnySendOptions {
  /** User ids, or `@all`. */
  readonly mentions?: readonly string[]
}

/** Names a message by conversation and sequence. The result of a send is one. */
export interface Place {
  readonly conversationId: string
  readonly seq: number
}

/** An inbox entry of the protocol. */
interface Entry extends TimelineFact {
  readonly message?: Message
}

interface Page {
  readonly entries: readonly Entry[]
  readonly timelines: readonly TimelinePage[]
  readonly seq: number
  readonly more: boolean
  readonly truncated: boolean
}

interface FollowsPage {
  readonly timelines: readonly { readonly conversationId: string; readonly seq: number }[]
  readonly cursor?: string
}

/** How long `received` waits before it rejects with what came instead, ms of real time. */
const patienceMs = 2000

export class TestDevice {
  /** Every inbox entry of the device, in order, each once, whether it came live or with a pull. */
  readonly entries: Entry[] = []
  /** Every event that the device received, over all its connections. */
  readonly events: FakeEvent[] = []
  /** Requests that change groups and read their members. */
  readonly groups = new DeviceGroups((event, request) => this.ask(event, request))
  private connection: FakeDevice | null = null
  private ended: Promise<never> | null = null
  private seq = 0
  private readonly timelines = new FollowedTimelines()
  private catching: Promise<void> | null = null
  private keys = 0

  constructor(
    private readonly gate: Gate,
    readonly userId: string,
    private readonly auth: FakeAuth,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  get isOnline(): boolean {
    return this.connection !== null && !this.connection.isClosed
  }

  /** The `kick` event that the device received; null if it received none. */
  get kicked(): { readonly reason: string; readonly by?: unknown } | null {
    return this.events.findLast(({ event }) => event === 'kick')?.payload ?? null
  }

  /**
   * All messages of the device, in the order of its inbox, also those that it sent. The messages of groups that it
   * follows by their own timeline come last.
   */
  get messages(): Message[] {
    const ofInbox = this.entries.flatMap(({ message }) => (message === undefined ? [] : [message]))
    return [...ofInbox, ...this.timelines.messages]
  }

  /** The device's messages of one conversation, in order, including `im.group` messages (changes of the group). */
  messagesIn(conversationId: string): Message[] {
    return this.messages.filter((message) => message.conversationId === conversationId)
  }

  /** The texts of the text messages of one conversation. */
  textsIn(conversationId: string): string[] {
    return wordsOf(this.messagesIn(conversationId))
  }

  /** The texts of all text messages of the device. */
  get texts(): string[] {
    return wordsOf(this.messages)
  }

  /** The s2c events that the device received, in order. */
  get s2c(): { readonly topic: string; readonly payload: unknown }[] {
    return this.events
      .filter(({ event }) => event === 's2c')
      .map(({ payload: { topic, payload } }: { payload: { topic: string; payload: unknown } }) => ({ topic, payload }))
  }

  /**
   * Connects or reconnects, and pulls what the device missed.
   * @throws RookeryError if the app refuses the device
   */
  async connect(): Promise<void> {
    if (this.isOnline) return
    const fake = await FakeDevice.connect(
      this.gate,
      { ...this.auth, since: this.seq, timelines: this.timelines.next() },
      { headers: { ...this.headers }, onEvent: (event) => this.take(event) },
    )
    this.connection = fake
    this.timelines.list = fake.ready?.limits.list ?? 200
    this.ended = fake
      .until(() => fake.isClosed)
      .then(() => {
        throw new Error(`${this.userId}'s session has ended${this.kicked ? `: ${this.kicked.reason}` : ''}`)
      })
    this.ended.catch(() => {})
    await this.catchUp()
  }

  /** Drops the connection without a close, as a phone in a tunnel does. */
  disconnect(): void {
    this.connection?.disconnect()
  }

  /** Makes the device slow: it stays connected, but reads and acknowledges nothing until `resume`. */
  stall(): void {
    this.online.stall()
  }

  /** Lets a slow device read again. */
  resume(): void {
    this.online.resume()
  }

  /**
   * Sends a message, and resolves once the server has stored it.
   * @param content the text, or the content of another type
   * @throws RookeryError if the server refuses the message
   */
  send(to: string, content: string | object, options: SendOptions = {}): Promise<Sent> {
    return this.say('c2c', to, content, options)
  }

  /**
   * Sends a message to a group, and resolves once the server has stored it.
   * @param content as for `send`
   * @throws RookeryError if the server refuses the message
   */
  sendToGroup(groupId: string, content: string | object, options: GroupSendOptions = {}): Promise<Sent> {
    return this.say('c2g', groupId, content, options)
  }

  /**
   * Creates a group whose owner is this device's user.
   * @param members the other members
   * @throws RookeryError if the server refuses it
   */
  createGroup(name: string, members: readonly string[], profile: GroupProfile = {}): Promise<GroupInfo> {
    return this.ask('group.create', { name, members, ...profile }) as Promise<GroupInfo>
  }

  /** Recalls a message. Resolves with the sequence of the control message that says so. */
  recall({ conversationId, seq }: Place): Promise<{ readonly seq: number }> {
    return this.ask('recall', { conversationId, seq }) as Promise<{ seq: number }>
  }

  /**
   * Replaces the content of a message.
   * @param content as for `send`
   */
  edit({ conversationId, seq }: Place, content: string | object): Promise<{ readonly seq: number }> {
    return this.ask('edit', { conversationId, seq, content: contentOf(content) }) as Promise<{ seq: number }>
  }

  /** Adds a reaction to a message, or removes it. */
  react(
    { conversationId, seq }: Place,
    reaction: string,
    { remove = false }: { readonly remove?: boolean } = {},
  ): Promise<{ readonly seq: number }> {
    return this.ask('react', { conversationId, seq, reaction, remove }) as Promise<{ seq: number }>
  }

  /** Moves the user's read position to this message. */
  read({ conversationId, seq }: Place): Promise<{ readonly readSeq: number; readonly unread: number }> {
    return this.ask('read', { conversationId, seq }) as Promise<{ readSeq: number; unread: number }>
  }

  /** Reads which of the message's receivers have read it. */
  readers({ conversationId, seq }: Place) {
    return this.ask('readers', { conversationId, seq }) as Promise<{
      readonly read: number
      readonly total: number
      readonly userIds: readonly string[]
      readonly cursor?: string
    }>
  }

  /** Reads the newest page of a conversation, with recalls, edits and reactions applied. */
  async history(conversationId: string): Promise<readonly Message[]> {
    return ((await this.ask('history', { conversationId })) as { messages: Message[] }).messages
  }

  /** Reads a conversation of this user's list: unread, mentions, read position, pinned, muted. */
  conversation(conversationId: string): Promise<Conversation> {
    return this.ask('conversation.get', { conversationId }) as Promise<Conversation>
  }

  /** Sends a request to the app's handler of a topic (c2s), or to the service that the option `topics` names. */
  topic(topic: string, payload: unknown = null, options: { readonly clientMsgId?: string } = {}): Promise<unknown> {
    return this.ask('c2s', { topic, payload, ...options })
  }

  /**
   * Sends any request of the protocol.
   * @returns the `data` of the answer
   * @throws RookeryError if the answer is an error
   */
  async ask(event: string, request: object = {}): Promise<unknown> {
    const answer = (await Promise.race([this.online.request(event, request), this.ended])) as FakeAnswer
    if (answer.ok) return answer.data
    const { code, message, ...facts } = answer.error
    throw new RookeryError(code as ErrorCode, message, facts)
  }

  /**
   * Resolves with the first message that matches, as soon as the device has it.
   * @throws Error after two seconds, with the messages that it has instead
   */
  async received(matches: (message: Message) => boolean): Promise<Message> {
    const find = (): Message | undefined => this.messages.find(matches)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)))
    await Promise.race([this.online.until(() => find() !== undefined), late])
    clearTimeout(timer)
    const found = find()
    if (found !== undefined) return found
    const held = this.messages.map(({ type, from }) => `${type} from ${from ?? 'the system'}`)
    throw new Error(`${this.userId} holds no such message, but: ${held.join(', ') || 'none'}`)
  }

  private say(
    event: 'c2c' | 'c2g',
    to: string,
    content: string | object,
    { type = 'text', clientMsgId = `${String(this.auth.deviceId)}-${++this.keys}`, ...rest }: AnySendOptions,
  ): Promise<Sent> {
    return this.ask(event, { clientMsgId, to, type, content: contentOf(content), ...rest }) as Promise<Sent>
  }

  private get online(): FakeDevice {
    if (this.connection === null) throw new Error(`${this.userId}'s device is not connected: await connect() first`)
    return this.connection
  }

  private take(event: FakeEvent): void {
    this.events.push(event)
    if (event.event === 'entries') for (const entry of event.payload.entries as Entry[]) this.hold(entry)
    if (event.event === 'timeline') this.timelines.hold(event.payload.conversationId, event.payload.messages)
    if (event.event === 'sync') this.catchUp().catch(() => {})
  }

  // A live entry may arrive before the page in front of it: the device takes answers one turn later than events.
  private hold(entry: Entry): void {
    const before = this.entries.findLastIndex(({ seq }) => seq <= entry.seq)
    if (this.entries[before]?.seq !== entry.seq) {
      this.entries.splice(before + 1, 0, entry)
      this.timelines.tell(entry)
    }
    this.seq = Math.max(this.seq, entry.seq)
  }

  /** Pulls up to the head, as a client does after a reconnect and after the event `sync`. */
  private catchUp(): Promise<void> {
    this.catching ??= this.pullAll().finally(() => (this.catching = null))
    return this.catching
  }

  private async pullAll(): Promise<void> {
    for (let more = true; more;) {
      const request = { since: this.seq, timelines: this.timelines.next() }
      const page = (await this.ask('pull', request)) as Page
      for (const entry of page.entries) this.hold(entry)
      for (const timeline of page.timelines) this.timelines.holdPage(timeline)
      this.seq = Math.max(this.seq, page.seq)
      more = page.more
      // The entry that began a timeline may be trimmed. An empty page that is not the last shows that the device lacks
      // one.
      const isEmpty = page.entries.length === 0 && page.timelines.every(({ messages }) => messages.length === 0)
      if (page.truncated || (more && isEmpty)) await this.learn()
    }
  }

  private async learn(): Promise<void> {
    for (let cursor: string | undefined, more = true; more;) {
      const page = (await this.ask('follows', cursor === undefined ? {} : { cursor })) as FollowsPage
      this.timelines.learn(page.timelines)
      cursor = page.cursor
      more = cursor !== undefined
    }
  }
}

const contentOf = (content: string | object): object => (typeof content === 'string' ? { text: content } : content)

const wordsOf = (messages: readonly Message[]): string[] =>
  messages.filter(({ type }) => type === 'text').map(({ content }) => String(content?.text))
