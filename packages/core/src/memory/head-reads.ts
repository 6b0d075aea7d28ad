// The counters of users and conversations, and which timelines a user follows.
import type { HeadReads, UserHead } from '../ports/storage.js'
import type { Tables } from './rows.js'

const nobody: UserHead = Object.freeze({ seq: 0, floor: 0, loginEpoch: 0 })

export function headReads(tables: () => Tables): HeadReads {
  return {
    async users(userIds) {
      const { users } = tables()
      return userIds.map((userId) => {
        const row = users.get(userId)
        return row ? { seq: row.inbox.length, floor: row.floor, loginEpoch: row.loginEpoch } : nobody
      })
    },
    async conversations(conversationIds) {
      const { conversations } = tables()
      return conversationIds.map((conversationId) => {
        const row = conversations.get(conversationId)
        return row === undefined ? null : { seq: row.messages.length, version: row.version }
      })
    },
    async follows(userId) {
      const { users, conversations } = tables()
      return [...(users.get(userId)?.conversations ?? [])].flatMap((conversationId) => {
        const row = conversations.get(conversationId)
        return row?.group?.fanOut === 'read' ? [{ conversationId, seq: row.messages.length, version: row.version }] : []
      })
    },
    async followsAfter(userId, after, limit) {
      const { users, conversations } = tables()
      const followed = [...(users.get(userId)?.conversations ?? [])].flatMap((conversationId) => {
        const row = conversations.get(conversationId)
        if (row?.group?.fanOut !== 'read' || (after !== null && conversationId <= after)) return []
        return [{ conversationId, seq: row.messages.length, from: row.members.get(userId)!.from }]
      })
      followed.sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1))
      return { timelines: followed.slice(0, limit), more: followed.length > limit }
    },
    async loginEpoch() {
      return tables().loginEpoch
    },
  }
}
