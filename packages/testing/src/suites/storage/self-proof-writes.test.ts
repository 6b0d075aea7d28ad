// Storages that store the wrong thing, and the case that must catch each.
import { type Device, MemoryDatabase, type StorageOp } from '@rookery/core'
import { settle } from '../../settle.js'
import {
  append,
  describeBreakages,
  foldKeys,
  members,
  messages,
  misanswer,
  misread,
  spoil,
  type Breakage,
} from './breakage.js'

const breakages: Readonly<Record<string, Breakage>> = {
  'keys without case': {
    caughtBy: 'keys that differ in case, accent, space or normalisation are different keys',
    commit: foldKeys((key) => key.toLowerCase()),
  },
  'keys without spaces at the end': {
    caughtBy: 'keys that differ in case, accent, space or normalisation are different keys',
    commit: foldKeys((key) => key.trimEnd()),
  },
  'keys normalised': {
    caughtBy: 'keys that differ in case, accent, space or normalisation are different keys',
    commit: foldKeys((key) => key.normalize('NFC')),
  },
  'keys without accents': {
    caughtBy: 'keys that differ in case, accent, space or normalisation are different keys',
    commit: foldKeys((key) => key.normalize('NFD').replaceAll('\u0301', '')),
  },
  'a key for each conversation': {
    caughtBy: 'a key is one over all conversations of its sender',
    commit: misread((ops) => messages(ops, (m) => ({ clientMsgId: `${m.clientMsgId} ${m.conversationId}` }))),
  },
  'keys of all senders in one': {
    caughtBy: "the same clientMsgId of another sender, and of the system, is another's key",
    commit: (commit) => {
      const seen = new Map<string, string | null>()
      return (ops) =>
        commit(
          messages(ops, ({ from, clientMsgId }) => {
            if (!seen.has(clientMsgId)) seen.set(clientMsgId, from)
            return { from: seen.get(clientMsgId)! }
          }),
        )
    },
  },
  'keys looked up before the transaction and not in it': {
    caughtBy: 'of 50 commits at once with one key exactly one stores, and all answer one result',
    commit: (commit) => {
      const known = new Map<string, Record<string, unknown>>()
      let copies = 0
      return async (ops) => {
        const keyOf = (op: StorageOp): string => (op.op === 'append' ? op.message.clientMsgId : '')
        const found = ops.map((op) => known.get(keyOf(op)))
        await settle()
        if (found[0]) return [{ ...found[0], status: 'duplicate' }]
        const results = await commit(messages(ops, (m) => ({ clientMsgId: `${m.clientMsgId} ${(copies += 1)}` })))
        known.set(keyOf(ops[0]!), results[0]!)
        return results
      }
    },
  },
  'settings with keys of their own': {
    caughtBy: 'a change of settings and a message share one key space',
    commit: misread((ops) =>
      ops.map((op) =>
        op.op === 'settings' && op.key ? { ...op, key: { ...op.key, clientMsgId: `set ${op.key.clientMsgId}` } } : op,
      ),
    ),
  },
  'settings whose key is forgotten': {
    caughtBy: 'of many changes of settings at once with one key exactly one is made',
    commit: misread((ops) => ops.map((op) => (op.op === 'settings' ? { ...op, key: undefined as never } : op))),
  },
  'a repeat answered with a new number': {
    caughtBy: 'a repeat in a later commit answers the first result and writes nothing',
    commit: misanswer((result) => (result['status'] === 'duplicate' ? { seq: Number(result['seq']) + 1 } : {})),
  },
  'a repeat answered with its own message id': {
    caughtBy: 'a repeat in the same batch answers the first result and writes nothing',
    commit: misanswer((result, op) =>
      result['status'] === 'duplicate' && op.op === 'append' ? { msgId: op.message.msgId } : {},
    ),
  },
  'a repeat answered with its own digest': {
    caughtBy: 'the answer has the stored digest, so that a conflict differs from a repeat',
    commit: misanswer((result, op) =>
      result['status'] === 'duplicate' && op.op === 'append' ? { digest: op.message.digest } : {},
    ),
  },
  'a repeat that moves the read position': {
    caughtBy: 'a repeat does not move the read position, unhide the conversation or raise a count',
    commit: spoil('after', (tables, op) => {
      if (op.op !== 'append' || op.message.from === null) return
      const row = tables.conversations.get(op.message.conversationId)
      row!.members.get(op.message.from)!.readSeq = row!.messages.length
    }),
  },
  'a number skipped': {
    caughtBy: 'a conversation counts from 1 without a gap, within a commit and across commits',
    commit: misanswer((result) => (Number(result['seq']) > 3 ? { seq: Number(result['seq']) + 1 } : {})),
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async messages(conversationId, range) {
          const page = await timelines.messages(conversationId, range)
          return { ...page, messages: page.messages.map((m) => (m.seq > 3 ? { ...m, seq: m.seq + 1 } : m)) }
        },
      },
    }),
  },
  'one counter for all conversations': {
    caughtBy: 'every conversation counts on its own',
    commit: (commit) => {
      let seq = 0
      return misanswer(() => ({ seq: (seq += 1) }))!(commit, new MemoryDatabase())
    },
  },
  'an ordinal that counts everything': {
    caughtBy: 'an ordinal is the place among countable messages; an uncountable one bears the count before it',
    commit: misread((ops) => messages(ops, () => ({ countable: true }))),
  },
  'places of members in the order of their ids': {
    caughtBy: "the places in the members' inboxes are answered in the order of members",
    commit: (commit) => async (ops) => {
      const sorted = append(ops, (op) => ({ members: op.members.toSorted() }))
      return commit(sorted)
    },
  },
  'two entries swapped': {
    caughtBy: 'an inbox holds the entries of all conversations, consecutive, in the order of the operations',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async inbox(...args) {
          const page = await timelines.inbox(...args)
          const [first, second, ...rest] = page.entries
          if (!first || !second) return page
          return { ...page, entries: [{ ...second, seq: first.seq }, { ...first, seq: second.seq }, ...rest] }
        },
      },
    }),
  },
  'two entries where one talks to oneself': {
    caughtBy: 'talking to oneself is one member and one entry',
    commit: misread((ops) =>
      append(ops, ({ members: list }) => ({ members: list.length === 1 ? [list[0]!, list[0]!] : list })),
    ),
  },
  'a read position that goes back': {
    caughtBy: 'a position never moves back, and what moves nothing writes no entry',
    commit: spoil('before', (tables, op) => {
      if (op.op === 'read') members(tables, (member) => (member.readSeq = 0))
    }),
  },
  'a read position that is not clamped': {
    caughtBy: 'a position beyond the head is clamped to it',
    commit: misanswer((result, op) => (op.op === 'read' && result['status'] === 'ok' ? { readSeq: op.seq } : {})),
  },
  'unread that counts own messages': {
    caughtBy: 'what the host sends for a user leaves the position, and its own message is not unread',
    commit: spoil('after', (tables) => {
      for (const row of tables.conversations.values()) row.countableOf.clear()
    }),
  },
  'unread that takes uncountable own messages off': {
    caughtBy: 'an own uncountable message behind the position is not taken off twice',
    reads: ({ conversations }, database) => ({
      conversations: {
        ...conversations,
        async views(userId, ids) {
          const found = await conversations.views(userId, ids)
          return found.map((view) => {
            const row = view && database.tables.conversations.get(view.conversationId)
            const quiet = row?.messages.filter((m) => m.from === userId && !m.countable && m.seq > view!.readSeq)
            return view && { ...view, unread: view.unread - (quiet?.length ?? 0) }
          })
        },
      },
    }),
  },
  'a send that never moves the position': {
    caughtBy: "a message of a session moves its user's position, without a separate entry",
    commit: misread((ops) => append(ops, () => ({ movesPosition: false }))),
  },
  'a send by the host that moves the position': {
    caughtBy: 'what the host sends for a user leaves the position, and its own message is not unread',
    commit: misread((ops) => append(ops, () => ({ movesPosition: true }))),
  },
  'hidden for ever': {
    caughtBy: 'a conversation is hidden until the next countable message, for each who hid it',
    commit: spoil('after', (tables) =>
      members(tables, (member, countable) => {
        if (member.hiddenAt !== null) member.hiddenAt = countable
      }),
    ),
  },
  'hidden until any message': {
    caughtBy: 'a conversation is hidden until the next countable message, for each who hid it',
    commit: spoil('after', (tables, op) => {
      if (op.op === 'append') members(tables, (member) => (member.hiddenAt = null))
    }),
  },
  'settings for both members': {
    caughtBy: 'settings are one user’s own',
    commit: spoil('after', (tables, op) => {
      if (op.op === 'settings') members(tables, (member) => (member.pinned = op.pinned ?? member.pinned))
    }),
  },
  'a registration that is renewed at the head': {
    caughtBy: 'a registration that is renewed has its new token, language and time, and keeps its place',
    commit: spoil('before', (tables, op) => {
      if (op.op === 'push-register') tables.users.get(op.userId)?.push.clear()
    }),
  },
  'a token that several devices have': {
    caughtBy: 'a token belongs to the device that registered it last, another user’s too',
    commit: misread((ops) =>
      ops.map((op) =>
        op.op === 'push-register' ? { ...op, tokenHash: `${op.tokenHash}${op.userId}${op.deviceId}` } : op,
      ),
    ),
  },
  'a registration that outlives its device': {
    caughtBy: 'a forgotten device has no registrations any more',
    commit: spoil('after', (tables, op) => {
      if (op.op !== 'forget-device') return
      const { push } = tables.users.get(op.userId)!
      for (const row of [...push.values()]) push.set('kept', { ...row, deviceId: op.deviceId })
    }),
  },
  'a claim that is answered before it is stored': {
    caughtBy: 'of nodes that claim one registration at once exactly one has it',
    commit: misanswer((_, op) => (op.op === 'push-claim' ? { isClaimed: true } : {})),
  },
  'a place that goes back': {
    caughtBy: 'what a device was told of never goes back',
    commit: spoil('before', (tables, op) => {
      if (op.op !== 'pushed') return
      for (const [name, row] of tables.users.get(op.userId)?.push ?? [])
        tables.users.get(op.userId)!.push.set(name, { ...row, pushedTo: 0 })
    }),
  },
  'a delivered range that each acknowledgement replaces': {
    caughtBy: 'an acknowledgement that reaches the stored end extends the range',
    commit: spoil('before', (tables, op) => {
      if (op.op === 'device') tables.users.get(op.userId)?.devices.clear()
    }),
  },
  'a delivered range that is not clamped': {
    caughtBy: 'the end of a range is clamped to the head',
    commit: spoil('after', (tables, op) => {
      if (op.op !== 'device' || !op.delivered) return
      const { devices } = tables.users.get(op.userId)!
      const stored: Device = devices.get(op.deviceId)!
      devices.set(op.deviceId, { ...stored, deliveredTo: op.delivered.to })
    }),
  },
  'a delivered range that always begins at 0': {
    caughtBy: 'what lies before the place where a session began was not delivered to it',
    commit: misread((ops) =>
      ops.map((op) => (op.op === 'device' && op.delivered ? { ...op, delivered: { ...op.delivered, from: 0 } } : op)),
    ),
  },
  'a login epoch for each user alone': {
    caughtBy: 'a login epoch rises with every raise, over all users, and never falls',
    commit: (commit) => {
      const raised = new Map<string, number>()
      return misanswer((_result, op) => {
        if (op.op !== 'raise-login') return {}
        raised.set(op.userId, (raised.get(op.userId) ?? 0) + 1)
        return { loginEpoch: raised.get(op.userId) }
      })!(commit, new MemoryDatabase())
    },
  },
}

describeBreakages('the storage suite catches', breakages)
