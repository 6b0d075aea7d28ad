// What an app holds and was told, against what the server has.
import { isDeepStrictEqual } from 'node:util'
import type { Message } from '@rookery/protocol'
import type { SimApp } from './sim-app.js'
import type { Truth, TruthOfUser } from './truth.js'

const isChange = ({ type }: Message): boolean => ['im.recall', 'im.edit', 'im.reaction'].includes(type)
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** What is wrong, in words; empty if nothing is. */
export async function compare(apps: readonly SimApp[], truth: Truth): Promise<string[]> {
  const faults: string[] = []
  for (const app of apps) {
    const say = (what: string): void => void faults.push(`${app.deviceId}: ${what}`)
    const of = truth.get(app.user)!
    if (app.running === null || app.status.status !== 'live') {
      say(`is not live but ${JSON.stringify(app.status)}`)
      continue
    }
    await checkSends(app, of, truth, say)
    checkTold(app, of, say)
    await checkConversations(app, of, say)
    await checkMessages(app, of, say)
    checkWindows(app, of, say)
  }
  return faults
}

type Say = (what: string) => void

/** Every send ends in one state, and the outbox is empty but for what was refused. */
async function checkSends(app: SimApp, { given }: TruthOfUser, truth: Truth, say: Say): Promise<void> {
  for (const { clientMsgId, state } of await app.disk.all('outbox'))
    if (state !== 'failed') say(`${clientMsgId} is still ${state}`)
  const everything = [...truth.values()].flatMap((of) => of.given)
  const places = new Map<string, Message[]>()
  for (const one of app.sent.values()) {
    const stored = [
      ...new Map(
        everything.filter((m) => m.from === app.user && m.clientMsgId === one.key).map((m) => [m.msgId, m]),
      ).values(),
    ]
    if (stored.length > 1) say(`${one.key} was stored ${stored.length} times`)
    if (one.state === 'open') say(`${one.key} has not ended`)
    if (one.state === 'sent' && stored.length === 0) say(`${one.key} was sent, and is not there`)
    if (one.state === 'failed' && stored.length > 0) say(`${one.key} failed, and is there`)
    const [message] = stored
    if (message !== undefined) places.set(one.conversation, [...(places.get(one.conversation) ?? []), message])
  }
  for (const messages of places.values()) {
    const bySeq = [...messages].sort((a, b) => a.seq - b.seq)
    const orders = bySeq.map(({ clientMsgId }) => app.sent.get(clientMsgId)!.order)
    if (orders.some((order, index) => index > 0 && order < orders[index - 1]!))
      say(`sent in this order, and stored in another: ${orders.join(' ')}`)
  }
  if (given.length === 0 && app.sent.size > 20) say('nothing was stored')
}

/** Invariant 17: called back once for each message that came after the device began, in order. */
function checkTold(app: SimApp, { given }: TruthOfUser, say: Say): void {
  const placeOf = ({ conversationId, seq }: Message): string => `${conversationId} ${seq}`
  const told = app.told.messages.map(placeOf)
  if (new Set(told).size !== told.length) say('invariant 17: told twice of one message')
  const wanted = given.filter((message) => !isChange(message)).map(placeOf)
  const first = wanted.findIndex((place) => told.includes(place))
  if (first === -1) return
  // By conversation: two timelines may come in any order.
  const began = new Map<string, number>()
  for (const { conversationId, seq } of app.told.messages)
    if (!began.has(conversationId)) began.set(conversationId, seq)
  for (const message of given) {
    const { type, content, conversationId, seq } = message
    const { event, userIds } = (content ?? {}) as { event?: string; userIds?: string[] }
    // What was said while the user was no member may be read afterwards, and is not told live.
    if (type === 'im.group' && event === 'added' && userIds?.includes(app.user))
      began.set(conversationId, Math.max(began.get(conversationId) ?? seq, seq))
  }
  for (const message of given) {
    const from = began.get(message.conversationId)
    if (isChange(message) || from === undefined || message.seq < from) continue
    const place = placeOf(message)
    if (!told.includes(place) && !app.told.lost.has(place)) say(`invariant 17: never told of ${place}`)
  }
}

/** The list, and the numbers in it, are the server's. */
async function checkConversations(app: SimApp, { conversations }: TruthOfUser, say: Say): Promise<void> {
  const { client } = app.running!
  const rows = (await app.disk.all('conversations')).filter(({ isGone }) => !isGone)
  const ids = new Set(conversations.map(({ conversationId }) => conversationId))
  for (const { conversationId } of rows)
    if (!ids.has(conversationId)) say(`lists ${conversationId}, which is not there`)
  for (const wanted of conversations) {
    const row = rows.find(({ conversationId }) => conversationId === wanted.conversationId)
    if (row === undefined) {
      say(`does not list ${wanted.conversationId}`)
      continue
    }
    for (const field of [
      'unread',
      'mentioned',
      'readSeq',
      'seq',
      'pinned',
      'muted',
      'hidden',
      'name',
      'peerId',
      'subject',
    ] as const)
      if (row[field] !== wanted[field])
        say(`invariant 20: ${field} of ${wanted.conversationId} is ${String(row[field])}, not ${String(wanted[field])}`)
    const [mine, theirs] = [row.lastMessage, wanted.lastMessage]
    if (mine?.seq !== theirs?.seq || !isDeepStrictEqual(mine?.content, theirs?.content))
      say(`the last message of ${wanted.conversationId} is ${JSON.stringify(mine)}, not ${JSON.stringify(theirs)}`)
  }
  const total = conversations.reduce((sum, { unread }) => sum + unread, 0)
  if (client.unreadTotal.getSnapshot() !== total)
    say(`unread in all is ${client.unreadTotal.getSnapshot()}, not ${total}`)
}

/** What is held is as the server has it. */
async function checkMessages(app: SimApp, { history, mine }: TruthOfUser, say: Say): Promise<void> {
  const ranges = await app.disk.all('ranges')
  for (const [conversationId, messages] of history) {
    const rows = await app.disk.messages({ conversationId, from: 0, to: Infinity })
    const bySeq = new Map(rows.map((row) => [row.seq, row]))
    for (const { from, to } of ranges.filter((range) => range.conversationId === conversationId))
      for (const message of messages)
        if (message.seq >= from && message.seq <= to && !bySeq.has(message.seq) && !isChange(message))
          say(`${conversationId} ${message.seq} lies in the run ${from} to ${to}, and is not held`)
    for (const message of messages) {
      const row = bySeq.get(message.seq)
      if (row === undefined) continue
      if (!isDeepStrictEqual(asJson(row.message), asJson(message)))
        say(
          `${conversationId} ${message.seq} is held as ${JSON.stringify(row.message)}, not ${JSON.stringify(message)}`,
        )
      const reactions = [...(mine.get(message.msgId) ?? [])].sort()
      if (!isDeepStrictEqual([...row.mine].sort(), reactions))
        say(`my reactions to ${conversationId} ${message.seq} are ${row.mine.join(' ')}, not ${reactions.join(' ')}`)
    }
  }
}

/** No window ever showed two messages with a third between them that was there and was not shown. */
function checkWindows(app: SimApp, { history }: TruthOfUser, say: Say): void {
  for (const { conversation, seqs } of app.windows) {
    const messages = history.get(conversation)
    if (messages === undefined || seqs.length < 2) continue
    const [first, last] = [seqs[0]!, seqs.at(-1)!]
    if (seqs.some((seq, index) => index > 0 && seq <= seqs[index - 1]!))
      say(`a window is not in order: ${seqs.join(' ')}`)
    const shown = new Set(seqs)
    const hole = messages.find(
      (message) => message.seq > first && message.seq < last && !shown.has(message.seq) && !isChange(message),
    )
    if (hole !== undefined) return say(`a window of ${conversation} crossed the hole at ${hole.seq}: ${seqs.join(' ')}`)
  }
  for (const view of app.views) {
    const { error, isLoading } = view.getSnapshot()
    if (isLoading) say('a window still loads')
    // A person who is no member any more is refused.
    if (error !== undefined && (error as { code?: string }).code !== 'NOT_FOUND')
      say(`a window failed: ${error instanceof Error ? error.message : 'unknown'}`)
  }
}
