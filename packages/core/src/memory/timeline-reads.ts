// Ranges of inboxes and conversations, and the counters of users.
import type { StoredEntry } from '../model/entry.js'
import type { Seq } from '../model/ids.js'
import type { TimelineReads, UserHead } from '../ports/storage.js'
import type { EntryRow, Tables } from './rows.js'

/** Nothing is trimmed in memory. */
const floor: Seq = 0
const nobody: UserHead = Object.freeze({ seq: 0, floor, loginEpoch: 0 })

export function timelineReads(tables: () => Tables): TimelineReads {
  return {
    async inbox(userId, after, limit) {
      const now = tables()
      const inbox = now.users.get(userId)?.inbox ?? []
      const entries = inbox.slice(after, after + limit).map((row, index) => entryOf(now, row, after + index + 1))
      return { entries, head: inbox.length, floor }
    },
    async messages(conversationId, { after, before, limit }) {
      const messages = tables().conversations.get(conversationId)?.messages ?? []
      const first = after ?? 0
      const end = Math.max(first, Math.min(messages.length, (before ?? Infinity) - 1))
      if (after !== undefined && before === undefined) {
        return { messages: messages.slice(first, first + limit), more: first + limit < end }
      }
      const start = Math.max(first, end - limit)
      return { messages: messages.slice(start, end), more: start > first }
    },
    async heads(userIds) {
      const { users } = tables()
      return userIds.map((userId) => {
        const row = users.get(userId)
        return row ? { seq: row.inbox.length, floor, loginEpoch: row.loginEpoch } : nobody
      })
    },
    async entryAt(userId, seq) {
      return tables().users.get(userId)?.inbox[seq - 1]?.at ?? null
    },
    async key(from, clientMsgId) {
      const { users, systemKeys } = tables()
      return (from === null ? systemKeys : users.get(from)?.keys)?.get(clientMsgId) ?? null
    },
    async loginEpoch() {
      return tables().loginEpoch
    },
  }
}

function entryOf(tables: Tables, row: EntryRow, seq: Seq): StoredEntry {
  if (row.kind !== 'message') return { seq, ...row }
  const message = tables.conversations.get(row.conversationId)?.messages[row.conversationSeq - 1] ?? null
  return { seq, ...row, message }
}
