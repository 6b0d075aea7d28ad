// 100 pairs, one direction each, with 1 and with 8 unanswered messages for each sender: variants in turns.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.js'
import type { ConnectPairs, Drained, Mark } from './load/pairs-load.js'
import { progress } from './progress.js'
import { withServer, type ServerUnderTest } from './server.js'
import { percentile } from './stats.js'
import type { Variant } from './variants.js'

export const OUTSTANDING = [1, 8] as const

/** One window of one variant. */
export interface PairsSample {
  readonly variant: string
  readonly outstanding: number
  readonly round: number
  readonly acknowledgedPerS: number
  readonly deliveredPerS: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of all threads of the server's process. */
  readonly serverCpuUs: number
  /** The same for the load, to see that it is small. */
  readonly loadCpuUs: number
  /** Of the server at the end of the window. */
  readonly rssBytes: number
  /** The number of `sync` events since the process began. */
  readonly synced: number
}

export interface PairsResult {
  readonly samples: readonly PairsSample[]
  /** For each variant the settings, read from its writing connection. */
  readonly settings: Readonly<Record<string, string>>
  /** Mistakes that the run found: any line fails it. */
  readonly wrong: readonly string[]
}

export interface PairsTimes {
  readonly pairs: number
  readonly rounds: number
  readonly warmUpMs: number
  readonly windowMs: number
}

/** Lists what must not be so once everything has arrived. @param stored null if the server stores nothing */
export function findWrong(drained: Drained, stored: number | null): string[] {
  const wrong: string[] = []
  if (drained.refused > 0) wrong.push(`${drained.refused} not accepted (${drained.refusal})`)
  if (drained.delivered !== drained.acknowledged) {
    wrong.push(`${drained.acknowledged} acknowledged, ${drained.delivered} delivered`)
  }
  if (drained.missing > 0) wrong.push(`${drained.missing} acknowledged and never delivered`)
  if (drained.repeated > 0) wrong.push(`${drained.repeated} delivered again`)
  if (drained.foreign > 0) wrong.push(`${drained.foreign} delivered that were never sent`)
  if (stored !== null && stored !== drained.acknowledged) {
    wrong.push(`${drained.acknowledged} acknowledged, ${stored} stored`)
  }
  return wrong
}

/** One turn of a server under its load, from silence to silence. */
export async function measure(
  server: ServerUnderTest,
  load: Child,
  times: Pick<PairsTimes, 'warmUpMs' | 'windowMs'>,
  outstanding: number,
) {
  await load.call('start', outstanding)
  await sleep(times.warmUpMs)
  const look = () => Promise.all([load.call<Mark>('mark'), server.child.usage(), load.usage()])
  const [before, serverBefore, loadBefore] = await look()
  await sleep(times.windowMs)
  const [after, serverAfter, loadAfter] = await look()
  const drained = await load.call<Drained>('drain')
  const acknowledged = after.acknowledged - before.acknowledged
  if (acknowledged === 0) throw new Error(`nothing was acknowledged: ${drained.refusal ?? 'no answer at all'}`)
  const perS = (count: number): number => (count * 1000) / (after.atMs - before.atMs)
  return {
    drained,
    figures: {
      acknowledgedPerS: perS(acknowledged),
      deliveredPerS: perS(after.delivered - before.delivered),
      p50Ms: percentile(after.latenciesMs, 0.5),
      p99Ms: percentile(after.latenciesMs, 0.99),
      serverCpuUs: (serverAfter.cpuUs - serverBefore.cpuUs) / acknowledged,
      loadCpuUs: (loadAfter.cpuUs - loadBefore.cpuUs) / acknowledged,
      rssBytes: serverAfter.rss,
      synced: drained.synced,
    },
  }
}

/** @throws WeakDurabilityError, or the error that prevented a measurement */
export async function runPairs(variants: readonly Variant[], times: PairsTimes): Promise<PairsResult> {
  const samples: PairsSample[] = []
  const settings: Record<string, string> = {}
  const wrong: string[] = []
  for (let round = 1; round <= times.rounds; round++) {
    for (const variant of variants) {
      await withServer(variant, { env: variant.env ?? {} }, async (server) => {
        if (server.durability !== null) settings[variant.name] = server.durability.settings
        const { child: load } = await Child.start('./load/pairs-load.js')
        try {
          const connecting: ConnectPairs = { port: server.port, wire: variant.wire, pairs: times.pairs }
          await load.call('connect', connecting)
          for (const outstanding of OUTSTANDING) {
            const { drained, figures } = await measure(server, load, times, outstanding)
            samples.push({ variant: variant.name, outstanding, round, ...figures })
            const stored = await server.child.call<number | null>('stored', drained.recipients)
            for (const what of findWrong(drained, stored)) {
              wrong.push(`${variant.name}, ${outstanding} outstanding, round ${round}: ${what}`)
              progress(wrong.at(-1)!)
            }
            progress(
              `round ${round} of ${times.rounds}, ${variant.name}, ${outstanding} outstanding: ` +
                `${Math.round(figures.acknowledgedPerS)}/s, p99 ${figures.p99Ms.toFixed(1)} ms`,
            )
          }
        } finally {
          await load.stop()
        }
      })
    }
  }
  return { samples, settings, wrong }
}
