// Random operations on a few users, conversations and groups, and everything that can be read of them: what a dialect is
// compared to memory by. Small worlds, so that operations meet: repeats, stale versions, people who come back, reactions
// to what was recalled.
import type {
  Finding,
  TrimLimits,
  GroupChange,
  NewMessage,
  Storage,
  StorageOp,
  StorageResult,
  RefusedResult,
} from '@rookery/core'
import type { SeededRandom } from '@rookery/core/testing'

export const users = ['ann', 'ben', 'cat', 'dan', 'eve', 'Fay', 'gus']
export const groupIds = ['group-1', 'group-2', 'group-3']
const pairs = [
  ['ann', 'ben'],
  ['ben', 'cat'],
  ['dan', 'dan'],
] as const
const pairIds = pairs.map(([a, b]) => `c2c:${a}:${b}`)
export const conversationIds = [...groupIds, ...pairIds]
const reactions = ['+1', '7', '__proto__', '❤️']

/** Makes operations one after another; knows what the groups' versions were, so that most are not stale. */
export class RandomChat {
  #n = 0
  readonly #versions = new Map<string, number>()
  readonly #heads = new Map<string, number>()
  readonly #keys: [string | null, string][] = []

  constructor(private readonly random: SeededRandom) {}

  batch(): StorageOp[] {
    return Array.from({ length: 1 + this.random.int(8) }, () => this.#op())
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
    const userId = this.#pick(users)
    const conversationId = this.#pick(conversationIds)
    switch (
      this.#pick(['append', 'append', 'append', 'append', 'control', 'control', 'group', 'group', 'read', 'other'])
    ) {
      case 'append': {
        const message = this.#message(conversationId, 'text', at)
        const members = this.#members(conversationId)
        return { op: 'append', message, members, movesPosition: random.int(4) > 0, ...this.#version(conversationId) }
      }
      case 'control':
        return this.#control(conversationId, userId, at)
      case 'group':
        return this.#group(this.#pick(groupIds), at)
      case 'read':
        return { op: 'read', userId, conversationId, seq: this.#seq(conversationId), at }
    }
    if (random.int(3) === 0) {
      const to = random.int(200)
      return { op: 'device', userId, deviceId: 'phone', deviceType: 'phone', delivered: { from: 0, to }, seenAt: at }
    }
    const kept = { pinned: random.int(2) === 0, muted: random.int(2) === 0, hidden: random.int(2) === 0 }
    return { op: 'settings', userId, conversationId, ...kept, at }
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
    const some = (): string[] => users.filter(() => random.int(4) === 0)
    const known = this.#versions.get(groupId) ?? null
    const version = random.int(12) === 0 ? 1 + random.int(4) : known
    const message = this.#message(groupId, 'im.group', at)
    const members = this.#members(groupId)
    if (version === null) {
      const join = users
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
    const pair = pairs[pairIds.indexOf(conversationId)]
    const from = random.int(15) === 0 ? null : this.#pick(pair ?? users)
    const silent = random.int(8) === 0
    const isRepeat = random.int(15) === 0 && this.#keys.length > 0
    const [keyFrom, clientMsgId] = isRepeat ? this.#pick(this.#keys) : [from, `key-${this.#n}`]
    if (!isRepeat) this.#keys.push([from, clientMsgId])
    return {
      msgId: `message-${this.#n}`,
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
      mentions: random.int(4) === 0 ? [this.#pick([...users, '@all'])] : null,
      viaServer: false,
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
    const pair = pairs[pairIds.indexOf(conversationId)]
    return pair ? [...new Set(pair)] : users.filter(() => this.random.int(3) > 0)
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

const byId =
  <K extends string>(key: K) =>
  (a: Record<K, string>, b: Record<K, string>): number =>
    a[key] < b[key] ? -1 : 1

/** What is in no order is put into one. */
export const plain = (result: StorageResult | RefusedResult): unknown => {
  if (result.status === 'refused') return { status: 'refused' }
  if ('delivered' in result) return { ...result, delivered: result.delivered.toSorted(byId('conversationId')) }
  if (!('facts' in result)) return result
  return { ...result, facts: result.facts.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)) }
}

/** Everything that can be read, in small pages where there are pages. */
export async function readAll(
  { timelines, conversations, members, groups, devices }: Storage,
  keys: readonly (readonly [string | null, string])[],
): Promise<unknown> {
  const everybody = [...users, 'nobody']
  const everywhere = [...conversationIds, 'nowhere']
  const pairsOf = everybody.flatMap((userId) => everywhere.map((conversationId) => [userId, conversationId] as const))
  const all = <T, R>(list: readonly T[], read: (one: T) => Promise<R>): Promise<R[]> => Promise.all(list.map(read))
  const heads = await timelines.conversationHeads(everywhere)
  const asked = conversationIds.flatMap((conversationId, index) =>
    Array.from({ length: heads[index]?.seq ?? 0 }, (_, seq) => ({ conversationId, seq: seq + 1 })),
  )
  return {
    heads,
    users: await timelines.heads(everybody),
    inboxes: await all(everybody, (userId) => timelines.inbox(userId, 0, 10_000)),
    follows: await all(everybody, async (userId) => (await timelines.follows(userId)).toSorted(byId('conversationId'))),
    messages: await all(everywhere, (id) => timelines.messages(id, { limit: 10_000 })),
    history: await all(pairsOf, ([reader, id]) => timelines.messages(id, { limit: 10_000, reader })),
    newest: await all(pairsOf, ([reader, id]) => timelines.messages(id, { limit: 3, reader })),
    before: await all(pairsOf, ([reader, id]) => timelines.messages(id, { before: 9, limit: 3, reader })),
    after: await all(pairsOf, ([reader, id]) => timelines.messages(id, { after: 4, limit: 3, reader })),
    between: await all(pairsOf, ([reader, id]) => timelines.messages(id, { after: 2, before: 12, limit: 4, reader })),
    timelines: await all(pairsOf, ([userId, id]) => timelines.timeline(userId, id, 0, 10_000)),
    pages: await all(pairsOf, ([userId, id]) => timelines.timeline(userId, id, 5, 3)),
    reactions: await all(everybody, async (userId) =>
      (await timelines.reactions(userId, asked)).map((own) => own.toSorted()),
    ),
    keys: await all(keys, ([from, key]) => timelines.key(from, key)),
    views: await all(everybody, (userId) => conversations.views(userId, everywhere)),
    lists: await all(everybody, (userId) => conversations.list(userId, null, 3)),
    accesses: await all(everywhere, (id) => all([...everybody, null], (userId) => members.access(id, userId))),
    sharing: await all(everybody, (userId) => members.sharing(userId, everybody)),
    readers: await all(everywhere, (id) => all([1, 5, 15], (seq) => members.readers(id, seq, null, 100))),
    readersPaged: await all(everywhere, (id) => members.readers(id, 2, 'ben', 2)),
    groups: await all(everywhere, (id) => groups.group(id)),
    rosters: await all(everywhere, async (id) => {
      const roster = await groups.roster(id)
      return roster && { ...roster, members: roster.members.toSorted(byId('userId')) }
    }),
    memberships: await all(groupIds, (id) => groups.memberships(id, everybody)),
    members: await all(groupIds, (id) => groups.members(id, null, 100)),
    membersPaged: await all(groupIds, (id) => groups.members(id, 'ben', 2)),
    owned: await all(everybody, (userId) => groups.owned(userId)),
    devices: (await devices.list(everybody)).toSorted(byId('userId')),
  }
}

/** Trims to the end, in steps of this size. */
export async function trim({ maintenance }: Storage, limits: TrimLimits, rows: number): Promise<void> {
  for (let after: string | null = null; ;) {
    const { next } = await maintenance.trim(limits, { after, rows })
    if (next === null) return
    after = next
  }
}

/** What `verify` finds wrong. */
export async function verify({ maintenance }: Storage, repair = false, rows = 150): Promise<Finding[]> {
  const findings: Finding[] = []
  for (let after: string | null = null; ;) {
    const step = await maintenance.verify({ after, rows, repair })
    findings.push(...step.findings)
    if (step.next === null) return findings
    after = step.next
  }
}

/** What an export of a user holds, in no order of conversations. */
export async function exported({ maintenance }: Storage, userId: string): Promise<unknown> {
  const records: unknown[] = []
  for (let after: string | null = null; ;) {
    const { memberships, messages, next } = await maintenance.export(userId, { after, rows: 11 })
    records.push(...memberships, ...messages)
    if (next === null) return records.map((record) => JSON.stringify(record)).toSorted()
    after = next
  }
}

/** Erases a user to the end, in steps of this size. */
export async function erase({ maintenance }: Storage, userId: string, rows: number): Promise<void> {
  for (let after: string | null = null; ;) {
    const { next } = await maintenance.erase(userId, { after, rows })
    if (next === null) return
    after = next
  }
}
