import type { ConversationRow, Tables } from './breakage.js'
// Storages that are wrong about groups, or about changes of messages, and the case that must catch each.
import type { GroupOp, StorageOp } from '@rookery/core'
import { settle } from '../../settle.js'
import { describeBreakages, misanswer, misread, spoil, type Breakage } from './breakage.js'

type Named = StorageOp & { readonly message: GroupOp['message'] }
const isNamed = (op: StorageOp): op is Named => op.op === 'append' || op.op === 'control' || op.op === 'group'

/** The conversation row of an operation, if there is one. */
const rowOf = (tables: Tables, op: StorageOp): ConversationRow | undefined =>
  isNamed(op) ? tables.conversations.get(op.message.conversationId) : undefined

/** The storage takes the group operations for others. */
const groupOps = (change: (op: GroupOp) => Partial<GroupOp>): Breakage['commit'] =>
  misread((ops) => ops.map((op) => (op.op === 'group' ? { ...op, ...change(op) } : op)))

const breakages: Readonly<Record<string, Breakage>> = {
  'no version looked at when something is said': {
    caughtBy: 'an operation decided under another version is stale and stores nothing; the rest of its batch does',
    commit:
      (commit, { tables }) =>
      (ops) =>
        commit(
          ops.map((op) => {
            const version = rowOf(tables, op)?.version
            return op.op === 'append' && version !== undefined ? { ...op, version } : op
          }),
        ),
  },
  'a version looked at before the transaction and not in it': {
    caughtBy: 'nothing sequenced after a removal reaches who was removed, and everything before does',
    commit: (commit, database) => async (ops) => {
      const now = ops.map((op) => rowOf(database.tables, op)?.version)
      const stale = ops.some((op, index) => op.op === 'append' && op.version !== now[index])
      await settle()
      if (stale) return ops.map(() => ({ status: 'stale' }))
      return commit(
        ops.map((op) => (op.op === 'append' ? { ...op, version: rowOf(database.tables, op)!.version } : op)),
      )
    },
  },
  'one stale operation makes its whole batch stale': {
    caughtBy: 'an operation decided under another version is stale and stores nothing; the rest of its batch does',
    commit:
      (commit, { tables }) =>
      async (ops) => {
        const isStale = ops.some(
          (op) => isNamed(op) && op.version !== undefined && op.version !== rowOf(tables, op)?.version,
        )
        return isStale && ops.length > 1 ? ops.map(() => ({ status: 'stale' })) : commit(ops)
      },
  },
  'a repeat that is called stale': {
    caughtBy: 'a repeat is answered from its key before its version is looked at',
    commit:
      (commit, { tables }) =>
      async (ops) =>
        (await commit(ops)).map((result, index) => {
          const op = ops[index]!
          const version = isNamed(op) && op.op !== 'group' ? op.version : undefined
          const isOld = version !== undefined && version !== rowOf(tables, op)?.version
          return result['status'] === 'duplicate' && isOld ? { status: 'stale' } : result
        }),
  },
  'a stale operation that takes its key': {
    caughtBy: 'an operation decided under another version is stale and stores nothing; the rest of its batch does',
    commit:
      (commit, { tables }) =>
      async (ops) => {
        const results = await commit(ops)
        for (const [index, op] of ops.entries())
          if (results[index]!['status'] === 'stale' && isNamed(op) && op.message.from !== null) {
            const { digest, msgId, conversationId, serverTime, clientMsgId } = op.message
            const key = { digest, msgId, conversationId, seq: 0, serverTime }
            tables.users.get(op.message.from)?.keys.set(clientMsgId, key)
          }
        return results
      },
  },
  'who is removed gets no entry for the removal': {
    caughtBy: 'a user who leaves gets the message about it, and nothing after that',
    commit: groupOps(({ members, change }) => ({
      members: members.filter((userId) => change.leave?.includes(userId) !== true),
    })),
  },
  'a removed member is one for one message more': {
    caughtBy: 'a user who leaves gets the message about it, and nothing after that',
    commit: spoil('after', (tables, op) => {
      const row = rowOf(tables, op)
      for (const userId of (op.op === 'group' && op.change.leave) || []) {
        const member = row?.members.get(userId)
        if (member?.to) member.to += 1
      }
    }),
  },
  'joiners are given everything': {
    caughtBy: 'a user who joins from now on reads from the message about it, and everything before counts as read',
    commit: groupOps(({ change }) => ({
      change: { ...change, ...(change.join && { join: change.join.map((one) => ({ ...one, reads: 'everything' })) }) },
    })),
  },
  'joiners have everything before unread': {
    caughtBy: 'a user who joins with everything reads from the beginning, and nothing of that is unread',
    commit: spoil('after', (tables, op) => {
      for (const { userId } of (op.op === 'group' && op.change.join) || []) {
        const member = rowOf(tables, op)?.members.get(userId)
        if (member) member.readSeq = 0
      }
    }),
  },
  'members that are added again begin anew': {
    caughtBy: 'who is a member already keeps everything and gets no second membership',
    commit: spoil('before', (tables, op) => {
      for (const { userId } of (op.op === 'group' && op.change.join) || []) rowOf(tables, op)?.members.delete(userId)
    }),
  },
  'rejoining forgets the earlier intervals': {
    caughtBy: 'rejoining begins a new interval and keeps the earlier ones',
    commit: spoil('after', (tables, op) => {
      for (const member of rowOf(tables, op)?.members.values() ?? []) member.earlier = []
    }),
  },
  'intervals ignored in history': {
    caughtBy: 'history has the messages inside the reader’s intervals, and a page counts only returned messages',
    reads: ({ timelines }) => ({
      timelines: { ...timelines, messages: (id, { reader: _, ...range }) => timelines.messages(id, range) },
    }),
  },
  'intervals looked at after the page was cut': {
    caughtBy: 'history has the messages inside the reader’s intervals, and a page counts only returned messages',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async messages(id, { reader, ...range }) {
          const page = await timelines.messages(id, range)
          if (reader === undefined) return page
          const all = await timelines.messages(id, { limit: 1_000, reader })
          const mine = new Map(all.messages.map((message) => [message.seq, message]))
          return { ...page, messages: page.messages.flatMap(({ seq }) => mine.get(seq) ?? []) }
        },
      },
    }),
  },
  'folded controls shown in history': {
    caughtBy: 'history leaves recalls, edits and reactions out, and counts what it returns (in a conversation of two)',
    reads: ({ timelines }, { tables }) => ({
      timelines: {
        ...timelines,
        async messages(id, range) {
          const page = await timelines.messages(id, range)
          const folded = tables.conversations.get(id)?.messages.filter(({ type }) => type.startsWith('im.')) ?? []
          return { ...page, messages: [...page.messages, ...folded].slice(0, range.limit) }
        },
      },
    }),
  },
  'changes after somebody left shown to them': {
    caughtBy: 'an edit after somebody left withholds the message from them, in history and inbox',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async messages(id, { reader, ...range }) {
          const [page, now] = [
            await timelines.messages(id, { ...range, ...(reader !== undefined && { reader }) }),
            await timelines.messages(id, { limit: 1_000 }),
          ]
          const messages = page.messages.map(({ seq }) => now.messages.find((message) => message.seq === seq)!)
          return { ...page, messages }
        },
      },
    }),
  },
  'recalled content kept in the message': {
    caughtBy: 'recalled content is gone from every read (in a conversation of two)',
    commit: spoil('after', (tables, op) => {
      if (op.op !== 'control' || op.change.kind !== 'recall') return
      const row = rowOf(tables, op)!
      const at = op.change.seq - 1
      row.messages[at] = { ...row.messages[at]!, ext: '{"of":"a secret"}' }
    }),
  },
  'recalled content kept in an edit': {
    caughtBy: 'recalled content is gone from its edits too, which are shown as recalled (in a group)',
    commit: spoil('before', (tables, op) => {
      if (op.op === 'control' && op.change.kind === 'recall') rowOf(tables, op)!.edits.delete(op.change.seq)
    }),
  },
  'unread counts what was recalled': {
    caughtBy: 'a recalled message is unread for nobody, and mentions nobody (in a group)',
    commit: spoil('after', (tables, op) => {
      if (op.op === 'control') rowOf(tables, op)?.recalled.splice(0)
    }),
  },
  'a recall taken off unread twice for who wrote it': {
    caughtBy: 'unread after the read position stays right whatever is recalled on either side of it (in a group)',
    commit: spoil('after', (tables, op) => {
      if (op.op !== 'control' || op.change.kind !== 'recall') return
      const row = rowOf(tables, op)!
      const { from, seq } = row.messages[op.change.seq - 1]!
      row.countableOf.get(from!)?.push(seq)
      row.countableOf.get(from!)?.sort((a, b) => a - b)
    }),
  },
  'a recall that is made again': {
    caughtBy:
      'what is recalled already stays so, is answered with its recall, and takes no key (in a conversation of two)',
    commit: spoil('before', (tables, op) => {
      const row = rowOf(tables, op)
      if (row === undefined || op.op !== 'control') return
      const target = row.messages[op.change.seq - 1]
      if (target) row.messages[op.change.seq - 1] = { ...target, recalled: false }
    }),
  },
  'an edit that is answered with its own number where nothing changes': {
    caughtBy: 'an edit to what it says already is unchanged and answered with what made it so (in a group)',
    commit: misanswer((result) => (result['status'] === 'unchanged' ? { seq: Number(result['seq']) + 1 } : {})),
  },
  'a reaction counted twice': {
    caughtBy: 'reactions are counted, each user once for each of them (in a group)',
    commit: spoil('before', (tables, op) => {
      if (op.op !== 'control' || op.change.kind !== 'reaction' || op.change.remove) return
      const users = rowOf(tables, op)?.reactions.get(op.change.seq)?.get(op.change.reaction)
      const seq = users?.get(op.change.userId)
      if (users === undefined || seq === undefined) return
      users.delete(op.change.userId)
      users.set(`${op.change.userId} again`, seq)
    }),
  },
  'reactions compared without case': {
    caughtBy: 'reactions that look alike are different ones (in a conversation of two)',
    commit: misread((ops) =>
      ops.map((op) =>
        op.op === 'control' && op.change.kind === 'reaction'
          ? { ...op, change: { ...op.change, reaction: op.change.reaction.toLowerCase() } }
          : op,
      ),
    ),
  },
  'no follow for who joins': {
    caughtBy:
      'a user who joins a followed group gets an entry with the start; one who leaves, with the end; others get none',
    commit: spoil('after', (tables, op) => {
      if (op.op !== 'group' || op.change.fanOut !== undefined) return
      for (const { userId } of op.change.join ?? []) {
        const { inbox } = tables.users.get(userId)!
        if (inbox.at(-1)?.kind === 'follow') inbox.pop()
      }
    }),
  },
  'no follow for who joins as the group crosses': {
    caughtBy: 'crossing writes for every member, of those who join too, from where to follow, and nothing else',
    commit: (commit) => async (ops) => {
      const results = []
      for (const op of ops) {
        const { fanOut, ...change } = op.op === 'group' ? op.change : {}
        if (op.op !== 'group' || fanOut === undefined || op.version === null) results.push(...(await commit([op])))
        else results.push(...(await commit([{ ...op, change: { ...change, join: [], fanOut } }])))
      }
      return results
    },
  },
  'entries written in a group that is followed': {
    caughtBy: 'messages, recalls and changes of a followed group write to no inbox, and count as unread',
    commit: misread((ops) =>
      ops.map((op) => (op.op === 'append' && op.message.from !== null ? { ...op, members: [op.message.from] } : op)),
    ),
  },
  'follows of who left': {
    caughtBy: 'follows are the groups fanned out on read of which one is a member now, with head and version',
    commit: spoil('after', (tables, op) => {
      if (op.op === 'group')
        for (const userId of op.change.leave ?? [])
          tables.users.get(userId)?.conversations.add(op.message.conversationId)
    }),
  },
  'a page of follows that begins anew': {
    caughtBy: 'follows come in pages by their ids, with head and where each begins for the user',
    reads: ({ heads }) => ({
      heads: { ...heads, followsAfter: (userId, _, limit) => heads.followsAfter(userId, null, limit) },
    }),
  },
  'a page of groups that leaves the last one out': {
    caughtBy: 'the groups in which a user is a member come in pages by their ids, however they are fanned out',
    reads: ({ groups }) => ({
      groups: { ...groups, memberOf: async (...args) => ({ ...(await groups.memberOf(...args)), more: false }) },
    }),
  },
  'a last message from before the membership': {
    caughtBy: 'the last message of a view lies inside the membership; a former member has no view',
    reads: ({ conversations }, { tables }) => ({
      conversations: {
        ...conversations,
        async views(userId, ids) {
          const views = await conversations.views(userId, ids)
          return views.map((view) => {
            const row = view === null ? undefined : tables.conversations.get(view.conversationId)
            return view && { ...view, lastMessage: row?.messages[row.lastCountable - 1] ?? null }
          })
        },
      },
    }),
  },
  'members in the order of a locale': {
    caughtBy: 'members come in pages by their ids, ascending as bytes, without former members',
    reads: ({ groups }) => ({
      groups: {
        ...groups,
        async members(groupId, after, limit) {
          const all = (await groups.members(groupId, null, 1_000)).members.toSorted((a, b) =>
            a.userId.localeCompare(b.userId, 'en'),
          )
          const rest = all.filter(({ userId }) => after === null || userId.localeCompare(after, 'en') > 0)
          return { members: rest.slice(0, limit), more: rest.length > limit }
        },
      },
    }),
  },
  'mentions found inside other ids': {
    caughtBy: 'a mention is of the one whose id it is, not of ids that contain it or differ in case',
    reads: ({ conversations }, { tables }) => ({
      conversations: {
        ...conversations,
        async views(userId, ids) {
          const views = await conversations.views(userId, ids)
          return views.map((view) => {
            const messages = view === null ? [] : tables.conversations.get(view.conversationId)!.messages
            const mentioned = messages.filter((m) => m.mentions?.join(' ').includes(userId)).length
            return view && { ...view, mentioned }
          })
        },
      },
    }),
  },
  'reactions lost over a restart': {
    caughtBy: 'opening again keeps groups, their members and the changes of messages',
    onReopen: ({ tables }) => {
      for (const row of tables.conversations.values()) row.reactions.clear()
    },
  },
}

describeBreakages('the storage suite catches, of groups,', breakages)
