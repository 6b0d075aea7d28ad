// Invariants 11, 13, 14 and 16: a reader receives everything after its position, in order, or learns that it must start
// over.
import type { Invariants, Report } from './invariants.js'
import type { EventPayload, HistoryEvent, WireEntry } from '../history.js'
import { type Given, keyOf, type Observed, type ObservedRequest } from '../observed.js'
import { Timelines } from '../timelines.js'

/** As long as the simulation waits. */
const mendSeconds = 3

/** A connection, as its client can track it. */
interface Reader {
  readonly name: string
  isFollowing: boolean
  at: number
  /** The same for conversation timelines. */
  readonly timelines: Timelines
}

export const checkCatchingUp: Invariants = (observed, report) => {
  const readers = new Map<number, Reader>()
  const requests = new Map(observed.requests.map((request) => [request.n, request]))
  for (const event of observed.history)
    switch (event.t) {
      case 'connect':
        readers.set(event.conn, begin(event, report))
        break
      case 'event': {
        const reader = readers.get(event.conn)
        if (reader === undefined) break
        if (event.event === 'sync') reader.isFollowing = false
        if (event.event === 'entries') live(reader, event.payload.entries, report)
        if (event.event === 'timeline') liveTimeline(reader, event.payload, report)
        break
      }
      case 'answer': {
        const request = requests.get(event.n)
        const reader = readers.get(event.conn)
        if (event.ok && request?.event === 'pull' && reader !== undefined) page(observed, reader, request, report)
        break
      }
      case 'settled':
        for (const { user, device, conn, position, timelines = {} } of event.standings) {
          const head = observed.inboxes.get(user)?.length
          if (conn === null || head === undefined) continue
          if (position < head) report(16, `${device} is connected and holds ${position} of ${head}`)
          for (const [conversationId, last] of followedBy(observed, user)) {
            const held = timelines[conversationId]
            if (held === undefined || held < last)
              report(16, `${device} is connected and holds ${held ?? 'nothing'} of ${conversationId}'s ${last}`)
          }
        }
        break
    }
  includesAcknowledged(observed, report)
  lastWords(observed, report)
}

/** 16: a last frame that was lost is noticed without a heartbeat. */
function lastWords({ history, given, connections }: Observed, report: Report): void {
  const said = history.find((event) => event.t === 'last-words')
  const mended = history.findIndex((event) => event.t === 'mended')
  if (said?.t !== 'last-words' || mended < 0) return
  const isTheirs = ({ entry }: Given): boolean => entry.message?.clientMsgId === said.clientMsgId
  // Where the message was not stored in time there is nothing to be noticed.
  if (!given.some((one) => isTheirs(one) && one.index < mended)) return
  for (const conn of said.conns) {
    const connection = connections.get(conn)
    if (connection === undefined || connection.end < mended || connection.brokenAtMs < Infinity) continue
    const { device } = connection
    if (!given.some((one) => isTheirs(one) && one.device === device && one.index < mended))
      report(16, `${device} had not received a lost last message ${mendSeconds} seconds later`)
  }
}

/** The conversation timelines that a user follows at the end, with their heads. */
function followedBy({ inboxes, talks }: Observed, user: string): [conversationId: string, head: number][] {
  const followed = new Set<string>()
  for (const { kind, conversationId } of inboxes.get(user) ?? []) {
    if (kind === 'follow') followed.add(conversationId!)
    if (kind === 'unfollow') followed.delete(conversationId!)
  }
  return [...followed].map((conversationId) => [conversationId, talks.get(conversationId)?.head ?? 0])
}

function begin({ user, device, given, ready }: HistoryEvent & { t: 'connect' }, report: Report): Reader {
  const name = `${user} ${device}`
  const { since, epoch } = given
  const timelines = new Timelines()
  if (since === undefined) {
    for (const { conversationId, seq } of ready.timelines ?? []) timelines.begin(conversationId, seq)
    return { name, isFollowing: true, at: ready.seq, timelines }
  }
  if (!ready.reset && epoch !== undefined && epoch !== ready.epoch)
    report(13, `${name} held another epoch's entries and was not told to start over`)
  if (!ready.reset && since > ready.seq)
    report(13, `${name} held ${since} of ${ready.seq} and was not told to start over`)
  if (!ready.reset) for (const [id, seq] of Object.entries(given.timelines ?? {})) timelines.begin(id, seq)
  return { name, isFollowing: false, at: ready.reset ? 0 : since, timelines }
}

function liveTimeline(reader: Reader, { conversationId, messages }: EventPayload, report: Report): void {
  const { name, timelines } = reader
  for (const { seq } of messages) {
    const at = timelines.at(conversationId)
    const place = `${conversationId} ${seq}`
    if (!reader.isFollowing) report(11, `${name} was given ${place} live while it was catching up`)
    else if (at === undefined) report(11, `${name} was given ${place} live, and does not follow it`)
    else if (seq > at + 1) report(11, `${name} was given ${place} live, and ${at} before it`)
    else if (seq <= at) report(11, `${name} was given ${place} again, live, at ${at}`)
    timelines.moved(conversationId, seq)
  }
}

function live(reader: Reader, entries: readonly WireEntry[], report: Report): void {
  const { name } = reader
  for (const entry of entries) {
    const { seq } = entry
    reader.timelines.told(entry)
    if (!reader.isFollowing) report(11, `${name} was given ${seq} live while it was catching up`)
    else if (seq > reader.at + 1) report(11, `${name} was given ${seq} live, and ${reader.at} before it`)
    else if (seq <= reader.at) report(11, `${name} was given ${seq} again, live, at ${reader.at}`)
    reader.at = Math.max(reader.at, seq)
  }
}

function page(
  { inboxes, talks }: Observed,
  reader: Reader,
  { body, answer, connection }: ObservedRequest,
  report: Report,
): void {
  const { entries, seq, more, reset, truncated } = answer!.data
  const { name } = reader
  const since = body.since as number
  if (reset) return
  if (!truncated)
    for (let i = 0; i < Math.max(entries.length, seq - since); i++)
      if (entries[i]?.seq !== since + 1 + i) {
        report(11, `${name} was given a page from ${since} to ${seq} without ${since + 1 + i}`)
        break
      }
  if (since > (inboxes.get(connection.user)?.length ?? Infinity))
    report(13, `${name} pulled from ${since}, beyond the end, and was not told to start over`)
  for (const { conversationId, messages, seq: to, truncated: isCut } of answer!.data.timelines ?? []) {
    const from = body.timelines?.[conversationId]
    // It may be cut only if the membership in which the client followed it up to there has ended.
    const first = messages[0]?.seq ?? to
    const stay = talks
      .get(conversationId)
      ?.stays.get(connection.user)
      ?.findLast(({ joined }) => joined <= first)
    const begin = isCut && from !== undefined && from + 1 < (stay?.joined ?? 0) ? first - 1 : from
    const isWhole = begin === undefined || messages.every((message, i) => message.seq === begin + 1 + i)
    if (!isWhole || (messages.at(-1)?.seq ?? to) !== to)
      report(11, `${name} was given a page of ${conversationId} from ${from} to ${to} with holes`)
  }
  if (reader.isFollowing) return
  for (const entry of entries) reader.timelines.told(entry)
  for (const { conversationId, seq: to } of answer!.data.timelines ?? []) reader.timelines.moved(conversationId, to)
  if (more) return
  reader.isFollowing = true
  reader.at = seq
}

/** 14: what was acknowledged before a pull began is in its last page at the latest. */
function includesAcknowledged({ keys, inboxes, requests }: Observed, report: Report): void {
  const acknowledgedAt = new Map<string, number>()
  for (const [name, { sends }] of keys)
    for (const { answer } of sends)
      if (answer?.ok === true) acknowledgedAt.set(name, Math.min(acknowledgedAt.get(name) ?? Infinity, answer.index))
  const placesOf = new Map<string, { ack: number; seq: number; key: string }[]>()
  for (const [user, entries] of inboxes) {
    const places: { ack: number; seq: number; key: string }[] = []
    for (const { seq, message } of entries) {
      const ack = message && acknowledgedAt.get(keyOf(message.from, message.clientMsgId))
      if (ack !== undefined) places.push({ ack, seq, key: message!.clientMsgId })
    }
    placesOf.set(user, places)
  }
  for (const { event, index, answer, connection } of requests) {
    if (event !== 'pull' || answer?.ok !== true || answer.data.more || answer.data.reset) continue
    const missing = placesOf.get(connection.user)?.find(({ ack, seq }) => ack < index && seq > answer.data.seq)
    if (missing !== undefined)
      report(
        14,
        `${connection.device} pulled to the end at ${answer.data.seq}, without ${missing.key}, acknowledged before`,
      )
  }
}
