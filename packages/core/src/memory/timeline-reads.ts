// Ranges of inboxes and conversations.
import type { StoredEntry } from '../model/entry.js'
import type { Seq, UserId } from '@rookery/protocol'
import type { TimelineReads } from '../ports/storage.js'
import type { EntryRow, Tables } from './rows.js'
import { asSeen, seenBy } from './seen.js'

/** Folded into what they change. */
const foldedTypes: ReadonlySet<string> = new Set(['im.recall', 'im.edit', 'im.reaction'])

export function timelineReads(tables: () => Tables): TimelineReads {
  return {
    async inbox(userId, after, limit) {
      const now = tables()
      const { inbox, floor } = now.users.get(userId) ?? { inbox: [], floor: 0 }
      const first = Math.max(after, floor)
      const entries = inbox
        .slice(first, first + limit)
        .map((row, index) => entryOf(now, userId, row, first + index + 1))
      return { entries, head: inbox.length, floor }
    },
    async messages(conversationId, { after, before, limit, reader }) {
      const row = tables().conversations.get(conversationId)
      const all = row === undefined ? [] : reader === undefined ? row.messages : seenBy(row, reader, row.messages)
      const within = all.filter(
        ({ seq, type }) => seq > (after ?? 0) && seq < (before ?? Infinity) && !foldedTypes.has(type),
      )
      const isForward = after !== undefined && before === undefined
      const messages = isForward ? within.slice(0, limit) : within.slice(Math.max(0, within.length - limit))
      return { messages, more: within.length > limit }
    },
    async timeline(userId, conversationId, after, limit) {
      const row = tables().conversations.get(conversationId)
      const member = row?.members.get(userId)
      if (!row || !member) return null
      const head = member.to ?? row.messages.length
      const floor = Math.max(row.floor, member.from)
      const first = Math.max(after, floor)
      const messages = row.messages.slice(first, Math.min(head, first + limit))
      return { messages: messages.map((message) => asSeen(row, userId, message)), head, floor }
    },
    async reactions(userId, messages) {
      const { conversations } = tables()
      return messages.map(({ conversationId, seq }) =>
        [...(conversations.get(conversationId)?.reactions.get(seq) ?? [])].flatMap(([reaction, users]) =>
          users.has(userId) ? [reaction] : [],
        ),
      )
    },
    async entryAt(userId, seq) {
      return tables().users.get(userId)?.inbox[seq - 1]?.at ?? null
    },
  }
}

function entryOf(tables: Tables, userId: UserId, row: EntryRow, seq: Seq): StoredEntry {
  if (row.kind !== 'message') return { seq, ...row }
  const conversation = tables.conversations.get(row.conversationId)
  const message = conversation?.messages[row.conversationSeq - 1]
  return { seq, ...row, message: message === undefined ? null : asSeen(conversation!, userId, message) }
}
