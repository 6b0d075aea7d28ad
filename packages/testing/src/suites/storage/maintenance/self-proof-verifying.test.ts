// Storages that verify or count wrongly, and the case that must catch each.
import { describeBreakages, spoil, type Breakage } from '../breakage.js'

const breakages: Readonly<Record<string, Breakage>> = {
  'a count that runs ahead': {
    caughtBy: 'nothing is found in what the storage wrote, over many sends, reads, acknowledgements and trims',
    commit: spoil('after', ({ conversations }) => {
      for (const row of conversations.values()) if (row.messages.length === 20) row.countable += 1
    }),
  },
  'a verify that takes what was trimmed for missing': {
    caughtBy: 'nothing is found in what the storage wrote, over many sends, reads, acknowledgements and trims',
    reads: ({ maintenance }, { tables }) => ({
      maintenance: {
        ...maintenance,
        async verify(step) {
          const done = await maintenance.verify(step)
          const trimmed = [...tables.users].filter(([, { floor }]) => floor > 0)
          const findings = trimmed.map(([userId, { floor }]) => ({
            kind: 'entry' as const,
            id: `${userId} 1`,
            field: 'missing',
            stored: 0,
            computed: floor,
            repaired: false,
          }))
          return { ...done, findings: [...done.findings, ...findings] }
        },
      },
    }),
  },
  'a repair that moves positions to the head': {
    caughtBy: 'where nothing is wrong a repair changes nothing',
    reads: ({ maintenance }, { tables }) => ({
      maintenance: {
        ...maintenance,
        async verify(step) {
          if (step.repair)
            for (const { messages, members } of tables.conversations.values())
              for (const member of members.values()) member.readSeq = messages.length
          return maintenance.verify(step)
        },
      },
    }),
  },
  'a verify that does not see trims beside it': {
    caughtBy: 'nothing is found beside sends and trims that go on',
    reads: ({ maintenance }, { tables }) => {
      const floors = new Map<string, number>()
      return {
        maintenance: {
          ...maintenance,
          async verify(step) {
            const done = await maintenance.verify(step)
            const moved = [...tables.users].filter(([userId, { floor }]) => (floors.get(userId) ?? floor) !== floor)
            for (const [userId, { floor }] of tables.users) floors.set(userId, floor)
            const findings = moved.map(([id, { floor }]) => ({
              kind: 'user' as const,
              id,
              field: 'floor',
              stored: floor,
              computed: 0,
              repaired: false,
            }))
            return { ...done, findings: [...done.findings, ...findings] }
          },
        },
      }
    },
  },
}

describeBreakages('the storage suite catches', breakages)
