import type { Tables } from './breakage.js'
// Storages that alter or misread what was written, or show it too early, and the case that must catch each.
import type { MemoryDatabase } from '@rookery/core'
import { settle } from '../../settle.js'
import { describeBreakages, messages, misread, type Breakage, type Results } from './breakage.js'

/** The state of each database before its last commit. */
const lagging = new WeakMap<MemoryDatabase, Tables>()

const breakages: Readonly<Record<string, Breakage>> = {
  'content normalised': {
    caughtBy: 'comes back byte for byte: its decomposed twin',
    commit: misread((ops) => messages(ops, (m) => ({ content: m.content.normalize('NFC') }))),
  },
  'content parsed and written again': {
    caughtBy: 'JSON text comes back as it was written: escapes, spaces, order, numbers, repeated keys',
    commit: misread((ops) => messages(ops, (m) => ({ content: JSON.stringify(JSON.parse(m.content)) }))),
  },
  'content cut at 64 KiB': {
    caughtBy: 'comes back byte for byte: 64 KiB',
    commit: misread((ops) => messages(ops, (m) => ({ content: m.content.slice(0, 65_535) }))),
  },
  'content in an encoding of three bytes': {
    caughtBy: 'comes back byte for byte: letters outside the basic plane',
    commit: misread((ops) =>
      messages(ops, (m) => ({ content: m.content.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?') })),
    ),
  },
  'spaces trimmed': {
    caughtBy: 'comes back byte for byte: spaces at both ends',
    commit: misread((ops) => messages(ops, (m) => ({ subject: m.subject.trim() }))),
  },
  'an inbox page off by one': {
    caughtBy: 'pages of every size join to the whole inbox',
    reads: ({ timelines }) => ({
      timelines: { ...timelines, inbox: (userId, after, limit) => timelines.inbox(userId, after && after - 1, limit) },
    }),
  },
  'history that includes its bound': {
    caughtBy: 'messages before a position are the last ones, in ascending order',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        messages: (id, { before, ...range }) =>
          timelines.messages(id, before === undefined ? range : { ...range, before: before + 1 }),
      },
    }),
  },
  'history that says there is more when a page is full': {
    caughtBy: 'messages after a position are the first ones, in ascending order',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async messages(id, range) {
          const page = await timelines.messages(id, range)
          return { ...page, more: page.messages.length === range.limit }
        },
      },
    }),
  },
  'heads in an order of their own': {
    caughtBy: 'the heads of many users come in the order asked, zeros for who is not known',
    reads: ({ heads }) => ({
      heads: { ...heads, users: (userIds) => heads.users(userIds.toSorted()) },
    }),
  },
  'a list that repeats its last row on the next page': {
    caughtBy: 'pages of the list join to the whole, each telling the total of unread',
    reads: ({ conversations }) => ({
      conversations: {
        ...conversations,
        list: (userId, after, limit) =>
          conversations.list(userId, after && { ...after, conversationId: `${after.conversationId}~` }, limit),
      },
    }),
  },
  'unread totalled over one page': {
    caughtBy: 'pages of the list join to the whole, each telling the total of unread',
    reads: ({ conversations }) => ({
      conversations: {
        ...conversations,
        async list(...args) {
          const page = await conversations.list(...args)
          return { ...page, unreadTotal: page.conversations.reduce((sum, view) => sum + view.unread, 0) }
        },
      },
    }),
  },
  'access for everybody': {
    caughtBy: 'access is for members, with both users, the subject and the head',
    reads: ({ members: roles }, database) => ({
      members: {
        ...roles,
        async access(conversationId, userId) {
          const [someone] = database.tables.conversations.get(conversationId)?.members.keys() ?? []
          return roles.access(conversationId, someone ?? userId)
        },
      },
    }),
  },
  'operations visible before the commit': {
    caughtBy: 'a batch is seen as a whole or not at all',
    commit: (commit) => async (ops) => {
      const results: Results = []
      for (const op of ops) {
        results.push(...(await commit([op])))
        await settle()
      }
      return results
    },
  },
  'half a batch stored': {
    caughtBy: 'pages of every size join to the whole inbox',
    commit: (commit) => async (ops) => {
      if (ops.length < 100) return commit(ops)
      const stored = await commit(ops.slice(0, ops.length / 2))
      return ops.map((_, index) => stored[index % stored.length]!)
    },
  },
  'numbers given out before the commit': {
    caughtBy: 'a reader beside 8 writers skips nothing',
    ...numbersBeforeCommit(),
  },
  'a read from a replica that lags': {
    caughtBy: 'the next read on another instance sees everything that a commit has answered',
    commit: (commit, database) => async (ops) => {
      lagging.set(database, database.snapshot().tables)
      return commit(ops)
    },
    reads: ({ heads }, database) => ({
      heads: {
        ...heads,
        async users(userIds) {
          const old = lagging.get(database)
          const found = await heads.users(userIds)
          return found.map((head, index) => ({ ...head, seq: old?.users.get(userIds[index]!)?.inbox.length ?? 0 }))
        },
      },
    }),
  },
  'devices lost over a restart': {
    caughtBy: 'opening again keeps everything, and the epoch',
    onReopen: ({ tables }) => {
      for (const user of tables.users.values()) user.devices.clear()
    },
  },
  'another epoch after each start': {
    caughtBy: 'opening again keeps everything, and the epoch',
    onReopen: ({ tables }) => (tables.epoch += "'"),
  },
}

/** The rows of every second commit become visible only after later numbers. */
function numbersBeforeCommit(): Pick<Breakage, 'commit' | 'reads'> {
  const invisible = new Set<string>()
  let commits = 0
  return {
    commit: (commit) => async (ops) => {
      const results = await commit(ops)
      if ((commits += 1) % 2) return results
      const places = results.flatMap((result, index) => {
        const op = ops[index]!
        const inbox = result['inbox'] as number[]
        return op.op === 'append' ? op.members.map((userId, at) => `${userId} ${inbox[at]}`) : []
      })
      for (const place of places) invisible.add(place)
      await settle()
      for (const place of places) invisible.delete(place)
      return results
    },
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async inbox(userId, after, limit) {
          const page = await timelines.inbox(userId, after, limit)
          await settle()
          return { ...page, entries: page.entries.filter((entry) => !invisible.has(`${userId} ${entry.seq}`)) }
        },
      },
    }),
  }
}

describeBreakages('the storage suite catches', breakages)
