// Counts the results of seeds, and prints them.
import { kindNames, replayCommand, type KindName, type Seed } from './options.js'

/** One fault that a seed found. `invariant` is null if the fault is no invariant of RELIABILITY. */
export interface Fault {
  readonly invariant: number | null
  readonly what: string
}

export interface Outcome extends Seed {
  /** What was special about the world of this seed; empty if nothing is known of it. */
  readonly world: string
  readonly faults: readonly Fault[]
}

interface Count {
  seeds: number
  broken: number
  known: number
}

const shownMax = 12

export class Counts {
  readonly #counts = new Map<KindName, Count>()

  /** @param but invariants that are known to break */
  constructor(private readonly but: ReadonlySet<number>) {}

  /** Counts a seed, and returns true if it broke something that is not known. */
  add({ kind, faults }: Outcome): boolean {
    const count = this.#counts.get(kind) ?? { seeds: 0, broken: 0, known: 0 }
    this.#counts.set(kind, count)
    count.seeds += 1
    if (faults.length === 0) return false
    const isKnown = faults.every(({ invariant }) => invariant !== null && this.but.has(invariant))
    count[isKnown ? 'known' : 'broken'] += 1
    return !isKnown
  }

  get broken(): number {
    return [...this.#counts.values()].reduce((sum, { broken }) => sum + broken, 0)
  }

  #inOrder(): (readonly [KindName, Count])[] {
    return kindNames.flatMap((kind) => {
      const count = this.#counts.get(kind)
      return count === undefined ? [] : [[kind, count] as const]
    })
  }

  /** One line about everything so far. */
  progress(seconds: number): string {
    const kinds = this.#inOrder().map(
      ([kind, { seeds, broken, known }]) =>
        `${kind} ${seeds} (${perSecond(seeds, seconds)}/s${broken > 0 ? `, ${broken} BROKEN` : ''}${known > 0 ? `, ${known} known` : ''})`,
    )
    return `${seconds.toFixed(0)} s: ${kinds.join(', ') || 'starting'}`
  }

  /** The lines at the end. */
  summary(seconds: number): string {
    const { but } = this
    const known = but.size === 0 ? '' : ` with only ${[...but].join(', ')} broken`
    const lines = this.#inOrder().map(
      ([kind, count]) =>
        `${kind}: ${count.seeds} seeds, ${perSecond(count.seeds, seconds)}/s, ${count.broken} broken${known && `, ${count.known}${known}`}`,
    )
    return [...lines, `${this.broken} broken in ${seconds.toFixed(0)} s`].join('\n')
  }
}

const perSecond = (seeds: number, seconds: number): string => (seconds === 0 ? 0 : seeds / seconds).toFixed(1)

/** What a seed broke, and how to replay it. */
export function told(outcome: Outcome): string {
  const { kind, seed, world, faults } = outcome
  const shown = faults
    .slice(0, shownMax)
    .map(({ invariant, what }) => `  ${invariant === null ? '' : `invariant ${invariant}: `}${what}`)
  const more = faults.length > shownMax ? [`  and ${faults.length - shownMax} more`] : []
  const head = `${kind}: seed ${seed}${world === '' ? '' : ` (${world})`} broke`
  return [head, ...shown, ...more, `  replay: ${replayCommand(outcome)}`].join('\n')
}
