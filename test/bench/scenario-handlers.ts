// What one handler of the host adds to the cost of a message: the same Nest app with and without it, in turns, all with
// `nestjs-cls`.
import { pairsTable, type Section } from './report.js'
import type { PairsSample, PairsTimes } from './scenario-pairs.js'
import { runShortTurns } from './short-turns.js'
import { medianRatio } from './stats.js'
import type { Variant } from './variants.js'

const OUTSTANDING = 8

interface HandlerVariant extends Variant {
  /**
   * Against the app without a handler: at least this many acknowledged messages a second, at most this p99. Null if
   * there is no target.
   */
  readonly targets: { readonly rate: number; readonly p99: number | null } | null
}

const variant = (handler: string, title: string, targets: HandlerVariant['targets']): HandlerVariant => ({
  name: `handler-${handler}`,
  title,
  file: './servers/rookery-nest-handlers.js',
  env: { BENCH_HANDLERS: handler },
  wire: 'rookery',
  stores: true,
  targets,
})

const without = variant('none', 'without a handler', null)
const compared = [
  without,
  variant('one', '@OnC2C that returns nothing', { rate: 0.85, p99: 1.3 }),
  // The server has to wait for a promise, and later sends to that conversation wait with it: reported, without a
  // target.
  variant('async', 'the same, an async method', null),
  variant('guarded', 'with a guard and a pipe', { rate: 0.75, p99: null }),
]

/** @param wrong collects what must not have happened, line by line */
export async function runHandlers(times: PairsTimes, wrong: string[]): Promise<Section> {
  const result = await runShortTurns(compared, times, OUTSTANDING)
  wrong.push(...result.wrong)
  const values = (name: string, of: (sample: PairsSample) => number): number[] =>
    result.samples.filter((sample) => sample.variant === name).map(of)
  const ratio = (name: string, of: (sample: PairsSample) => number): number =>
    medianRatio(values(name, of), values(without.name, of))
  const verdicts: Section['verdicts'][number][] = []
  for (const { name, title, targets } of compared) {
    if (targets === null) continue
    const rate = ratio(name, (sample) => sample.acknowledgedPerS)
    verdicts.push({ what: `${title}, ack/s`, ratio: rate, target: `≥ ${targets.rate}`, met: rate >= targets.rate })
    if (targets.p99 === null) continue
    const p99 = ratio(name, (sample) => sample.p99Ms)
    verdicts.push({ what: `${title}, p99`, ratio: p99, target: `≤ ${targets.p99}`, met: p99 <= targets.p99 })
  }
  const cpu = compared
    .filter((one) => one !== without)
    .map(({ name, title }) => `${title} ${ratio(name, (sample) => sample.serverCpuUs).toFixed(2)}`)
  return {
    title: `A handler of the host, ${times.pairs} pairs, ${OUTSTANDING} outstanding for each sender, SQLite FULL`,
    text: `${pairsTable(result, compared, OUTSTANDING)}\nserver CPU, median of each round’s ratio: ${cpu.join('; ')}`,
    verdicts,
  }
}
