// At which group size should fan-out on read begin? The same groups on both sides of the line, in turns: live, for
// deliveries to online members; and for the cost of catching up after an absence.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.js'
import type { CatchUpAsked } from './load/catch-up-work.js'
import type { OpenRoom, RoomMark, StartRoom } from './load/room-load.js'
import { makeDatabase } from './postgres.js'
import { progress } from './progress.js'
import { table, type Section } from './report.js'
import { withServer } from './server.js'
import { median } from './stats.js'
import { variants } from './variants.js'

interface LineTimes {
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly warmUpMs: number
  readonly windowMs: number
}

const modes = [
  { name: 'write', readAbove: 1_000_000 },
  { name: 'read', readAbove: 1 },
] as const
const outstanding = [1, 32] as const
/** What was sent while one member was away. */
const away = { groups: 20, messages: 50, members: 20, repeats: 20 }

interface Live {
  readonly deliveredPerS: number
  readonly cpuUs: number
}

async function live(members: number, readAbove: number, times: LineTimes): Promise<Live[]> {
  const variant = variants.find(({ name }) => name === 'rookery-pg')!
  return withServer(variant, { env: { BENCH_READ_ABOVE: String(readAbove) } }, async ({ child, port }) => {
    const { child: load } = await Child.start('./load/room-load.js')
    try {
      await load.call('open', { port, wire: variant.wire, members } satisfies OpenRoom)
      const found: Live[] = []
      for (const one of outstanding) {
        await load.call('start', { senders: 1, outstanding: one } satisfies StartRoom)
        await sleep(times.warmUpMs)
        const [before, cpuBefore] = await Promise.all([load.call<RoomMark>('mark'), child.usage()])
        await sleep(times.windowMs)
        const [after, cpuAfter] = await Promise.all([load.call<RoomMark>('mark'), child.usage()])
        const delivered = Math.max(1, after.delivered - before.delivered)
        found.push({
          deliveredPerS: (delivered * 1000) / (after.atMs - before.atMs),
          cpuUs: (cpuAfter.cpuUs - cpuBefore.cpuUs) / delivered,
        })
        await load.call('drain')
      }
      return found
    } finally {
      await load.stop()
    }
  })
}

async function catchUpMs(): Promise<number[]> {
  const { url, drop } = await makeDatabase()
  try {
    const { child } = await Child.start('./load/catch-up-work.js', { env: { BENCH_DATABASE_URL: url } })
    try {
      const found: number[] = []
      for (const { readAbove } of modes)
        found.push(median(await child.call<number[]>('measure', { ...away, readAbove } satisfies CatchUpAsked)))
      return found
    } finally {
      await child.stop()
    }
  } finally {
    await drop()
  }
}

export async function runLine(times: LineTimes): Promise<Section> {
  const rows: string[][] = [
    ['members', 'unanswered', 'write: delivered/s', 'CPU µs', 'read: delivered/s', 'CPU µs', 'read / write'],
  ]
  for (const members of times.sizes) {
    const found = new Map<string, Live[][]>(modes.map(({ name }) => [name, []]))
    for (let round = 1; round <= times.rounds; round++) {
      for (const { name, readAbove } of modes) {
        found.get(name)!.push(await live(members, readAbove, times))
        progress(`line: ${members} members, round ${round} of ${times.rounds}, fan-out on ${name}`)
      }
    }
    for (const [i, one] of outstanding.entries()) {
      const middle = (mode: string, what: keyof Live): number => median(found.get(mode)!.map((all) => all[i]![what]))
      const cells = modes.flatMap(({ name }) => [
        Math.round(middle(name, 'deliveredPerS')).toLocaleString('en'),
        middle(name, 'cpuUs').toFixed(2),
      ])
      const ratio = middle('read', 'deliveredPerS') / middle('write', 'deliveredPerS')
      rows.push([String(members), String(one), ...cells, `× ${ratio.toFixed(2)}`])
    }
  }
  const [write = 0, read = 0] = await catchUpMs()
  const { groups, messages } = away
  const text =
    `${table(rows)}\n` +
    `catching up with ${groups} groups of ${messages} messages each: ${write.toFixed(1)} ms from the inbox, ` +
    `${read.toFixed(1)} ms from their timelines`
  return { title: 'Fan-out on write and on read, groups whose members are all online, PostgreSQL', text, verdicts: [] }
}
