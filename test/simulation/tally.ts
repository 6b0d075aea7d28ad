// Runs seeds one after the other, counts what happened in them, and reports the first that broke an invariant.
import { faultKinds, type OnDatabase, simulate, type SimulationResult } from '@rookery/testing'

export type Story = NonNullable<Parameters<typeof simulate>[1]>

/** Counts over many seeds. */
export class Tally {
  constructor(
    private readonly story: Story = 'twos',
    /** The database of each seed; in memory if left out. */
    private readonly database: ((seed: number) => OnDatabase) | null = null,
  ) {}

  seeds = 0
  acknowledged = 0
  events = 0
  /** How often each request was granted. */
  readonly granted = new Map<string, number>()
  /** How often each event came live. */
  readonly live = new Map<string, number>()
  readonly struck = new Map<string, number>(faultKinds.map((kind) => [kind, 0]))

  /** @throws Error that names the seed and what it broke, the faults in it, and how to replay it */
  async run(seed: number): Promise<void> {
    const result = await simulate(seed, this.story, this.database?.(seed))
    this.seeds++
    this.acknowledged += result.acknowledged
    this.events += result.history.length
    for (const [kind, times] of Object.entries(result.struck))
      this.struck.set(kind, (this.struck.get(kind) ?? 0) + times)
    this.count(result)
    if (result.violations.length > 0) throw new Error(reportOf(result, this.story, this.database !== null))
  }

  /** Runs many seeds, prints each that broke something at once, and returns all of those. */
  async runAll(first: number, last: number): Promise<string[]> {
    const broken: string[] = []
    const startedMs = performance.now()
    for (let seed = first; seed <= last; seed++) {
      await this.run(seed).catch((error: unknown) => {
        broken.push(String(error))
        console.log(String(error))
      })
      if (this.seeds % 500 === 0) console.log(`${this.seeds} of ${last - first + 1} seeds`)
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
    const where = this.database === null ? 'in memory' : 'on PostgreSQL'
    console.log([`${this.story} ${where}, seeds ${first} to ${last}, in ${seconds} s:`, ...this.lines()].join('\n'))
    return broken
  }

  private count({ history }: SimulationResult): void {
    const asked = new Map<number, string>()
    for (const one of history) {
      if (one.t === 'request') asked.set(one.n, one.event)
      if (one.t === 'answer' && one.ok) countOne(this.granted, asked.get(one.n)!)
      if (one.t === 'event') countOne(this.live, one.event)
    }
  }

  lines(): string[] {
    const faults = [...this.struck].map(([kind, times]) => `${kind} ${times}`).join(', ')
    return [
      `${this.seeds} seeds, ${this.acknowledged} messages acknowledged, ${this.events} events in their histories`,
      `faults: ${faults}`,
    ]
  }
}

const countOne = (counts: Map<string, number>, name: string): unknown => counts.set(name, (counts.get(name) ?? 0) + 1)

/** What is special about the world of a seed, in words. */
export const worldOf = ({ faults, isNarrow, hasHandlers }: SimulationResult['plan']): string =>
  [...faults, ...(isNarrow ? ['narrow limits'] : []), ...(hasHandlers ? ['handlers'] : [])].join(', ')

function reportOf({ plan, violations }: SimulationResult, story: Story, isOnPostgres: boolean): string {
  const { seed } = plan
  const broken = violations.slice(0, 20).map(({ invariant, what }) => `  invariant ${invariant}: ${what}`)
  const file = isOnPostgres ? 'postgres' : story === 'twos' ? 'seeds' : story
  return [
    `seed ${seed} (${worldOf(plan)}) broke`,
    ...broken,
    `SEED=${seed} ${isOnPostgres ? `STORY=${story} ` : ''}npx vitest run test/simulation/${file}.test.ts prints its history`,
  ].join('\n')
}
