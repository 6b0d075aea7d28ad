// The results as text for people, and the verdict on each target.
import type { IdleSample } from './scenario-idle.js'
import { OUTSTANDING, type PairsResult, type PairsSample } from './scenario-pairs.js'
import { median, medianRatio } from './stats.js'
import { idleTarget, pairTargets, type Target, type Variant } from './variants.js'

/** One target with its verdict. */
interface Verdict {
  readonly what: string
  readonly ratio: number
  readonly target: string
  readonly met: boolean
}

/** The report of one scenario. */
export interface Section {
  readonly title: string
  readonly text: string
  readonly verdicts: readonly Verdict[]
}

/** Rows in columns: the first aligned left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ')
  return rows.map(line).join('\n')
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const KIB = 1024

export function pairsTable(result: PairsResult, variants: readonly Variant[], outstanding: number): string {
  const rows = [
    ['', 'ack/s', 'delivered/s', 'p50 ms', 'p99 ms', 'server CPU µs', 'load CPU µs', 'RSS MiB', 'ack/s of each round'],
  ]
  for (const { name, title } of variants) {
    const samples = result.samples.filter((sample) => sample.variant === name && sample.outstanding === outstanding)
    if (samples.length === 0) continue
    const middle = (of: (sample: PairsSample) => number): number => median(samples.map(of))
    rows.push([
      title,
      whole(middle((sample) => sample.acknowledgedPerS)),
      whole(middle((sample) => sample.deliveredPerS)),
      middle((sample) => sample.p50Ms).toFixed(2),
      middle((sample) => sample.p99Ms).toFixed(2),
      middle((sample) => sample.serverCpuUs).toFixed(1),
      middle((sample) => sample.loadCpuUs).toFixed(1),
      whole(middle((sample) => sample.rssBytes) / KIB / KIB),
      samples.map((sample) => whole(sample.acknowledgedPerS)).join(' '),
    ])
  }
  return table(rows)
}

export function idleTable(samples: readonly IdleSample[], variants: readonly Variant[]): string {
  const rows = [['', 'KiB a connection', 'KiB of each round']]
  for (const { name, title } of variants) {
    const own = samples.filter((sample) => sample.variant === name).map((sample) => sample.bytesPerConnection / KIB)
    if (own.length > 0) rows.push([title, median(own).toFixed(2), own.map((kib) => kib.toFixed(1)).join(' ')])
  }
  return table(rows)
}

/** Null if one side was not measured. */
function ratioOf(target: Target, values: (variant: string) => readonly number[]): number | null {
  const upper = values(target.measured)
  const lower = values(target.against)
  return upper.length === 0 || lower.length === 0 ? null : medianRatio(upper, lower)
}

/** Judges every target of which both sides were measured. */
export function judge(pairs: PairsResult | null, idle: readonly IdleSample[]): Verdict[] {
  const verdicts: Verdict[] = []
  for (const outstanding of OUTSTANDING) {
    for (const target of pairTargets[outstanding] ?? []) {
      const ratio = ratioOf(target, (variant) =>
        (pairs?.samples ?? [])
          .filter((sample) => sample.variant === variant && sample.outstanding === outstanding)
          .map((sample) => sample.acknowledgedPerS),
      )
      if (ratio === null) continue
      verdicts.push({
        what: `${target.measured} / ${target.against}, ack/s, ${outstanding} outstanding`,
        ratio,
        target: `≥ ${target.factor}`,
        met: ratio >= target.factor,
      })
    }
  }
  const ratio = ratioOf(idleTarget, (variant) =>
    idle.filter((sample) => sample.variant === variant).map((sample) => sample.bytesPerConnection),
  )
  if (ratio !== null) {
    verdicts.push({
      what: `${idleTarget.measured} / ${idleTarget.against}, heap of an idle connection`,
      ratio,
      target: `≤ ${idleTarget.factor}`,
      met: ratio <= idleTarget.factor,
    })
  }
  return verdicts
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, ratio, target, met }) => [what, ratio.toFixed(2), target, met ? 'met' : 'NOT MET'])
  return table([['median of each round’s ratio', 'ratio', 'target', ''], ...rows])
}
