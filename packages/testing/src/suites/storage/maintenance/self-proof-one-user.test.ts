import type { Tables } from '../breakage.js'
// Storages that export or erase wrongly, and the case that must catch each.
import { describeBreakages, type Breakage } from '../breakage.js'

/** Damages the rows after each step of an erasure. */
const spoil = (change: (tables: Tables, userId: string) => void) =>
  ({
    reads: ({ maintenance }, { tables }) => ({
      maintenance: {
        ...maintenance,
        async erase(userId, step) {
          const done = await maintenance.erase(userId, step)
          change(tables, userId)
          return done
        },
      },
    }),
  }) satisfies Partial<Breakage>

const breakages: Readonly<Record<string, Breakage>> = {
  'an export without what was said to some': {
    caughtBy: 'an export holds every membership and every message of the user once, whatever the size of its steps',
    reads: ({ maintenance }) => ({
      maintenance: {
        ...maintenance,
        async export(userId, step) {
          const done = await maintenance.export(userId, step)
          return { ...done, messages: done.messages.filter(({ countable }) => countable) }
        },
      },
    }),
  },
  'an export that begins anew with each step': {
    caughtBy: 'an export holds every membership and every message of the user once, whatever the size of its steps',
    reads: ({ maintenance }) => ({
      maintenance: {
        ...maintenance,
        export: (userId, step) => maintenance.export(userId, { ...step, after: null }),
      },
    }),
  },
  "an export of everybody's reactions": {
    caughtBy: "an export has the user's present reactions, whoever sent the messages, and nobody else's",
    reads: ({ maintenance }, { tables }) => ({
      maintenance: {
        ...maintenance,
        async export(userId, step) {
          const done = await maintenance.export(userId, step)
          const reactions = [...tables.conversations.values()].flatMap(({ conversationId, reactions: all }) =>
            [...all].flatMap(([seq, named]) =>
              [...named.keys()].map((reaction) => ({ conversationId, seq, reaction })),
            ),
          )
          return { ...done, reactions }
        },
      },
    }),
  },
  'messages deleted instead of emptied': {
    caughtBy: 'an erasure leaves the messages as recalled, and nothing of what they said',
    ...spoil(({ conversations }, userId) => {
      for (const { messages } of conversations.values())
        for (const { from, seq } of messages.filter((message) => message.from === userId))
          if (from !== null) Reflect.deleteProperty(messages, seq - 1)
    }),
  },
  'contents left in ext': {
    caughtBy: 'an erasure leaves the messages as recalled, and nothing of what they said',
    ...spoil(({ conversations }, userId) => {
      for (const { messages } of conversations.values())
        for (const message of messages.filter(({ from }) => from === userId))
          messages[message.seq - 1] = { ...message, ext: '{"a":1}' }
    }),
  },
  'a c2c conversation left open for whoever comes after': {
    caughtBy: 'a later user with an erased id sees nothing of a c2c conversation, until there is a new message in it',
    ...spoil(({ conversations }, userId) => {
      for (const { kind, members } of conversations.values())
        if (kind === 'c2c' && members.has(userId)) members.get(userId)!.from = 0
    }),
  },
  'a group that was left opened by joining it again': {
    caughtBy: 'a later user with an erased id sees nothing of a group that was left, even after joining it again',
    ...spoil(({ conversations }, userId) => {
      for (const { kind, members } of conversations.values()) {
        const member = members.get(userId)
        if (kind === 'c2g' && member !== undefined) member.earlier = [{ from: 0, to: 4 }]
      }
    }),
  },
  'the other side of a conversation erased, too': {
    caughtBy: 'an erasure leaves the messages as recalled, and nothing of what they said',
    ...spoil(({ conversations }, userId) => {
      for (const { messages, members } of conversations.values())
        if (members.has(userId))
          for (const message of messages) messages[message.seq - 1] = { ...message, content: null, recalled: true }
    }),
  },
  'keys left': {
    caughtBy: 'an erasure takes keys, devices, settings and the inbox, and nothing of anybody else',
    reads: ({ maintenance }, { tables }) => ({
      maintenance: {
        ...maintenance,
        async erase(userId, step) {
          const keys = new Map(tables.users.get(userId)?.keys)
          const done = await maintenance.erase(userId, step)
          for (const [name, key] of keys) tables.users.get(userId)?.keys.set(name, key)
          return done
        },
      },
    }),
  },
  'an inbox that counts from 1 again': {
    caughtBy: 'erased messages are no longer unread and mention nobody; numbers go on, and verify finds nothing',
    ...spoil(({ users }, userId) => {
      const user = users.get(userId)
      if (user?.floor === user?.inbox.length) user!.inbox.length = user!.floor = 0
    }),
  },
  'what was erased still unread': {
    caughtBy: 'erased messages are no longer unread and mention nobody; numbers go on, and verify finds nothing',
    ...spoil(({ conversations }) => {
      for (const row of conversations.values()) row.recalled.length = 0
    }),
  },
}

describeBreakages('the storage suite catches', breakages)
