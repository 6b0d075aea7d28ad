// The options of the command line.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

/**
 * Everything that a seed can run: simulations in memory and on PostgreSQL, races of host lists, and each dialect beside
 * memory.
 */
export const kindNames = [
  ...(['twos', 'groups', 'logins', 'host-groups'] as const),
  ...(['twos-on-postgres', 'groups-on-postgres', 'logins-on-postgres'] as const),
  ...(['like-memory-sqlite', 'like-memory-postgres', 'like-memory-mysql'] as const),
]
export type KindName = (typeof kindNames)[number]

/** One seed of one kind. */
export interface Seed {
  readonly kind: KindName
  readonly seed: number
}

export interface Options {
  readonly kinds: readonly KindName[]
  /** The first seed of each kind; null for a seed that nobody has run. */
  readonly from: number | null
  /** Ends after this many minutes; null for no end. */
  readonly minutes: number | null
  /** Ends after this many seeds of each kind; null for no end. */
  readonly seeds: number | null
  readonly workers: number
  /** Invariants that are known to break. */
  readonly but: ReadonlySet<number>
  /** The file that keeps the broken seeds; null for the usual place. */
  readonly file: string | null
  /** Runs this one seed, and prints its history. */
  readonly replay: Seed | null
  /** Runs every seed of the file again. */
  readonly again: boolean
  readonly help: boolean
}

export const usage = `npm run explore [-- options]   runs fresh seeds until Ctrl-C
  --only KINDS      ${kindNames.slice(0, 4).join(', ')},
                    ${kindNames.slice(4, 7).join(', ')},
                    ${kindNames.slice(7).join(', ')}; separated by commas
  --minutes N       ends after so long
  --seeds N         ends after so many of each kind
  --from SEED       begins there, in place of somewhere new
  --workers N       processes; as many as there are cores unless given
  --but NUMBERS     invariants of RELIABILITY that are known to break, separated by commas
  --file FILE       keeps what broke there, in place of data/broken-seeds.jsonl
  --replay KIND:N   runs one seed and prints its history
  --again           runs everything in the file again, and keeps there what still breaks
  --help            this
Ends with 1 where something broke.`

/** @throws Error with one line that names the mistake */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      minutes: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string' },
      workers: { type: 'string' },
      but: { type: 'string', multiple: true, default: [] },
      file: { type: 'string' },
      replay: { type: 'string' },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const only = listed(values.only).map((name) => kindOf(name, '--only'))
  return {
    kinds: only.length === 0 ? kindNames : [...new Set(only)],
    from: numberOf(values.from, '--from', 0),
    minutes: numberOf(values.minutes, '--minutes', 0, false),
    seeds: numberOf(values.seeds, '--seeds', 1),
    workers: numberOf(values.workers, '--workers', 1) ?? availableParallelism(),
    but: new Set(listed(values.but).map((text) => numberOf(text, '--but', 1)!)),
    file: values.file ?? null,
    replay: values.replay === undefined ? null : seedOf(values.replay),
    again: values.again,
    help: values.help,
  }
}

const listed = (values: readonly string[]): string[] =>
  values.flatMap((names) => names.split(',')).filter((name) => name !== '')

function kindOf(name: string, option: string): KindName {
  const kind = kindNames.find((one) => one === name)
  if (kind === undefined) throw new Error(`${option} ${name}: there are ${kindNames.join(', ')}`)
  return kind
}

function numberOf(text: string | undefined, option: string, min: number, whole = true): number | null {
  if (text === undefined) return null
  const number = text.trim() === '' ? Number.NaN : Number(text)
  const isGood = whole ? Number.isSafeInteger(number) && number >= min : Number.isFinite(number) && number > min
  if (!isGood) throw new Error(`${option} ${text}: a number ${whole ? `from ${min} on` : `above ${min}`}`)
  return number
}

function seedOf(text: string): Seed {
  const [name, number, ...rest] = text.split(':')
  if (number === undefined || rest.length > 0) throw new Error(`--replay ${text}: a kind and a seed, such as twos:7`)
  return { kind: kindOf(name!, '--replay'), seed: numberOf(number, '--replay', 0)! }
}

/** The command line that runs one seed again. */
export const replayCommand = ({ kind, seed }: Seed): string => `npm run explore -- --replay ${kind}:${seed}`
