// Reads everything of a scene, and calls what the command calls. The tests use it to compare a dialect with memory.
import type { Finding, RefusedResult, Storage, StorageResult, TrimLimits } from '@rookery/core'
import { conversationIds, type RandomChat } from './random-chat.js'

const byId =
  <K extends string>(key: K) =>
  (a: Record<K, string>, b: Record<K, string>): number =>
    a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0

/** Sorts what has no fixed order. */
export const plain = (result: StorageResult | RefusedResult): unknown => {
  if (result.status === 'refused') return { status: 'refused' }
  if ('delivered' in result) return { ...result, delivered: result.delivered.toSorted(byId('conversationId')) }
  if (!('facts' in result)) return result
  return { ...result, facts: result.facts.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)) }
}

/** Everything that can be read, in small pages where there are pages. */
export async function readAll(
  { timelines, heads, keys: stored, conversations, members, groups, devices, push }: Storage,
  { scene, keys }: Pick<RandomChat, 'scene' | 'keys'>,
): Promise<unknown> {
  const { users, groupIds } = scene
  const everybody = [...users, 'nobody']
  const ids = conversationIds(scene)
  const everywhere = [...ids, 'nowhere']
  const pairsOf = everybody.flatMap((userId) => everywhere.map((conversationId) => [userId, conversationId] as const))
  const all = <T, R>(list: readonly T[], read: (one: T) => Promise<R>): Promise<R[]> => Promise.all(list.map(read))
  const headsOf = await heads.conversations(everywhere)
  const asked = ids.flatMap((conversationId, index) =>
    Array.from({ length: headsOf[index]?.seq ?? 0 }, (_, seq) => ({ conversationId, seq: seq + 1 })),
  )
  return {
    heads: headsOf,
    users: await heads.users(everybody),
    loginEpoch: await heads.loginEpoch(),
    entriesAt: await all(everybody, (userId) => all([1, 4], (seq) => timelines.entryAt(userId, seq))),
    inboxes: await all(everybody, (userId) => timelines.inbox(userId, 0, 10_000)),
    followsAfter: await all(everybody, (userId) => heads.followsAfter(userId, null, 3)),
    follows: await all(everybody, async (userId) => (await heads.follows(userId)).toSorted(byId('conversationId'))),
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
    keys: await all(keys, ([from, key]) => stored.find(from, key)),
    views: await all(everybody, (userId) => conversations.views(userId, everywhere)),
    lists: await all(everybody, (userId) => conversations.list(userId, null, 3)),
    accesses: await all(everywhere, (id) => all([...everybody, null], (userId) => members.access(id, userId))),
    sharing: await all(everybody, (userId) => members.sharing(userId, everybody)),
    readers: await all(everywhere, (id) => all([1, 5, 15], (seq) => members.readers(id, seq, null, 100))),
    readersPaged: await all(everywhere, (id) => members.readers(id, 2, users[1]!, 2)),
    groups: await all(everywhere, (id) => groups.group(id)),
    rosters: await all(everywhere, async (id) => {
      const roster = await groups.roster(id)
      return roster && { ...roster, members: roster.members.toSorted(byId('userId')) }
    }),
    memberships: await all(groupIds, (id) => groups.memberships(id, everybody)),
    members: await all(groupIds, (id) => groups.members(id, null, 100)),
    membersPaged: await all(groupIds, (id) => groups.members(id, users[1]!, 2)),
    memberOf: await all(everybody, (userId) => groups.memberOf(userId, null, 3)),
    owned: await all(everybody, (userId) => groups.owned(userId)),
    push: (await push.list(everybody)).toSorted(byId('provider')).toSorted(byId('deviceId')).toSorted(byId('userId')),
    pushBehind: (await push.behind(null, 1000)).userIds.toSorted(),
    devices: (await devices.list(everybody)).toSorted(byId('deviceId')).toSorted(byId('userId')),
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

/** The findings of `verify`. */
export async function verify({ maintenance }: Storage, repair = false, rows = 150): Promise<Finding[]> {
  const findings: Finding[] = []
  for (let after: string | null = null; ;) {
    const step = await maintenance.verify({ after, rows, repair })
    findings.push(...step.findings)
    if (step.next === null) return findings
    after = step.next
  }
}

/** The content of a user's export, whatever the order of its conversations. */
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
