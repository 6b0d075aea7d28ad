// Runs seeds one after the other, counts what happened in them, and tells of the first that broke an invariant.
import { faultKinds, simulate, type SimulationResult } from '@rookery/core/testing'

/** Counts over many seeds. */
export class Tally {
  seeds = 0
  acknowledged = 0
  events = 0
  readonly struck = new Map<string, number>(faultKinds.map((kind) => [kind, 0]))

  /** @throws Error that names the seed and what it broke, the faults in it, and how to replay it */
  async run(seed: number): Promise<void> {
    const result = await simulate(seed)
    this.seeds++
    this.acknowledged += result.acknowledged
    this.events += result.history.length
    for (const [kind, times] of Object.entries(result.struck))
      this.struck.set(kind, (this.struck.get(kind) ?? 0) + times)
    if (result.violations.length > 0) throw new Error(reportOf(result))
  }

  lines(): string[] {
    const faults = [...this.struck].map(([kind, times]) => `${kind} ${times}`).join(', ')
    return [
      `${this.seeds} seeds, ${this.acknowledged} messages acknowledged, ${this.events} events in their histories`,
      `faults: ${faults}`,
    ]
  }
}

function reportOf({ plan, violations }: SimulationResult): string {
  const { seed, faults, isNarrow, hasHandlers } = plan
  const world = [...faults, ...(isNarrow ? ['narrow limits'] : []), ...(hasHandlers ? ['handlers'] : [])].join(', ')
  const broken = violations.slice(0, 20).map(({ invariant, what }) => `  invariant ${invariant}: ${what}`)
  return [
    `seed ${seed} (${world}) broke`,
    ...broken,
    `SEED=${seed} npx vitest run test/simulation prints its history`,
  ].join('\n')
}
