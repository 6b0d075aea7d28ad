// Invariants 18 to 20: delivered, read and unread.
import type { Invariants, Report } from './invariants.js'
import type { WireEntry } from '../history.js'
import { type Observed, type ObservedConnection } from '../observed.js'

export const checkPositions: Invariants = (observed, report) => {
  delivered(observed, report)
  readPositions(observed, report)
}

/**
 * 18: an acknowledgement counts up to what the device received, and a receipt tells only what some device acknowledged.
 */
function delivered(observed: Observed, report: Report): void {
  /** For each connection: where its range began, how far it received entries, and what it acknowledged. */
  const ranges = new Map<number, { from: number; given: number; to: number; user: string }>()
  const requests = new Map(observed.requests.map((request) => [request.n, request]))
  const inboxes = seenInboxes(observed)
  for (const event of observed.history) {
    // A handshake that the server performed acknowledges, even if its client never learned of it.
    if (event.t === 'dial' && event.given.since !== undefined)
      ranges.set(event.conn, { from: 0, given: 0, to: event.given.since, user: event.user })
    if (event.t === 'connect') {
      const { since } = event.given
      const start = since === undefined ? event.ready.seq : event.ready.reset ? 0 : since
      const from = since === undefined ? start : 0
      ranges.set(event.conn, { from, given: start, to: since === undefined ? from : start, user: event.user })
      continue
    }
    if (event.t === 'request') {
      const range = ranges.get(event.conn)
      // Others may hear of an acknowledgement before the server has answered it.
      if (range !== undefined && event.event === 'ack') range.to = Math.max(range.to, event.body.seq)
      if (range !== undefined && event.event === 'pull') range.to = Math.max(range.to, event.body.since)
    }
    if (event.t === 'answer' && event.ok) {
      const request = requests.get(event.n)
      const range = ranges.get(event.conn)
      if (range === undefined) continue
      if (request?.event === 'pull') range.given = Math.max(range.given, event.data.seq)
      if (request?.event === 'ack' && event.data.seq > Math.min(request.body.seq, range.given))
        report(18, `an acknowledgement of ${request.body.seq} counted as ${event.data.seq}, given ${range.given}`)
    }
    if (event.t !== 'event') continue
    const range = ranges.get(event.conn)
    if (event.event === 'entries' && range !== undefined)
      range.given = Math.max(range.given, event.payload.entries.at(-1)?.seq ?? 0)
    if (event.event === 'receipt' && event.payload.deliveredSeq !== undefined) {
      const { conversationId, userId, deliveredSeq } = event.payload
      const inbox = inboxes.get(userId)
      const place = inbox?.places.get(`${conversationId} ${deliveredSeq}`)
      const mayCover = (from: number, to: number): boolean =>
        place === undefined ? hasUnseen(inbox?.seen, from, to) : from < place && place <= to
      const isTrue = [...ranges.values()].some(({ user, from, to }) => user === userId && mayCover(from, to))
      if (!isTrue)
        report(18, `${userId} was said to have received ${conversationId} ${deliveredSeq}, and did not say so`)
    }
  }
}

/** What all devices of a user together received of its inbox. */
interface SeenInbox {
  readonly seen: Set<number>
  /** Messages by conversation and place there. */
  readonly places: Map<string, number>
}

// Not only from the final reports: if a user's devices did not come back, there are none.
function seenInboxes({ given }: Observed): Map<string, SeenInbox> {
  const inboxes = new Map<string, SeenInbox>()
  for (const { user, entry } of given) {
    let inbox = inboxes.get(user)
    if (inbox === undefined) inboxes.set(user, (inbox = { seen: new Set(), places: new Map() }))
    inbox.seen.add(entry.seq)
    const { message } = entry
    if (message !== undefined) inbox.places.set(`${message.conversationId} ${message.seq}`, entry.seq)
  }
  return inboxes
}

/**
 * Tells whether there is an entry between two places that no device received: an acknowledgement may name it all the
 * same.
 */
function hasUnseen(seen: ReadonlySet<number> | undefined, from: number, to: number): boolean {
  for (let place = from + 1; place <= to; place++) if (seen?.has(place) !== true) return true
  return false
}

/** 19 and 20 */
function readPositions(
  { requests, inboxes, keys, given, messages, talks, connections }: Observed,
  report: Report,
): void {
  /** For each user and conversation: what is known to be read, and by when; and the highest possible read position. */
  const positions = new Map<string, { known: { index: number; seq: number }[]; most: number }>()
  const of = (user: string, conversationId: string) => {
    const name = `${user} ${conversationId}`
    let position = positions.get(name)
    if (position === undefined) positions.set(name, (position = { known: [], most: 0 }))
    return position
  }
  for (const { user, sends } of keys.values())
    for (const { answer } of sends)
      if (answer?.ok === true)
        of(user, answer.data.conversationId).known.push({ index: answer.index, seq: answer.data.seq })
  const mayBe = (user: string, conversationId: string, seq: number): void => {
    const position = of(user, conversationId)
    position.most = Math.max(position.most, seq)
  }
  for (const { message } of messages)
    if (message.from !== null) mayBe(message.from, message.conversationId, message.seq)
  // A new member has read what was sent before it joined.
  for (const [conversationId, { stays }] of talks)
    for (const [user, ofUser] of stays) for (const { joined } of ofUser) mayBe(user, conversationId, joined - 1)
  for (const { event, body, connection } of requests)
    if (event === 'read') mayBe(connection.user, body.conversationId, body.seq)
  for (const { event, body, connection, index, answer } of requests) {
    if (event !== 'read' || answer?.ok !== true) continue
    const { user } = connection
    const { readSeq, unread, atSeq } = answer.data
    const name = `${user} ${body.conversationId}`
    const position = of(user, body.conversationId)
    const before = Math.max(0, ...position.known.filter((one) => one.index < index).map(({ seq }) => seq))
    if (readSeq < before) report(19, `${name} was read up to ${before}, then ${readSeq}`)
    if (readSeq > atSeq) report(19, `${name} is read up to ${readSeq} of ${atSeq}`)
    if (readSeq < Math.min(body.seq, atSeq)) report(19, `${name} was read up to ${body.seq} and stands at ${readSeq}`)
    unreadIs(talks, user, body.conversationId, readSeq, atSeq, unread, report)
    position.known.push({ index: answer.index, seq: readSeq })
  }
  for (const { user, entry } of given)
    if (entry.kind === 'read') {
      const { conversationId, readSeq, unread, atSeq } = entry as Required<WireEntry>
      unreadIs(talks, user, conversationId, readSeq, atSeq, unread, report)
    }
  for (const [user, entries] of inboxes) {
    const last = new Map<string, number>()
    for (const { kind, conversationId, readSeq } of entries) {
      if (kind !== 'read') continue
      if (readSeq! <= (last.get(conversationId!) ?? 0))
        report(19, `${user}'s entries take ${conversationId} back to ${readSeq}`)
      last.set(conversationId!, readSeq!)
    }
  }
  atTheEnd(
    requests.filter(({ event }) => event === 'conversations'),
    talks,
    of,
    connections,
    report,
  )
}

/** Every device's list says the same, and it agrees with the history. */
function atTheEnd(
  lists: Observed['requests'],
  talks: Observed['talks'],
  of: (user: string, conversationId: string) => { known: { index: number; seq: number }[]; most: number },
  connections: ReadonlyMap<number, ObservedConnection>,
  report: Report,
): void {
  const told = new Map<string, string>()
  for (const { answer, connection, index } of lists) {
    const { user, device } = connections.get(connection.conn)!
    if (answer?.ok !== true) continue
    let total = 0
    for (const { conversationId, readSeq, unread, mentioned, seq, lastMessage } of answer.data.conversations) {
      const name = `${user} ${conversationId}`
      const { known, most } = of(user, conversationId)
      const least = Math.max(0, ...known.filter((one) => one.index < index).map((one) => one.seq))
      if (readSeq < least) report(19, `${name} was read up to ${least}, and ${device} is told ${readSeq}`)
      if (readSeq > Math.min(most, seq))
        report(19, `${name} was read up to ${most} of ${seq}, and ${device} is told ${readSeq}`)
      const position = `${readSeq} of ${seq}`
      if (told.has(name) && told.get(name) !== position)
        report(19, `${name} stands at ${told.get(name)} and ${position}`)
      told.set(name, position)
      unreadIs(talks, user, conversationId, readSeq, seq, unread, report)
      const mentions = talks.get(conversationId)?.mentioned(user, readSeq, seq) ?? null
      if (mentions !== null && mentioned !== mentions)
        report(20, `${name} has ${mentions} unread mentions from ${readSeq} to ${seq}, told ${mentioned}`)
      const last = talks.get(conversationId)?.lastFor(user, seq)
      if (last !== undefined && last?.seq !== lastMessage?.seq)
        report(
          14,
          `${device} is told that ${lastMessage?.seq} is the last message of ${conversationId}, not ${last?.seq}`,
        )
      total += unread
    }
    if (answer.data.cursor === undefined && total !== answer.data.unreadTotal)
      report(20, `${device} is told ${answer.data.unreadTotal} unread, and ${total} one by one`)
  }
}

function unreadIs(
  talks: Observed['talks'],
  user: string,
  conversationId: string,
  readSeq: number,
  atSeq: number,
  unread: number,
  report: Report,
): void {
  const expected = talks.get(conversationId)?.unread(user, readSeq, atSeq) ?? null
  if (expected !== null && unread !== expected)
    report(20, `${user} ${conversationId} has ${expected} unread from ${readSeq} to ${atSeq}, told ${unread}`)
}
