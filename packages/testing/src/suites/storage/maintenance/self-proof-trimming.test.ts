import type { Tables } from '../breakage.js'
// Storages that trim wrongly, and the case that must catch each.
import type { MaintenanceStep, TrimLimits } from '@rookery/core'
import { describeBreakages, type Breakage } from '../breakage.js'

/** The storage takes the limits for others. */
const misread = (change: (limits: TrimLimits, step: MaintenanceStep) => [TrimLimits, MaintenanceStep]) =>
  ({
    reads: ({ maintenance }) => ({
      maintenance: { ...maintenance, trim: (limits, step) => maintenance.trim(...change(limits, step)) },
    }),
  }) satisfies Partial<Breakage>

/** Damages the rows after each step. */
const spoil = (change: (tables: Tables) => void) =>
  ({
    reads: ({ maintenance }, database) => ({
      maintenance: {
        ...maintenance,
        async trim(...args) {
          const done = await maintenance.trim(...args)
          change(database.tables)
          return done
        },
      },
    }),
  }) satisfies Partial<Breakage>

const laterBy = (time: number | null, ms: number): number | null => time && time + ms

const breakages: Readonly<Record<string, Breakage>> = {
  'one entry too many taken': {
    caughtBy: 'entries before a time go, the head stays, and readers get the floor',
    ...misread((limits, step) => [{ ...limits, inboxBefore: laterBy(limits.inboxBefore, 1) }, step]),
  },
  'one message too many taken': {
    caughtBy: 'messages before a time go: history begins above the floor, and what points below it has no message',
    ...misread((limits, step) => [{ ...limits, timelineBefore: laterBy(limits.timelineBefore, 1) }, step]),
  },
  'a count of all conversations together': {
    caughtBy: 'of each conversation the last messages of a count stay',
    ...misread((limits, step) => [{ ...limits, timelineCount: limits.timelineCount && 2 }, step]),
  },
  'entries taken and the floor left': {
    caughtBy: 'entries before a time go, the head stays, and readers get the floor',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        inbox: async (...args) => ({ ...(await timelines.inbox(...args)), floor: 0 }),
      },
    }),
  },
  'a followed timeline whose floor is not told': {
    caughtBy: 'a followed timeline begins above its floor, says where that is, and keeps its head',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async timeline(...args) {
          const page = await timelines.timeline(...args)
          return page && { ...page, floor: 0 }
        },
      },
    }),
  },
  'a head that goes with its messages': {
    caughtBy: 'of a followed timeline that was taken whole the head and the follow stay, and it goes on',
    reads: ({ timelines }) => ({
      timelines: {
        ...timelines,
        async timeline(...args) {
          const page = await timelines.timeline(...args)
          return page && { ...page, head: page.messages.at(-1)?.seq ?? 0 }
        },
      },
    }),
  },
  'members counted as unread what is gone': {
    caughtBy:
      'unread counts and readers agree with the messages that are left, in a group fanned out on write and on read',
    ...spoil(({ conversations }) => {
      for (const row of conversations.values()) if (row.kind === 'c2g') row.floorCount = 0
    }),
  },
  'what is old taken from between': {
    caughtBy: 'an old entry that came after a younger one stays',
    reads: ({ timelines, maintenance }) => {
      let before = 0
      return {
        maintenance: {
          ...maintenance,
          trim(limits, step) {
            before = limits.inboxBefore ?? 0
            return maintenance.trim(limits, step)
          },
        },
        timelines: {
          ...timelines,
          async inbox(...args) {
            const page = await timelines.inbox(...args)
            return { ...page, entries: page.entries.filter(({ at }) => at >= before) }
          },
        },
      }
    },
  },
  'numbers that begin again': {
    caughtBy: 'numbers go on where they were after everything was taken, also where the storage is opened again',
    ...spoil(({ users }) => {
      for (const row of users.values()) if (row.floor === row.inbox.length) row.inbox.length = row.floor = 0
    }),
  },
  'what was taken counted as unread': {
    caughtBy: 'removed messages are no longer unread, and the position stays where it is',
    ...spoil(({ conversations }) => {
      for (const row of conversations.values()) row.floorCount = 0
    }),
  },
  'read positions moved to the floor': {
    caughtBy: 'removed messages are no longer unread, and the position stays where it is',
    ...spoil(({ conversations }) => {
      for (const { floor, members } of conversations.values())
        for (const member of members.values()) member.readSeq = Math.max(member.readSeq, floor)
    }),
  },
  'unread corrected by messages that are gone': {
    caughtBy: 'unread agrees with a count of the messages that are left, over many sends, reads and trims',
    ...spoil(({ conversations }) => {
      for (const { floor, countableOf } of conversations.values())
        for (const [userId, seqs] of countableOf) countableOf.set(userId, [...seqs, ...(floor > 0 ? [Infinity] : [])])
    }),
  },
  'a list by what is left': {
    caughtBy: 'the time and the place in the list stay where the last message was taken',
    ...spoil(({ conversations }) => {
      for (const row of conversations.values())
        row.updatedAt = row.messages.find((message) => message !== undefined)?.serverTime ?? 0
    }),
  },
  'keys that go with their messages': {
    caughtBy: 'a key outlives its message, and is answered the first result',
    ...misread((limits, step) => [{ ...limits, keysBefore: limits.keysBefore ?? limits.timelineBefore }, step]),
  },
  'keys that stay for ever': {
    caughtBy: 'keys of every kind before a time go, and those after it stay',
    ...misread((limits, step) => [{ ...limits, keysBefore: null }, step]),
  },
  'steps of any size': {
    caughtBy: 'two who trim at once take each thing once',
    ...misread((limits, step) => [limits, { ...step, rows: 1_000_000 }]),
  },
  'a run that never ends': {
    caughtBy: 'where nothing is limited nothing goes',
    reads: ({ maintenance }) => ({
      maintenance: {
        ...maintenance,
        trim: async (limits, step) => ({ ...(await maintenance.trim(limits, step)), next: '[0,0]', progress: 1 }),
      },
    }),
  },
}

describeBreakages('the storage suite catches', breakages)
