// How long the acknowledgement of a send to a group takes, by the number of its members. Few of them are online, so
// that deliveries do not hide it. In turns, on PostgreSQL.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.js'
import type { OpenRoom, RoomMark, StartRoom } from './load/room-load.js'
import { progress } from './progress.js'
import { table, type Section } from './report.js'
import { withServer } from './server.js'
import { median, medianRatio, percentile } from './stats.js'
import { variants } from './variants.js'

interface LargeTimes {
  /** Ascending; the first is the small group that the others are compared with. */
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly warmUpMs: number
  readonly windowMs: number
}

/** The largest ratio between the largest group and the small one: rounds differ that much anyway. */
const target = 1.25
const online = 10

interface Figures {
  readonly p50Ms: number
  readonly p99Ms: number
}

async function acknowledged(members: number, { warmUpMs, windowMs }: LargeTimes): Promise<Figures> {
  const variant = variants.find(({ name }) => name === 'rookery-pg')!
  return withServer(variant, {}, async ({ port }) => {
    const { child: load } = await Child.start('./load/room-load.js')
    try {
      await load.call('open', { port, wire: variant.wire, members, online } satisfies OpenRoom)
      await load.call('start', { senders: 1, outstanding: 1 } satisfies StartRoom)
      await sleep(warmUpMs)
      await load.call('mark')
      await sleep(windowMs)
      const { latenciesMs } = await load.call<RoomMark>('mark')
      await load.call('drain')
      return { p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99) }
    } finally {
      await load.stop()
    }
  })
}

export async function runLarge(times: LargeTimes): Promise<Section> {
  const found = new Map<number, Figures[]>(times.sizes.map((size) => [size, []]))
  for (let round = 1; round <= times.rounds; round++) {
    for (const size of times.sizes) {
      const figures = await acknowledged(size, times)
      found.get(size)!.push(figures)
      const name = `${size} members, round ${round} of ${times.rounds}`
      progress(`large: ${name}: acknowledged within ${figures.p50Ms.toFixed(2)} ms`)
    }
  }
  const rows: string[][] = [['members', 'p50 ms', 'p99 ms', 'p50 ms of each round']]
  for (const [size, all] of found) {
    const each = all.map(({ p50Ms }) => p50Ms.toFixed(2)).join(' ')
    const [p50, p99] = [median(all.map(({ p50Ms }) => p50Ms)), median(all.map(({ p99Ms }) => p99Ms))]
    rows.push([size.toLocaleString('en'), p50.toFixed(2), p99.toFixed(2), each])
  }
  const p50s = (size: number): number[] => found.get(size)!.map(({ p50Ms }) => p50Ms)
  const [small, largest] = [times.sizes[0]!, times.sizes.at(-1)!]
  const ratio = medianRatio(p50s(largest), p50s(small))
  const what = `time to acknowledge a send, ${largest} members / ${small} members`
  return {
    title: `Groups of which ${online} members are online: the time to acknowledge a send, PostgreSQL`,
    text: table(rows),
    verdicts: [{ what, ratio, target: `≤ ${target}`, met: ratio <= target }],
  }
}
