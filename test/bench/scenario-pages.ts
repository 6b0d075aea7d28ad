// Pages of 100 from an inbox table of a million rows: Rookery's, as a client gets them, against bare SQL, in turns.
import { Child } from './child.js'
import type { PagesAsked, PagesFound } from './load/pages-work.js'
import { makeDatabase } from './postgres.js'
import { progress } from './progress.js'
import { table, type Section } from './report.js'
import { median, medianRatio } from './stats.js'

interface PagesTimes {
  readonly inboxRows: number
  readonly rounds: number
  readonly windowMs: number
}

const target = 1
const sides = ['rookery', 'bare'] as const

export async function runPages({ inboxRows, rounds, windowMs }: PagesTimes): Promise<Section> {
  const { url, drop } = await makeDatabase()
  try {
    const { child } = await Child.start('./load/pages-work.js', { env: { BENCH_DATABASE_URL: url } })
    try {
      progress(`pages: ${inboxRows} inbox rows are being written`)
      await child.call('fill', inboxRows)
      const rows: string[][] = [['', 'at once', 'pages/s', 'KiB a page', 'pages/s of each round']]
      const verdicts: Section['verdicts'][number][] = []
      for (const atOnce of [1, 8]) {
        const found: Record<(typeof sides)[number], PagesFound[]> = { rookery: [], bare: [] }
        for (let round = 0; round <= rounds; round++) {
          for (const by of sides) {
            const one = await child.call<PagesFound>('measure', { by, atOnce, windowMs } satisfies PagesAsked)
            // The first round warms up.
            if (round > 0) found[by].push(one)
            progress(`pages: round ${round} of ${rounds}, ${by}, ${atOnce} at once: ${one.perS.toFixed(0)}/s`)
          }
        }
        const perS = (by: (typeof sides)[number]): number[] => found[by].map((one) => one.perS)
        for (const by of sides) {
          const title = by === 'rookery' ? 'Rookery, as sent to the client' : 'bare SQL, rows to JSON in Node'
          const kib = (median(found[by].map((one) => one.bytesPerPage)) / 1024).toFixed(1)
          const each = perS(by).map((one) => one.toFixed(0))
          rows.push([title, String(atOnce), median(perS(by)).toFixed(0), kib, each.join(' ')])
        }
        const ratio = medianRatio(perS('rookery'), perS('bare'))
        const what = `rookery / bare SQL, pages of 100, ${atOnce} at once`
        verdicts.push({ what, ratio, target: `≥ ${target}`, met: ratio >= target })
      }
      return { title: `Pages of 100 from ${inboxRows} inbox rows, PostgreSQL`, text: table(rows), verdicts }
    } finally {
      await child.stop()
    }
  } finally {
    await drop()
  }
}
