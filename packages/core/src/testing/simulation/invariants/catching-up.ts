// Invariants 11, 13, 14 and 16: a reader is given everything behind its position, in order, or is told to start over.
import type { Invariants, Report } from '../check-history.js'
import type { HistoryEvent, WireEntry } from '../history.js'
import { keyOf, type Observed, type ObservedRequest } from '../observed.js'

/** A connection as its client can follow it. */
interface Reader {
  readonly name: string
  isFollowing: boolean
  at: number
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
        break
      }
      case 'answer': {
        const request = requests.get(event.n)
        const reader = readers.get(event.conn)
        if (event.ok && request?.event === 'pull' && reader !== undefined) page(observed, reader, request, report)
        break
      }
      case 'settled':
        for (const { user, device, conn, position } of event.standings) {
          const head = observed.inboxes.get(user)?.length
          if (conn !== null && head !== undefined && position < head)
            report(16, `${device} is connected and holds ${position} of ${head}`)
        }
        break
    }
  includesAcknowledged(observed, report)
}

function begin({ user, device, given, ready }: HistoryEvent & { t: 'connect' }, report: Report): Reader {
  const name = `${user} ${device}`
  const { since, epoch } = given
  if (since === undefined) return { name, isFollowing: true, at: ready.seq }
  if (!ready.reset && epoch !== undefined && epoch !== ready.epoch)
    report(13, `${name} held another epoch's entries and was not told to start over`)
  if (!ready.reset && since > ready.seq)
    report(13, `${name} held ${since} of ${ready.seq} and was not told to start over`)
  return { name, isFollowing: false, at: ready.reset ? 0 : since }
}

function live(reader: Reader, entries: readonly WireEntry[], report: Report): void {
  const { name } = reader
  for (const { seq } of entries) {
    if (!reader.isFollowing) report(11, `${name} was given ${seq} live while it was catching up`)
    else if (seq > reader.at + 1) report(11, `${name} was given ${seq} live, and ${reader.at} before it`)
    else if (seq <= reader.at) report(11, `${name} was given ${seq} again, live, at ${reader.at}`)
    reader.at = Math.max(reader.at, seq)
  }
}

function page(
  { inboxes }: Observed,
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
  if (more || reader.isFollowing) return
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
