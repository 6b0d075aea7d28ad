// Invariants 21, 24, 28 and 30: kicks, privacy, dead nodes, and that everything settles.
import type { Invariants, Report } from './invariants.js'
import type { History } from '../history.js'
import type { Observed } from '../observed.js'

export const checkSessions: Invariants = (observed, report, bounds) => {
  kicks(observed, report)
  laterLoginsStay(observed, report)
  revocations(observed, report)
  drains(observed, report)
  strangers(observed, report)
  theDead(observed, talksOf(observed, 'now'), report, bounds.leaseMs)
  settles(observed, report, bounds.sendDeadlineMs + bounds.slackMs)
}

/** 21 */
function kicks({ history, connections }: Observed, report: Report): void {
  history.forEach((event, index) => {
    if (event.t === 'event' || event.t === 'answer') {
      const connection = connections.get(event.conn)
      if (connection === undefined) return
      if (event.t === 'event' && event.event === 'kick' && event.payload.by?.deviceId === connection.device)
        report(21, `${connection.device} was kicked by its own next connection`)
      if (connection.kicked !== null && connection.kicked < index)
        report(21, `${connection.device} was given ${event.t === 'event' ? event.event : 'an answer'} after its kick`)
    }
    if (event.t !== 'settled') return
    const slots = new Map<string, { connected: string[]; wanting: number; off: number }>()
    for (const { user, type, device, conn, wants, isOff } of event.standings) {
      const name = `${user} ${type}`
      const slot = slots.get(name) ?? { connected: [], wanting: 0, off: 0 }
      if (conn !== null) slot.connected.push(device)
      if (wants) slot.wanting++
      if (isOff) slot.off++
      slots.set(name, slot)
    }
    for (const [name, { connected, wanting, off }] of slots) {
      if (connected.length > 1) report(21, `${connected.join(' and ')} both hold the slot ${name}`)
      // The device that kicked the others may have lost its power since.
      if (off > 0) continue
      if (wanting === 0) report(21, `of those who wanted the slot ${name} none is left`)
      else if (connected.length === 0) report(30, `nobody came back to the slot ${name}`)
    }
  })
}

/** 21: a slot goes to the later login, whatever presence forgot. */
function laterLoginsStay({ history, connections }: Observed, report: Report): void {
  const dials = new Map<number, { readonly index: number; readonly device: string }>()
  const kickedAt = new Map<number, number>()
  history.forEach((event, index) => {
    if (event.t === 'dial') dials.set(event.conn, { index, device: event.device })
    if (event.t !== 'event' || event.event !== 'kick') return
    if (!kickedAt.has(event.conn)) kickedAt.set(event.conn, index)
    const by = event.payload.by?.deviceId
    const dialled = dials.get(event.conn)
    const answered = connections.get(event.conn)
    if (by === undefined || dialled === undefined || answered === undefined) return
    // A login that began after this one was answered is a later one. Of two at once either may be, unless it was kicked
    // by then and holds nothing any more.
    const mayBeLater = [...dials].some(
      ([conn, { device, index: begun }]) =>
        device === by &&
        (begun > answered.index || (!kickedAt.has(conn) && (connections.get(conn)?.index ?? Infinity) > dialled.index)),
    )
    if (!mayBeLater) report(21, `${dialled.device} was kicked for an earlier login of ${by}`)
  })
}

/** 21: a session that began before its token was revoked ends, whatever was away meanwhile. */
function revocations({ history, connections }: Observed, report: Report): void {
  const settled = history.find((event) => event.t === 'settled')
  history.forEach((event, index) => {
    if (event.t !== 'revoking' || settled?.t !== 'settled') return
    const isDone = history.some((other) => other.t === 'revoked' && other.n === event.n)
    // The node that was asked tells the others, for as long as it lives.
    const hasGone = history.some(
      (other, at) =>
        at > index &&
        ((other.t === 'killed' && other.node === event.node) ||
          (other.t === 'fault' && other.kind === 'node-drained' && other.facts?.['node'] === event.node)),
    )
    if (!isDone || hasGone) return
    for (const { user, device, conn } of settled.standings)
      if (conn !== null && user === event.user && (connections.get(conn)?.index ?? Infinity) < index)
        report(21, `${device} is still there under a token that was revoked`)
  })
}

/** 30: clients of a node that drains are not sent back to it. */
function drains({ history }: Observed, report: Report): void {
  for (const event of history)
    if (event.t === 'draining' && event.takingClients.includes(event.node))
      report(30, `${event.node} was still in the list of nodes when it told its clients to go`)
}

/** 24: nobody receives what belongs to others. Another file checks who may read which messages of a group. */
function strangers(observed: Observed, report: Report): void {
  const { given, history, connections, requests } = observed
  const membersOf = conversationsOf(observed, 'ever')
  const talks = talksOf(observed, 'ever')
  for (const { user, entry } of given) {
    const { message } = entry
    if (message === undefined || message.groupId !== undefined) continue
    if (message.from !== user && message.to !== user)
      report(24, `${user} was given what ${message.from} wrote to ${message.to}`)
  }
  for (const event of history) {
    if (event.t !== 'event') continue
    const user = connections.get(event.conn)?.user
    if (user === undefined) continue
    const { conversationId, userId } = event.payload ?? {}
    if (event.event === 'typing' || event.event === 'receipt') {
      const members = membersOf.get(conversationId)
      if (members?.has(user) !== true || !members.has(userId))
        report(24, `${user} was told ${event.event} of ${userId} in a conversation that is not theirs`)
    }
    if (event.event === 'presence' && event.payload.online && !talks(user, userId))
      report(24, `${user} was told that ${userId} is there`)
  }
  for (const { event, body, answer, connection } of requests) {
    if (answer?.ok !== true) continue
    const { user } = connection
    const members = membersOf.get(body?.conversationId ?? body?.groupId)
    if (members !== undefined && !members.has(user))
      report(24, `${user} was answered ${event} of a foreign conversation`)
    if (event === 'presence')
      for (const { userId, online } of answer.data.users)
        if (online && !talks(user, userId)) report(24, `${user} was told that ${userId} is there`)
  }
}

/** Who was ever a member of each conversation, or is one at the end. */
function conversationsOf({ messages, talks }: Observed, when: 'ever' | 'now'): Map<string, Set<string>> {
  const members = new Map<string, Set<string>>()
  for (const [conversationId, { isGroup, stays }] of talks) {
    const users = [...stays].filter(([, ofUser]) => when === 'ever' || ofUser.at(-1)!.to === Infinity)
    if (isGroup) members.set(conversationId, new Set(users.map(([user]) => user)))
  }
  for (const { conversationId, from, to, groupId } of messages.map(({ message }) => message))
    if (groupId === undefined && from !== null && to !== undefined) members.set(conversationId, new Set([from, to]))
  return members
}

/** Tells whether two users share a conversation: nobody else may see their presence. */
function talksOf(observed: Observed, when: 'ever' | 'now'): (a: string, b: string) => boolean {
  const members = [...conversationsOf(observed, when).values()]
  return (a, b) => a === b || members.some((two) => two.has(a) && two.has(b))
}

/** 28: a user who was connected to a node that died, and nowhere since, is offline once the lease is over. */
function theDead(
  { history, requests, connections }: Observed,
  talks: (a: string, b: string) => boolean,
  report: Report,
  leaseMs: number,
): void {
  const dials = history.flatMap((event) => (event.t === 'dial' ? [event] : []))
  const lastSeenMs = lastSeen(history, connections)
  const settledAtMs = history.find(({ t }) => t === 'settled')?.atMs ?? Infinity
  for (const { event, atMs, answer, connection } of requests) {
    if (event !== 'presence' || answer?.ok !== true) continue
    for (const { userId, online } of answer.data.users) {
      const state = lastSeenMs(userId, answer.index)
      // A handshake may have made a session even if its client never learned the result.
      if (dials.some(({ user, conn }) => user === userId && !connections.has(conn))) continue
      if (online && state.died !== null && atMs > state.died + leaseMs)
        report(28, `${userId} was told to be there ${Math.round(atMs - state.died)} ms after the node died`)
      if (!online && atMs > settledAtMs && state.isConnected && talks(connection.user, userId))
        report(28, `${userId} was told to be away while connected`)
    }
  }
}

function lastSeen(history: History, connections: Observed['connections']) {
  return (user: string, before: number): { died: number | null; isConnected: boolean } => {
    const own = [...connections.values()].filter((one) => one.user === user && one.index < before)
    const isConnected = own.some(({ end }) => end > before)
    const deathOf = (node: string, from: number): number | null => {
      const death = history.find((event, i) => i > from && i < before && event.t === 'killed' && event.node === node)
      return death?.atMs ?? null
    }
    // The user is surely meant only if every connection that it ever had was to a node that died under it.
    const deaths = own.map(({ node, index }) => deathOf(node, index))
    const died = own.length > 0 && deaths.every((at) => at !== null) ? Math.max(...(deaths as number[])) : null
    return { died, isConnected }
  }
}

/** 30 */
function settles({ history, requests }: Observed, report: Report, withinMs: number): void {
  const pauses: { node: string; fromMs: number; toMs: number }[] = []
  for (const event of history) {
    if (event.t === 'paused') pauses.push({ node: event.node, fromMs: event.atMs, toMs: Infinity })
    if (event.t === 'resumed')
      for (const pause of pauses) if (pause.node === event.node && pause.toMs === Infinity) pause.toMs = event.atMs
  }
  const endMs = history.at(-1)?.atMs ?? 0
  for (const { event, atMs, answer, connection, body } of requests) {
    if (event !== 'c2c' && event !== 'c2g') continue
    const waitedTo = Math.min(answer?.atMs ?? endMs, connection.brokenAtMs, endMs)
    let waitedMs = waitedTo - atMs
    for (const { node, fromMs, toMs } of pauses)
      if (node === connection.node) waitedMs -= Math.max(0, Math.min(toMs, waitedTo) - Math.max(fromMs, atMs))
    if (waitedMs > withinMs) report(30, `${body.clientMsgId} was not answered within ${Math.round(waitedMs)} ms`)
  }
  for (const event of history)
    if (event.t === 'settled')
      for (const { device, conn, unanswered } of event.standings)
        if (conn !== null && unanswered.length > 0) report(30, `${device} still cannot send ${unanswered[0]}`)
}
