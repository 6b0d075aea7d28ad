// The options of the command line.
import { parseArgs } from 'node:util'

const SCENARIOS = ['pairs', 'idle', 'rooms', 'large', 'line', 'pages', 'growth', 'handlers', 'push', 'brokers'] as const
type Scenario = (typeof SCENARIOS)[number]

export interface Options {
  /** Short windows and one round, to see that it works: the figures mean little. */
  readonly quick: boolean
  /** The file that gets the results as JSON; null for none. */
  readonly json: string | null
  readonly scenarios: readonly Scenario[]
  /** Names of variants; null for all. */
  readonly variants: readonly string[] | null
  readonly help: boolean
}

export const USAGE = `npm run bench [-- options]
  --quick        short windows, one round: to see that it runs
  --only NAMES   scenarios (${SCENARIOS.join(', ')}) and variants, separated by commas
  --json FILE    writes the results there, too
  --help         this`

/** @throws Error with one line that names the mistake */
export function readOptions(argv: readonly string[], variantNames: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const only = values.only.flatMap((names) => names.split(',')).filter((name) => name !== '')
  const scenarios = SCENARIOS.filter((name) => only.includes(name))
  const variants = variantNames.filter((name) => only.includes(name))
  const known: readonly string[] = [...SCENARIOS, ...variantNames]
  const unknown = only.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${known.join(', ')}`)
  return {
    quick: values.quick,
    json: values.json ?? null,
    scenarios: scenarios.length === 0 ? SCENARIOS : scenarios,
    variants: variants.length === 0 ? null : variants,
    help: values.help,
  }
}
