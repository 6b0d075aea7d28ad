// The scene of one case: a started storage, ids that no other case uses, and short methods to write and read.
import { expect } from 'vitest'
import {
  type AppendOp,
  type AppendResult,
  type ConversationView,
  type CustomOp,
  type Device,
  type DeviceOp,
  type NewMessage,
  type OpResults,
  type ReadOp,
  type SettingsOp,
  type Storage,
  type StorageInfo,
  type StorageOp,
  type StoredEntry,
  type StoredMessage,
  SystemRandom,
} from '@rookery/core'
import type { ConversationId, DeviceId, Seq, UserId } from '@rookery/protocol'
import type { StorageSubject } from './subject.js'

type StoredResult = Extract<AppendResult, { status: 'stored' }>
type Resolved<Ops extends readonly StorageOp[]> = { -readonly [K in keyof Ops]: OpResults[Ops[K]['op']] }
export type Said = Partial<NewMessage> & Partial<Pick<AppendOp, 'members' | 'movesPosition'>>

const random = new SystemRandom()
/** The first time of the cases; each message and change is a millisecond later. */
const startAt = 1_750_000_000_000

export class StorageScene {
  /** The instances that this scene started and has to stop. */
  readonly #running = new Set<Storage>()
  readonly #mark = random.id()
  #made = 0

  private constructor(
    private readonly subject: StorageSubject,
    public storage: Storage,
    public info: StorageInfo,
    private readonly isOwner: boolean,
  ) {}

  /** Starts the subject's storage. */
  static async open(subject: StorageSubject): Promise<StorageScene> {
    const scene = new StorageScene(subject, subject.storage, { epoch: '', warnings: [] }, true)
    scene.info = await scene.#start(subject.storage)
    return scene
  }

  /** The scene of another case on the same storage, which that case must not stop. */
  beside(): StorageScene {
    return new StorageScene(this.subject, this.storage, this.info, false)
  }

  async close(): Promise<void> {
    for (const storage of this.#running) await storage.stop()
    this.#running.clear()
    if (this.isOwner) await this.subject.dispose()
  }

  /** Stops the storage and opens the same data again. */
  async reopen(): Promise<void> {
    if (!this.subject.reopen) throw new Error('the subject declares `reopen` and gives no such function')
    await this.stop()
    this.storage = await this.subject.reopen()
    this.info = await this.#start(this.storage)
  }

  async stop(): Promise<void> {
    if (!this.isOwner) throw new Error('a case that stops its storage must be marked `alone`')
    this.#running.delete(this.storage)
    await this.storage.stop()
  }

  /** Starts a further instance on the same data. */
  async another(): Promise<Storage> {
    if (!this.subject.another) throw new Error('the subject declares `another` and gives no such function')
    const storage = await this.subject.another()
    await this.#start(storage)
    return storage
  }

  async #start(storage: Storage): Promise<StorageInfo> {
    this.#running.add(storage)
    return storage.start()
  }

  /** Returns a later time than any before. */
  now(): number {
    return startAt + (this.#made += 1)
  }

  user = (name: string): UserId => `${name}.${this.#mark}`

  users<const Names extends readonly string[]>(...names: Names): { [K in keyof Names]: UserId } {
    return names.map(this.user) as { [K in keyof Names]: UserId }
  }

  conversation = (name: string): ConversationId => `in.${name}.${this.#mark}`

  /** A clientMsgId. It need not be unique among users, but the system's must be. */
  key = (name: string): string => `${name}.${this.#mark}`

  /** The conversation of two of this scene's users. */
  between = (a: UserId, b: UserId): ConversationId =>
    this.conversation(
      [a, b]
        .map((id) => id.slice(0, -this.#mark.length))
        .sort()
        .join(''),
    )

  /** A c2c message, with the given fields in place of the defaults. */
  say(from: UserId, to: UserId, said: Said = {}): AppendOp {
    const { members = from === to ? [from] : [from, to], movesPosition = true, ...given } = said
    const serverTime = this.now()
    const message: NewMessage = {
      msgId: `m${this.#made}.${this.#mark}`,
      clientMsgId: this.key(`c${this.#made}`),
      conversationId: this.between(from, to),
      kind: 'c2c',
      from,
      to,
      subject: '',
      type: 'text',
      content: JSON.stringify({ text: `message ${this.#made}` }),
      ext: null,
      replyTo: null,
      silent: false,
      mentions: null,
      viaServer: false,
      countable: true,
      clientTime: null,
      serverTime,
      digest: `digest-${this.#made}`,
      ...given,
    }
    return { op: 'append', message, members, movesPosition }
  }

  read = (userId: UserId, conversationId: ConversationId, seq: Seq): ReadOp => ({
    op: 'read',
    userId,
    conversationId,
    seq,
    at: this.now(),
  })

  settings = (
    userId: UserId,
    conversationId: ConversationId,
    change: Pick<SettingsOp, 'pinned' | 'muted' | 'hidden' | 'key'>,
  ): SettingsOp => ({ op: 'settings', userId, conversationId, at: this.now(), ...change })

  custom = (userId: UserId, topic: string, payload: string): CustomOp => ({
    op: 'custom',
    userId,
    topic,
    payload,
    at: this.now(),
  })

  device = (userId: UserId, deviceId: DeviceId, given: Partial<DeviceOp> = {}): DeviceOp => ({
    op: 'device',
    userId,
    deviceId,
    deviceType: 'phone',
    ...given,
  })

  /** Commits, and returns the results; none may be a refusal. */
  async commit<const Ops extends readonly StorageOp[]>(...ops: Ops): Promise<Resolved<Ops>> {
    return this.commitOn(this.storage, ops)
  }

  async commitOn<const Ops extends readonly StorageOp[]>(storage: Storage, ops: Ops): Promise<Resolved<Ops>> {
    const results = await storage.commit(ops)
    expect(results).toHaveLength(ops.length)
    for (const result of results) if (result.status === 'refused') throw result.error
    return results as Resolved<Ops>
  }

  /** Commits messages together; each must be new. */
  async store(...ops: readonly AppendOp[]): Promise<StoredResult[]> {
    const results: readonly AppendResult[] = await this.commit(...ops)
    return results.map((result) => stored(result))
  }

  async storeOne(op: AppendOp): Promise<StoredResult> {
    return only(await this.store(op))
  }

  /** The whole inbox, in one page. */
  async inbox(userId: UserId, storage = this.storage): Promise<readonly StoredEntry[]> {
    return (await storage.timelines.inbox(userId, 0, 100_000)).entries
  }

  /** The last entry of the inbox, which must be a fact, with its body parsed. */
  async lastFact(userId: UserId): Promise<{ readonly seq: Seq; readonly kind: string; readonly body: unknown }> {
    const entry = (await this.inbox(userId)).at(-1)
    if (!entry || entry.kind === 'message') throw new Error('the last entry is no fact')
    return { seq: entry.seq, kind: entry.kind, body: JSON.parse(entry.body) as unknown }
  }

  async timeline(conversationId: ConversationId, storage = this.storage): Promise<readonly StoredMessage[]> {
    return (await storage.timelines.messages(conversationId, { after: 0, limit: 100_000 })).messages
  }

  async head(userId: UserId): Promise<Seq> {
    return only(await this.storage.heads.users([userId])).seq
  }

  /** One member's view; the user must be a member. */
  async view(userId: UserId, conversationId: ConversationId): Promise<ConversationView> {
    const view = only(await this.storage.conversations.views(userId, [conversationId]))
    if (view === null) throw new Error(`${userId} is no member of ${conversationId}`)
    return view
  }

  async deviceOf(userId: UserId, deviceId: DeviceId): Promise<Device> {
    const found = (await this.storage.devices.list([userId])).find((one) => one.deviceId === deviceId)
    if (!found) throw new Error(`no device ${deviceId}`)
    return found
  }
}

export function stored(result: AppendResult): StoredResult {
  if (result.status !== 'stored') throw new Error(`expected a stored message, got ${JSON.stringify(result)}`)
  return result
}

/** The only element of a list that must have exactly one. */
export function only<T>(list: readonly T[]): T {
  expect(list).toHaveLength(1)
  return list[0] as T
}

/** `[1, 2, … n]` */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1)
