// A device of a user, as a client app runs on it: it follows, catches up, comes back; and it can be slow, away or kicked.
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
  /** The place of the message that it answers. */
  readonly replyTo?: number
  /** Given again, it is the same message. Default: a new one. */
  readonly clientMsgId?: string
}

export interface SendOptions extends AnySendOptions {
  readonly subject?: string
}

export interface GroupSendOptions extends AnySendOptions {
  /** User ids, or `@all`. */
  readonly mentions?: readonly string[]
}

/** A message by its place. What a send answers is one. */
export interface Place {
  readonly conversationId: string
  readonly seq: number
}

/** An inbox entry as the protocol has it. */
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

/** How long `received` waits before it says what came instead, ms of real time. */
const patienceMs = 2000

export class TestDevice {
  /** Every inbox entry that it holds, in order, each once, whether it came live or by catching up. */
  readonly entries: Entry[] = []
  /** Every event that it was given, over all its connections. */
  readonly events: FakeEvent[] = []
  /** Changes of groups, and who is in them. */
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

  /** Whether it is connected. */
  get isOnline(): boolean {
    return this.connection !== null && !this.connection.isClosed
  }

  /** What it was told when it was kicked; null while it was not. */
  get kicked(): { readonly reason: string; readonly by?: unknown } | null {
    return this.events.findLast(({ event }) => event === 'kick')?.payload ?? null
  }

  /**
   * The messages that it holds, of all conversations, in the order of its inbox; those that it sent too. Behind them those of
   * groups that it follows by their own timeline.
   */
  get messages(): Message[] {
    const ofInbox = this.entries.flatMap(({ message }) => (message === undefined ? [] : [message]))
    return [...ofInbox, ...this.timelines.messages]
  }

  /** The messages that it holds of one conversation, in order, what happened to the group (`im.group`) among them. */
  messagesIn(conversationId: string): Message[] {
    return this.messages.filter((message) => message.conversationId === conversationId)
  }

  /** The words of the text messages that it holds of one conversation. */
  textsIn(conversationId: string): string[] {
    return wordsOf(this.messagesIn(conversationId))
  }

  /** The words of the text messages that it holds. */
  get texts(): string[] {
    return wordsOf(this.messages)
  }

  /** What was pushed to it live (s2c), in order. */
  get pushed(): { readonly topic: string; readonly payload: unknown }[] {
    return this.events
      .filter(({ event }) => event === 's2c')
      .map(({ payload: { topic, payload } }: { payload: { topic: string; payload: unknown } }) => ({ topic, payload }))
  }

  /**
   * Connects, or connects again, and catches up with what it missed.
   * @throws RookeryError where the app refuses it
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

  /** Goes away without a word, as into a tunnel. */
  disconnect(): void {
    this.connection?.disconnect()
  }

  /** Becomes slow: stays connected, but reads and acknowledges nothing more until `resume`. */
  stall(): void {
    this.online.stall()
  }

  /** Reads on. */
  resume(): void {
    this.online.resume()
  }

  /**
   * Sends a message, and waits until it is stored.
   * @param content the words of a text, or the content of whatever type
   * @throws RookeryError under the code that it is refused with
   */
  send(to: string, content: string | object, options: SendOptions = {}): Promise<Sent> {
    return this.say('c2c', to, content, options)
  }

  /**
   * Sends a message to a group, and waits until it is stored.
   * @param content as for `send`
   * @throws RookeryError under the code that it is refused with
   */
  sendToGroup(groupId: string, content: string | object, options: GroupSendOptions = {}): Promise<Sent> {
    return this.say('c2g', groupId, content, options)
  }

  /**
   * Makes a group whose owner is this device's user.
   * @param members besides the owner
   * @throws RookeryError under the code that it is refused with
   */
  createGroup(name: string, members: readonly string[], profile: GroupProfile = {}): Promise<GroupInfo> {
    return this.ask('group.create', { name, members, ...profile }) as Promise<GroupInfo>
  }

  /** Takes a message back. Answers the place of the control message that says so. */
  recall({ conversationId, seq }: Place): Promise<{ readonly seq: number }> {
    return this.ask('recall', { conversationId, seq }) as Promise<{ seq: number }>
  }

  /** Puts new content in the place of a message's. @param content as for `send` */
  edit({ conversationId, seq }: Place, content: string | object): Promise<{ readonly seq: number }> {
    return this.ask('edit', { conversationId, seq, content: contentOf(content) }) as Promise<{ seq: number }>
  }

  /** Reacts to a message, or takes the reaction back. */
  react(
    { conversationId, seq }: Place,
    reaction: string,
    { remove = false }: { readonly remove?: boolean } = {},
  ): Promise<{ readonly seq: number }> {
    return this.ask('react', { conversationId, seq, reaction, remove }) as Promise<{ seq: number }>
  }

  /** Reads up to a message. */
  read({ conversationId, seq }: Place): Promise<{ readonly readSeq: number; readonly unread: number }> {
    return this.ask('read', { conversationId, seq }) as Promise<{ readSeq: number; unread: number }>
  }

  /** Who has read a message, of those to whom it was said. */
  readers({ conversationId, seq }: Place) {
    return this.ask('readers', { conversationId, seq }) as Promise<{
      readonly read: number
      readonly total: number
      readonly userIds: readonly string[]
      readonly cursor?: string
    }>
  }

  /** The newest page of a conversation as it stands: with what was recalled, edited and reacted. */
  async history(conversationId: string): Promise<readonly Message[]> {
    return ((await this.ask('history', { conversationId })) as { messages: Message[] }).messages
  }

  /** A conversation as it stands in this user's list: unread, mentions, read position, pinned, muted. */
  conversation(conversationId: string): Promise<Conversation> {
    return this.ask('conversation.get', { conversationId }) as Promise<Conversation>
  }

  /** Asks the app's handler of a topic (c2s). */
  topic(topic: string, payload: unknown = null): Promise<unknown> {
    return this.ask('c2s', { topic, payload })
  }

  /**
   * Makes any request of the protocol.
   * @returns the `data` of its answer
   * @throws RookeryError where the answer is an error
   */
  async ask(event: string, request: object = {}): Promise<unknown> {
    const answer = (await Promise.race([this.online.request(event, request), this.ended])) as FakeAnswer
    if (answer.ok) return answer.data
    const { code, message, ...facts } = answer.error
    throw new RookeryError(code as ErrorCode, message, facts)
  }

  /**
   * Resolves with the first message that matches, as soon as the device holds it.
   * @throws Error after two seconds, with what it holds instead
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

  // A live entry may be seen before the page in front of it: answers are taken a turn later than events.
  private hold(entry: Entry): void {
    const before = this.entries.findLastIndex(({ seq }) => seq <= entry.seq)
    if (this.entries[before]?.seq !== entry.seq) {
      this.entries.splice(before + 1, 0, entry)
      this.timelines.tell(entry)
    }
    this.seq = Math.max(this.seq, entry.seq)
  }

  /** Pulls to the end, as a client does after a reconnect and when it is told `sync`. */
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
      // An entry that told of a timeline may be gone; a page of nothing that is not the last says that it does not know all.
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
