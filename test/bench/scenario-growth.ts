// Do sends and pulls become slower while the database grows? The levels cannot take turns, because the database passes
// each level once. So the benchmark measures the smallest level again beside each larger one, in a separate database,
// and takes the ratio to that.
import { Child } from './child.js'
import type { GrowthFound } from './load/growth-work.js'
import { makeDatabase } from './postgres.js'
import { progress } from './progress.js'
import { table, type Section } from './report.js'
import { median, medianRatio } from './stats.js'

interface GrowthTimes {
  /** Stored messages, ascending. */
  readonly levels: readonly number[]
  readonly rounds: number
  readonly windowMs: number
}

/** The largest ratio allowed at the highest level. */
const slowest = 1.3

async function withChild<Value>(use: (child: Child) => Promise<Value>): Promise<Value> {
  const { url, drop } = await makeDatabase()
  try {
    const { child } = await Child.start('./load/growth-work.js', { env: { BENCH_DATABASE_URL: url } })
    try {
      return await use(child)
    } finally {
      await child.stop()
    }
  } finally {
    await drop()
  }
}

export async function runGrowth({ levels, rounds, windowMs }: GrowthTimes): Promise<Section> {
  const [smallest = 0, ...larger] = levels
  const rows: string[][] = [['messages', 'sent/s', 'pages/s', 'sent/s beside', 'pages/s beside', 'sent', 'pages']]
  const verdicts: Section['verdicts'][number][] = []
  await withChild(async (grown) => {
    for (const level of larger) {
      progress(`growth: up to ${level} messages`)
      await grown.call('fill', level)
      // The first pages of each reader come from disk; the first round does not count.
      const found: GrowthFound[] = []
      const beside: GrowthFound[] = []
      await withChild(async (small) => {
        await small.call('fill', smallest)
        for (let round = 0; round <= rounds; round++) {
          const here = await grown.call<GrowthFound>('measure', windowMs)
          const there = await small.call<GrowthFound>('measure', windowMs)
          if (round === 0) continue
          found.push(here)
          beside.push(there)
        }
      })
      const of = (all: readonly GrowthFound[], what: keyof GrowthFound): number[] => all.map((one) => one[what])
      const ratios = (['sentPerS', 'pagesPerS'] as const).map((what) => medianRatio(of(beside, what), of(found, what)))
      const whole = (values: readonly number[]): string => Math.round(median(values)).toLocaleString('en')
      rows.push([
        level.toLocaleString('en'),
        ...[found, beside].flatMap((all) => [whole(of(all, 'sentPerS')), whole(of(all, 'pagesPerS'))]),
        ...ratios.map((ratio) => `× ${ratio.toFixed(2)}`),
      ])
      for (const [i, what] of (['sending', 'pulling'] as const).entries()) {
        const ratio = ratios[i]!
        const line = `${what} at ${level} messages: times slower than at ${smallest}`
        verdicts.push({ what: line, ratio, target: `≤ ${slowest}`, met: ratio <= slowest })
      }
    }
  })
  const title = `Growth on PostgreSQL: commits of 100, pages of 100; beside: a database of ${smallest} in the same turns`
  return { title, text: table(rows), verdicts }
}
