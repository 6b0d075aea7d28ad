// A history in the form that the invariants need: connections, sends with their outcomes, and entries with the times at
// which each device received them.
import type { AnswerData, History, HistoryEvent, RequestBody, WireEntry, WireMessage } from './history.js'
import { talksFrom, type Talk } from './talks.js'

export interface ObservedConnection {
  readonly conn: number
  readonly user: string
  readonly device: string
  readonly type: string
  readonly node: string
  readonly index: number
  /** The place in the history where it ended for its client; Infinity if it did not. */
  end: number
  /** From this time on nothing need arrive, ms; Infinity if there is no such time. */
  brokenAtMs: number
  /** The place where it received `kick`. */
  kicked: number | null
}

export interface ObservedRequest {
  readonly n: number
  readonly index: number
  readonly atMs: number
  readonly connection: ObservedConnection
  readonly event: string
  readonly body: RequestBody
  answer: {
    readonly index: number
    readonly atMs: number
    readonly ok: boolean
    data: AnswerData
    code?: string
  } | null
}

export interface Given {
  readonly index: number
  readonly user: string
  readonly device: string
  readonly how: 'live' | 'pulled' | 'final'
  readonly entry: WireEntry
}

/** A message that some client received, in any way. */
export interface GivenMessage {
  readonly index: number
  readonly user: string
  readonly device: string
  readonly how: 'live' | 'pulled' | 'final' | 'history'
  readonly via: 'inbox' | 'timeline' | 'history'
  readonly message: WireMessage
  /** For a message in an answer: the place of the request. Otherwise the place where the message arrived. */
  readonly askedIndex: number
}

/** One key of one user, over all attempts. */
export interface ObservedKey {
  readonly user: string
  readonly key: string
  readonly sends: ObservedRequest[]
}

export interface Observed {
  readonly history: History
  readonly connections: ReadonlyMap<number, ObservedConnection>
  readonly requests: readonly ObservedRequest[]
  readonly keys: ReadonlyMap<string, ObservedKey>
  readonly given: readonly Given[]
  /** Each user's inbox, from its longest final report. */
  readonly inboxes: ReadonlyMap<string, readonly WireEntry[]>
  /** Each user's conversation timelines, from the same report. */
  readonly timelines: ReadonlyMap<string, Readonly<Record<string, readonly WireMessage[]>>>
  readonly messages: readonly GivenMessage[]
  /** Conversations put together from what all clients received. */
  readonly talks: ReadonlyMap<string, Talk>
}

const nothing = {} as AnswerData

/** Codes after which the message may be stored all the same, or after which the client may try again. */
const indefinite: ReadonlySet<string> = new Set(['UNAVAILABLE', 'INTERNAL'])

/** The key for maps: compares keys byte for byte. */
export const keyOf = (user: string | null, key: string): string => `${user}\n${key}`

/** The conversation of a send, as far as the client knows: it does not know the id yet. */
export const pairOf = ({ event, connection, body }: ObservedRequest): string =>
  event === 'c2g' ? body.to : JSON.stringify([...[connection.user, body.to].sort(), body.subject ?? ''])

/** The content of a message, to compare with what was sent. */
export const saidOf = (m: {
  to?: string
  groupId?: string | undefined
  subject?: string
  type: string
  content?: unknown
  silent?: boolean | undefined
}): string => JSON.stringify([m.to ?? m.groupId, m.subject ?? '', m.type, m.content, m.silent ?? false])

/** Tells whether a message is the server's own, or was changed since it was sent: it no longer equals what was sent. */
export const isChanged = ({ type, asOf, withheld }: WireMessage): boolean =>
  type.startsWith('im.') || asOf !== undefined || withheld === true

export const messagesOf = (entries: readonly WireEntry[]): WireMessage[] =>
  entries.flatMap(({ message }) => (message === undefined ? [] : [message]))

/** Tells whether the answer to an attempt excludes that the message was stored. */
export const isDefinite = ({ answer }: ObservedRequest): boolean =>
  answer !== null && !answer.ok && !indefinite.has(answer.code!)

export function observe(history: History): Observed {
  const connections = new Map<number, ObservedConnection>()
  const requests = new Map<number, ObservedRequest>()
  const keys = new Map<string, ObservedKey>()
  const given: Given[] = []
  const inboxes = new Map<string, readonly WireEntry[]>()
  const timelines = new Map<string, Readonly<Record<string, readonly WireMessage[]>>>()
  const messages: GivenMessage[] = []
  let joinersRead: 'from-now' | 'everything' = 'from-now'
  const see = (
    index: number,
    { user, device }: { readonly user: string; readonly device: string },
    how: GivenMessage['how'],
    via: GivenMessage['via'],
    seen: readonly WireMessage[],
    askedIndex = index,
  ): void => {
    for (const message of seen) messages.push({ index, user, device, how, via, message, askedIndex })
  }
  const take = (event: HistoryEvent, index: number): void => {
    const { atMs } = event
    switch (event.t) {
      case 'connect': {
        const { conn, user, device, type, node } = event
        const open = { end: Infinity, brokenAtMs: Infinity, kicked: null }
        connections.set(conn, { conn, user, device, type, node, index, ...open })
        return
      }
      case 'request': {
        const connection = connections.get(event.conn)
        if (connection === undefined) return
        const { n, event: name, body } = event
        const request: ObservedRequest = { n, index, atMs, connection, event: name, body, answer: null }
        requests.set(n, request)
        if (name !== 'c2c' && name !== 'c2g') return
        const key = keyOf(connection.user, body.clientMsgId)
        const known = keys.get(key)
        if (known === undefined) keys.set(key, { user: connection.user, key: body.clientMsgId, sends: [request] })
        else known.sends.push(request)
        return
      }
      case 'answer': {
        const request = requests.get(event.n)
        if (request === undefined) return
        request.answer = event.ok
          ? { index, atMs, ok: true, data: event.data }
          : { index, atMs, ok: false, data: nothing, code: event.code }
        if (event.ok && request.event === 'pull') {
          const { user, device } = request.connection
          for (const entry of event.data.entries) given.push({ index, user, device, how: 'pulled', entry })
          see(index, request.connection, 'pulled', 'inbox', messagesOf(event.data.entries), request.index)
          for (const page of event.data.timelines ?? [])
            see(index, request.connection, 'pulled', 'timeline', page.messages, request.index)
        }
        if (event.ok && request.event === 'history')
          see(index, request.connection, 'history', 'history', event.data.messages ?? [], request.index)
        if (event.ok && request.event === 'conversations') {
          const last = event.data.conversations.flatMap(({ lastMessage }) => lastMessage ?? [])
          see(index, request.connection, 'history', 'history', last, request.index)
        }
        return
      }
      case 'event': {
        const connection = connections.get(event.conn)
        if (connection === undefined) return
        const { user, device } = connection
        if (event.event === 'kick') connection.kicked ??= index
        if (event.event === 'entries') {
          for (const entry of event.payload.entries) given.push({ index, user, device, how: 'live', entry })
          see(index, connection, 'live', 'inbox', messagesOf(event.payload.entries))
        }
        if (event.event === 'timeline') see(index, connection, 'live', 'timeline', event.payload.messages)
        return
      }
      case 'broken': {
        const connection = connections.get(event.conn)
        if (connection !== undefined) connection.brokenAtMs = Math.min(connection.brokenAtMs, atMs)
        return
      }
      case 'disconnect': {
        const connection = connections.get(event.conn)
        if (connection === undefined) return
        connection.end = Math.min(connection.end, index)
        connection.brokenAtMs = Math.min(connection.brokenAtMs, atMs)
        return
      }
      case 'killed':
        for (const connection of connections.values())
          if (connection.node === event.node) connection.brokenAtMs = Math.min(connection.brokenAtMs, atMs)
        return
      case 'final': {
        const { user, device, entries } = event
        if (entries.length > (inboxes.get(user)?.length ?? -1)) {
          inboxes.set(user, entries)
          timelines.set(user, event.timelines ?? {})
        }
        for (const entry of entries) given.push({ index, user, device, how: 'final', entry })
        see(index, event, 'final', 'inbox', messagesOf(entries))
        for (const page of Object.values(event.timelines ?? {})) see(index, event, 'final', 'timeline', page)
        return
      }
      case 'misshapen':
        return
      case 'policy':
        ;({ joinersRead } = event)
        return
    }
  }
  history.forEach(take)
  const talks = talksFrom(messages, joinersRead)
  return { history, connections, requests: [...requests.values()], keys, given, inboxes, timelines, messages, talks }
}
