// What the server has at the end, read by a device of each user that does nothing else.
import type { Conversation, Entry, Message } from '@rookery/protocol'
import { FakeDevice, Naming, type SimulatedCluster, type VirtualClock } from '@rookery/testing'

export interface TruthOfUser {
  readonly conversations: readonly Conversation[]
  /** Every message of the conversations that the user is a member of, as history gives it, by conversation. */
  readonly history: ReadonlyMap<string, readonly Message[]>
  readonly mine: ReadonlyMap<string, readonly string[]>
  /** Messages that the inbox and the followed timelines gave, in order. */
  readonly given: readonly Message[]
}

export type Truth = ReadonlyMap<string, TruthOfUser>

export async function truthOf(
  cluster: SimulatedCluster,
  clock: VirtualClock,
  users: readonly string[],
): Promise<Truth> {
  const truth = new Map<string, TruthOfUser>()
  // A node may still be draining, and its replacement starts afterwards.
  const taking = () => cluster.nodes.find(({ isDraining, process }) => !isDraining && process.state === 'running')
  await clock.runUntil(() => taking() !== undefined, 60_000)
  const node = taking()!
  for (const user of users) {
    let isRead = false
    const reading = readAll(node.gate, user).finally(() => (isRead = true))
    await clock.runUntil(() => isRead, 60_000)
    truth.set(user, await reading)
  }
  return truth
}

/** Everything of one user, by a device that logs in for it. */
export async function readAll(gate: Parameters<typeof FakeDevice.connect>[0], user: string): Promise<TruthOfUser> {
  const auth = { token: user, deviceId: `${user}-witness`, deviceType: 'pad', since: 0 }
  const device = await FakeDevice.connect(gate, auth, { onMisshapen: null })
  const given: Message[] = []
  const timelines: Record<string, number> = {}
  const naming = new Naming(device.ready.limits.list)
  const ends: Record<string, number> = {}
  for (let since = 0, more = true; more;) {
    const page = await device.ask('pull', { since, timelines: naming.next(timelines) })
    for (const entry of page.entries as Entry[]) {
      if (entry.kind === 'message' && !entry.message.expired) given.push(entry.message)
      if (entry.kind === 'follow') {
        timelines[entry.conversationId] = entry.from
        delete ends[entry.conversationId]
      }
      if (entry.kind === 'unfollow') ends[entry.conversationId] = entry.to
    }
    for (const { conversationId, messages, seq } of page.timelines) {
      if (timelines[conversationId] === undefined) continue
      const first = messages[0]?.seq ?? seq
      if (first > (ends[conversationId] ?? Infinity)) continue
      given.push(...messages.filter((message: Message) => message.seq > timelines[conversationId]!))
      timelines[conversationId] = Math.max(seq, timelines[conversationId]!)
      if (timelines[conversationId]! >= (ends[conversationId] ?? Infinity)) delete timelines[conversationId]
    }
    since = page.seq
    more = page.more
  }
  const conversations: Conversation[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = await device.ask('conversations', cursor === undefined ? {} : { cursor })
    conversations.push(...page.conversations)
    cursor = page.cursor
    more = cursor !== undefined
  }
  const history = new Map<string, Message[]>()
  const mine = new Map<string, readonly string[]>()
  for (const { conversationId } of conversations) {
    const messages: Message[] = []
    for (let after = 0, more = true; more;) {
      const page = await device.ask('history', { conversationId, after })
      messages.push(...page.messages)
      for (const [id, reactions] of Object.entries(page.mine as Record<string, string[]>)) mine.set(id, reactions)
      after = messages.at(-1)?.seq ?? 0
      more = page.more
    }
    history.set(conversationId, messages)
  }
  device.disconnect()
  return { conversations, history, mine, given }
}
