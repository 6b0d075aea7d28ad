// Random operations of every kind on a few users, conversations and groups: what a dialect is compared to memory by. Small
// worlds, so that operations meet: repeats, stale versions, people who come back, reactions to what was recalled, settings
// of a conversation that begins in the same batch.
import type {
  TrimLimits,
  GroupChange,
  NewMessage,
  StorageOp,
  StorageResult,
  RefusedResult,
  PushKey,
  SettingsOp,
} from '@rookery/core'
import type { SeededRandom } from '@rookery/testing'

/** Who takes part, and where. */
export interface Scene {
  /** Stands in every id and key, so that several scenes share a database and meet nowhere. */
  readonly mark: string
  readonly users: readonly string[]
  readonly groupIds: readonly string[]
  readonly pairs: readonly (readonly [string, string])[]
}

/** Seven people, three groups. */
export const town: Scene = {
  mark: '',
  users: ['ann', 'ben', 'cat', 'dan', 'eve', 'Fay', 'gus'],
  groupIds: ['group-1', 'group-2', 'group-3'],
  pairs: [
    ['ann', 'ben'],
    ['ben', 'cat'],
    ['dan', 'dan'],
  ],
}

/** Four people and one group, each with their own data in a database. */
export function house(mark: string): Scene {
  const [ann, ben, cat, fay] = ['ann', 'ben', 'cat', 'Fay'].map((name) => `${name}.${mark}`) as [
    string,
    string,
    string,
    string,
  ]
  return {
    mark: `.${mark}`,
    users: [ann, ben, cat, fay],
    groupIds: [`group.${mark}`],
    pairs: [
      [ann, ben],
      [ben, cat],
      [fay, fay],
    ],
  }
}

export const pairId = ([a, b]: readonly [string, string]): string => `c2c:${a}:${b}`
export const conversationIds = ({ groupIds, pairs }: Scene): string[] => [...groupIds, ...pairs.map(pairId)]
const reactions = ['+1', '7', '__proto__', '❤️']

/** Makes operations one after another; knows what the groups' versions were, so that most are not stale. */
export class RandomChat {
  #n = 0
  readonly #versions = new Map<string, number>()
  readonly #heads = new Map<string, number>()
  readonly #keys: [string | null, string][] = []
  readonly #conversationIds: readonly string[]
  readonly #pairIds: readonly string[]

  constructor(
    private readonly random: SeededRandom,
    readonly scene: Scene = town,
  ) {
    this.#conversationIds = conversationIds(scene)
    this.#pairIds = scene.pairs.map(pairId)
  }

  batch(opsMax = 8): StorageOp[] {
    return Array.from({ length: 1 + this.random.int(opsMax) }, () => this.#op())
  }

  /** What became of a batch. */
  learn(ops: readonly StorageOp[], results: readonly (StorageResult | RefusedResult)[]): void {
    for (const [index, op] of ops.entries()) {
      const result = results[index]!
      if (!('message' in op) || result.status !== 'stored') continue
      const { conversationId } = op.message
      this.#heads.set(conversationId, result.seq)
      if ('version' in result) this.#versions.set(conversationId, result.version)
    }
  }

  /** What retention is asked to take now and then: inboxes, timelines and keys, each for itself or together. */
  limits(): TrimLimits | null {
    const { random } = this
    if (random.int(12) > 0) return null
    const before = (): number | null =>
      random.int(2) === 0 ? null : 1_750_000_000_000 + (this.#n - random.int(150)) * 1000
    const timelineCount = random.int(3) === 0 ? 5 + random.int(20) : null
    return { inboxBefore: before(), timelineBefore: before(), timelineCount, keysBefore: before() }
  }

  get keys(): readonly (readonly [string | null, string])[] {
    return this.#keys
  }

  #op(): StorageOp {
    this.#n += 1
    const { random } = this
    const at = 1_750_000_000_000 + this.#n * 1000
    const userId = this.#pick(this.scene.users)
    const conversationId = this.#pick(this.#conversationIds)
    switch (this.#pick(kinds)) {
      case 'append': {
        const message = this.#message(conversationId, 'text', at)
        const members = this.#members(conversationId)
        return { op: 'append', message, members, movesPosition: random.int(4) > 0, ...this.#version(conversationId) }
      }
      case 'control':
        return this.#control(conversationId, userId, at)
      case 'group':
        return this.#group(this.#pick(this.scene.groupIds), at)
      case 'read':
        return { op: 'read', userId, conversationId, seq: this.#seq(conversationId), at }
    }
    return this.#other(userId, conversationId, at)
  }

  /** A few tokens, which go from device to device. */
  #push(key: PushKey, conversationId: string, at: number): StorageOp {
    const { random } = this
    const token = `token-${random.int(6)}`
    const boot = (): string => this.#pick(['one', 'two'])
    const { userId, deviceId, provider, app } = key
    switch (random.int(4)) {
      case 0:
        return { op: 'push-register', ...key, token, tokenHash: token, lang: random.int(2) > 0 ? 'de' : null, at }
      case 1: {
        const which = random.int(2) > 0 ? null : { provider, app, tokenHash: random.int(2) > 0 ? null : token }
        return { op: 'push-unregister', userId, deviceId, which }
      }
      case 2:
        return { op: 'push-claim', ...key, by: boot(), over: random.int(2) > 0 ? null : boot() }
    }
    const pushedIn = random.int(2) > 0 && { pushedIn: random.int(2) > 0 ? null : conversationId }
    return { op: 'pushed', ...key, by: boot(), ...(random.int(2) > 0 && { to: random.int(50) }), ...pushedIn }
  }

  /** What concerns one user alone. */
  #other(userId: string, conversationId: string, at: number): StorageOp {
    const { random } = this
    const deviceId = this.#pick(['phone', 'pc'])
    switch (
      this.#pick(['settings', 'settings', 'settings', 'device', 'device', 'custom', 'forget', 'login', 'push', 'push'])
    ) {
      case 'device': {
        const from = random.int(2) * random.int(30)
        const delivered = random.int(4) > 0 && { delivered: { from, to: from + random.int(200) } }
        const seen = random.int(3) > 0 && { seenAt: at }
        return { op: 'device', userId, deviceId, deviceType: deviceId, ...delivered, ...seen }
      }
      case 'custom': {
        const key = random.int(2) > 0 && { key: this.#key(null) }
        return { op: 'custom', userId, topic: 'order', payload: `${this.#n}`, at, ...key }
      }
      case 'forget':
        return { op: 'forget-device', userId, deviceId }
      case 'login':
        return { op: 'raise-login', userId }
      case 'push':
        return this.#push({ userId, deviceId, provider: this.#pick(['fcm', 'apns']), app: '' }, conversationId, at)
    }
    const isOneOff = random.int(2) === 0
    const change: Partial<Record<'pinned' | 'muted' | 'hidden', boolean>> = {}
    for (const name of ['pinned', 'muted', 'hidden'] as const)
      if (!isOneOff || random.int(3) === 0) change[name] = random.int(2) === 0
    const key: Pick<SettingsOp, 'key'> =
      random.int(3) > 0 ? {} : { key: { clientMsgId: this.#key(userId), digest: `settings-${random.int(3)}` } }
    return { op: 'settings', userId, conversationId, ...change, ...key, at }
  }

  /** A new key of somebody's; now and then one that was used. */
  #key(from: string | null): string {
    const used = this.#keys.filter(([of]) => of === from)
    if (used.length > 0 && this.random.int(5) === 0) return this.#pick(used)[1]
    const key = `key-${this.#n}${this.scene.mark}`
    this.#keys.push([from, key])
    return key
  }

  #control(conversationId: string, userId: string, at: number): StorageOp {
    // Reactions meet on few messages.
    const seq = this.random.int(2) === 0 ? 2 : this.#seq(conversationId)
    const kind = this.#pick(['recall', 'edit', 'edit', 'reaction', 'reaction', 'reaction'] as const)
    const change =
      kind === 'recall'
        ? { kind, seq }
        : kind === 'edit'
          ? { kind, seq, content: `{"text":"edit ${this.random.int(3)}"}` }
          : { kind, seq, userId, reaction: this.#pick(reactions), remove: this.random.int(3) === 0, max: 1 }
    const message = this.#message(conversationId, `im.${kind}`, at)
    const version = this.#version(conversationId)
    return { op: 'control', message, members: this.#members(conversationId), ...version, change }
  }

  #group(groupId: string, at: number): StorageOp {
    const { random } = this
    const some = (): string[] => this.scene.users.filter(() => random.int(4) === 0)
    const known = this.#versions.get(groupId) ?? null
    const version = random.int(12) === 0 ? 1 + random.int(4) : known
    const message = this.#message(groupId, 'im.group', at)
    const members = this.#members(groupId)
    if (version === null) {
      const join = this.scene.users
        .filter((_, index) => index === 0 || random.int(2) === 0)
        .map((userId, index) => ({
          userId,
          role: index === 0 ? ('owner' as const) : ('member' as const),
          reads: 'from-now' as const,
        }))
      return { op: 'group', message, version, members, change: { name: `name of ${groupId}`, join } }
    }
    const change: GroupChange = {
      ...(random.int(3) === 0 && { name: `name ${random.int(100)}` }),
      ...(random.int(3) === 0 && { avatar: this.#pick([null, 'a.png']), ext: this.#pick([null, '{"n":1}']) }),
      ...(random.int(4) === 0 && { announcement: this.#pick([null, 'hear, hear']) }),
      ...(random.int(2) === 0 && {
        join: some().map((userId) => ({
          userId,
          role: this.#pick(['member', 'admin'] as const),
          reads: this.#pick(['from-now', 'everything'] as const),
        })),
      }),
      ...(random.int(2) === 0 && { leave: some() }),
      ...(random.int(4) === 0 && {
        roles: some().map((userId) => ({ userId, role: this.#pick(['admin', 'member'] as const) })),
      }),
      ...(random.int(4) === 0 && { mutes: some().map((userId) => ({ userId, until: random.int(2) * at })) }),
      ...(random.int(6) === 0 && { mutedUntil: random.int(2) * at }),
      ...(random.int(14) === 0 && { fanOut: 'read' as const }),
      ...(random.int(60) === 0 && { dissolve: true as const }),
    }
    return { op: 'group', message, version, members, change }
  }

  #message(conversationId: string, type: string, at: number): NewMessage {
    const { random } = this
    const pair = this.scene.pairs[this.#pairIds.indexOf(conversationId)]
    const from = random.int(15) === 0 ? null : this.#pick(pair ?? this.scene.users)
    const silent = random.int(8) === 0
    const isRepeat = random.int(15) === 0 && this.#keys.length > 0
    const [keyFrom, clientMsgId] = isRepeat ? this.#pick(this.#keys) : [from, `key-${this.#n}${this.scene.mark}`]
    if (!isRepeat) this.#keys.push([from, clientMsgId])
    return {
      msgId: `message-${this.#n}${this.scene.mark}`,
      clientMsgId,
      conversationId,
      kind: pair ? 'c2c' : 'c2g',
      from: keyFrom,
      to: pair ? (pair.find((one) => one !== keyFrom) ?? pair[0]) : null,
      subject: '',
      type,
      content: `{"text":"${this.#n}"}`,
      ext: random.int(5) === 0 ? '{"ext":true}' : null,
      replyTo: null,
      silent,
      mentions: random.int(4) === 0 ? [this.#pick([...this.scene.users, '@all'])] : null,
      viaServer: random.int(6) === 0,
      countable: !silent && !type.startsWith('im.'),
      clientTime: null,
      serverTime: at,
      digest: `digest-${this.#n}`,
    }
  }

  #version(conversationId: string): { version?: number } {
    const known = this.#versions.get(conversationId)
    if (known === undefined || this.random.int(5) === 0) return {}
    return { version: this.random.int(8) === 0 ? known - 1 : known }
  }

  #members(conversationId: string): string[] {
    const pair = this.scene.pairs[this.#pairIds.indexOf(conversationId)]
    return pair ? [...new Set(pair)] : this.scene.users.filter(() => this.random.int(3) > 0)
  }

  /** Mostly one of the last, sometimes none. */
  #seq(conversationId: string): number {
    const head = this.#heads.get(conversationId) ?? 0
    return Math.max(1, head + 2 - this.random.int(12))
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.random.int(from.length)]!
  }
}

const kinds = [
  ...(['append', 'append', 'append', 'append', 'control', 'control', 'group', 'group'] as const),
  ...(['read', 'other', 'other'] as const),
]
