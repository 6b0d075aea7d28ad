// Invariants 10, 12 and 15: numbers have no gaps, no number is used twice, and an entry is the same however it came.
import type { Invariants } from './invariants.js'
import type { WireMessage } from '../history.js'
import { messagesOf } from '../observed.js'

export const checkNumbers: Invariants = ({ given, inboxes, history, connections }, report) => {
  for (const [user, entries] of inboxes) {
    entries.forEach(({ seq }, i) => {
      if (seq !== i + 1 && entries[i - 1]?.seq !== seq) report(10, `${user}'s inbox has ${seq} in place ${i + 1}`)
    })
    const last = new Map<string, number>()
    for (const { conversationId, seq, groupId } of messagesOf(entries)) {
      // A member has only the messages of its own memberships.
      if (groupId !== undefined) continue
      const before = last.get(conversationId) ?? 0
      if (seq > before + 1) report(10, `${user} has ${conversationId} without ${before + 1} to ${seq - 1}`)
      last.set(conversationId, seq)
    }
  }
  const entryAt = new Map<string, { identity: string; json: string; how: string }>()
  for (const { user, how, entry } of given) {
    const place = `${user} ${entry.seq}`
    // Changes of a message, and its content after them, belong to other invariants.
    const json = canonical(entry.message === undefined ? entry : { ...entry, message: lasting(entry.message) })
    const identity = entry.message === undefined ? `${entry.kind} ${entry.at}` : `message ${entry.message.msgId}`
    const before = entryAt.get(place)
    if (before === undefined) entryAt.set(place, { identity, json, how })
    else if (before.identity !== identity) report(12, `${place} was ${before.identity}, then ${identity}`)
    else if (before.json !== json) report(15, `${place} was ${before.json} ${before.how}, and ${json} ${how}`)
  }
  // 12: the head that a login receives never lies below what the user received before the login began.
  const highest = new Map<string, number>()
  const knownAtDial = new Map<number, number>()
  for (const event of history) {
    if (event.t === 'dial') knownAtDial.set(event.conn, highest.get(event.user) ?? 0)
    if (event.t !== 'connect' && (event.t !== 'event' || event.event !== 'entries')) continue
    const user = event.t === 'connect' ? event.user : connections.get(event.conn)?.user
    const seq = event.t === 'connect' ? event.ready.seq : (event.payload.entries.at(-1)?.seq ?? 0)
    if (user === undefined) continue
    const known = knownAtDial.get(event.conn) ?? 0
    if (event.t === 'connect' && seq < known) report(12, `${user} was told the head ${seq} after ${known}`)
    highest.set(user, Math.max(highest.get(user) ?? 0, seq))
  }
}

const mayChange: ReadonlySet<string> = new Set([
  'content',
  'ext',
  'asOf',
  'editedAt',
  'recalled',
  'reactions',
  'withheld',
])

/** The fields of a message that never change. */
const lasting = (message: WireMessage): object =>
  Object.fromEntries(Object.entries(message).filter(([name]) => !mayChange.has(name)))

/** JSON text in which the order of keys does not matter. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
