// Groups whose members are all online, stored in PostgreSQL, against a raw room broadcast that stores nothing, in
// turns.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.js'
import type { OpenRoom, RoomDrained, RoomMark, StartRoom } from './load/room-load.js'
import { progress } from './progress.js'
import { table, type Section } from './report.js'
import { withServer } from './server.js'
import { median, medianRatio, percentile } from './stats.js'
import { variants, type Variant } from './variants.js'

/** One kind of room, and its targets for Rookery. */
interface Room {
  readonly title: string
  readonly members: number
  readonly senders: number
  /** By the unanswered messages of each sender: the least ratio of deliveries to the relay's. */
  readonly targets: Readonly<Record<number, number>>
}

const rooms: readonly Room[] = [
  { title: 'one hot conversation', members: 8, senders: 8, targets: { 8: 0.3 } },
  { title: 'a group of 100', members: 100, senders: 1, targets: { 1: 0.9, 32: 5 } },
  { title: 'a group of 1000', members: 1000, senders: 1, targets: { 1: 0.9, 32: 5 } },
]

interface RoomTimes {
  readonly rounds: number
  readonly warmUpMs: number
  readonly windowMs: number
}

interface Figures {
  readonly deliveredPerS: number
  readonly p50Ms: number
  readonly serverCpuUs: number
}

async function measure(server: Child, load: Child, times: RoomTimes, asked: StartRoom): Promise<Figures> {
  await load.call('start', asked)
  await sleep(times.warmUpMs)
  const look = () => Promise.all([load.call<RoomMark>('mark'), server.usage()])
  const [before, cpuBefore] = await look()
  await sleep(times.windowMs)
  const [after, cpuAfter] = await look()
  const delivered = after.delivered - before.delivered
  if (delivered === 0 || after.latenciesMs.length === 0) throw new Error('nothing was delivered')
  return {
    deliveredPerS: (delivered * 1000) / (after.atMs - before.atMs),
    p50Ms: percentile(after.latenciesMs, 0.5),
    serverCpuUs: (cpuAfter.cpuUs - cpuBefore.cpuUs) / delivered,
  }
}

const wrongIn = ({ acknowledged, delivered, refused, refusal, synced }: RoomDrained, members: number): string[] => [
  ...(refused > 0 ? [`${refused} not accepted (${refusal})`] : []),
  ...(synced === 0 && delivered !== acknowledged * members
    ? [`${acknowledged} acknowledged, ${delivered} delivered to ${members}`]
    : []),
]

/** @param wrong collects what must not have happened, line by line */
export async function runRooms(times: RoomTimes, wrong: string[]): Promise<Section> {
  const [ours, relay] = ['rookery-pg', 'relay'].map((name) => variants.find((one) => one.name === name)!) as [
    Variant,
    Variant,
  ]
  const rows: string[][] = [
    ['', 'unanswered', 'delivered/s', 'p50 ms', 'CPU µs a delivery', 'delivered/s of each round'],
  ]
  const verdicts: Section['verdicts'][number][] = []
  for (const { title, members, senders, targets } of rooms) {
    const levels = Object.keys(targets).map(Number)
    const found = new Map<string, Figures[]>()
    for (let round = 1; round <= times.rounds; round++) {
      for (const variant of [ours, relay]) {
        await withServer(variant, {}, async ({ child, port }) => {
          const { child: load } = await Child.start('./load/room-load.js')
          try {
            await load.call('open', { port, wire: variant.wire, members } satisfies OpenRoom)
            for (const outstanding of levels) {
              const figures = await measure(child, load, times, { senders, outstanding })
              const name = `${variant.name} ${outstanding}`
              found.set(name, [...(found.get(name) ?? []), figures])
              const rate = `${Math.round(figures.deliveredPerS)} deliveries/s`
              progress(`${title}: round ${round} of ${times.rounds}, ${variant.name}, ${outstanding} each: ${rate}`)
              const drained = await load.call<RoomDrained>('drain')
              for (const line of wrongIn(drained, members)) wrong.push(`${title}, ${name}: ${line}`)
            }
          } finally {
            await load.stop()
          }
        })
      }
    }
    const of = (variant: Variant, outstanding: number): readonly Figures[] =>
      found.get(`${variant.name} ${outstanding}`) ?? []
    for (const outstanding of levels) {
      for (const variant of [ours, relay]) {
        const all = of(variant, outstanding)
        const middle = (what: keyof Figures): number => median(all.map((one) => one[what]))
        rows.push([
          `${title}, ${variant === ours ? 'Rookery, PostgreSQL' : 'raw socket.io room, stores nothing'}`,
          String(outstanding),
          Math.round(middle('deliveredPerS')).toLocaleString('en'),
          middle('p50Ms').toFixed(2),
          middle('serverCpuUs').toFixed(2),
          all.map((one) => Math.round(one.deliveredPerS).toLocaleString('en')).join(' '),
        ])
      }
      const rates = (variant: Variant): number[] => of(variant, outstanding).map((one) => one.deliveredPerS)
      const ratio = medianRatio(rates(ours), rates(relay))
      const target = targets[outstanding]!
      const what = `${title}: rookery-pg / relay, deliveries/s, ${senders} × ${outstanding} unanswered`
      verdicts.push({ what, ratio, target: `≥ ${target}`, met: ratio >= target })
    }
  }
  return { title: 'Groups whose members are all online', text: table(rows), verdicts }
}
