// Each command's options, and one clear line for each mistake.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { didYouMean } from '@rookery/core'
import { UsageError } from './terminal.js'

const common = {
  database: { type: 'string' },
  'table-prefix': { type: 'string' },
  schema: { type: 'string' },
  driver: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const
const pace = { rows: { type: 'string' }, pause: { type: 'string' } } as const
const user = { user: { type: 'string' } } as const
const app = { 'app-database': { type: 'string' }, 'app-schema': { type: 'string' } } as const

/** What each command takes. */
const taken = {
  verify: { ...common, ...pace, repair: { type: 'boolean' }, json: { type: 'boolean' } },
  export: { ...common, ...pace, ...user, out: { type: 'string' } },
  erase: { ...common, ...pace, ...user, yes: { type: 'boolean' }, 'owned-groups': { type: 'string' } },
  migrate: { ...common, ...app },
  parked: {
    ...common,
    ...app,
    retry: { type: 'string' },
    drop: { type: 'string' },
    yes: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  'renew-epoch': { ...common, yes: { type: 'boolean' } },
} as const satisfies Record<string, ParseArgsConfig['options']>

export type CommandName = keyof typeof taken

/** All options. Each command takes some of them. */
export interface Given {
  readonly database?: string
  readonly 'table-prefix'?: string
  readonly schema?: string
  readonly driver?: string
  readonly help?: boolean
  readonly rows?: string
  readonly pause?: string
  readonly repair?: boolean
  readonly json?: boolean
  readonly user?: string
  readonly out?: string
  readonly yes?: boolean
  readonly 'owned-groups'?: string
  readonly retry?: string
  readonly drop?: string
  readonly 'app-database'?: string
  readonly 'app-schema'?: string
}

/** @throws UsageError */
export function commandNamed(name: string): CommandName {
  if (Object.hasOwn(taken, name)) return name as CommandName
  const commands = Object.keys(taken)
  throw new UsageError(`'${name}' is no command; there are ${commands.join(', ')}${didYouMean(name, commands)}`)
}

/** @throws UsageError */
export function argumentsOf(command: CommandName, args: readonly string[]): Given {
  try {
    return parseArgs({ args: [...args], options: taken[command], allowPositionals: false }).values as Given
  } catch (error) {
    const [line = ''] = (error as Error).message.split(/\.\s/)
    const options = Object.keys(taken[command]).map((option) => `--${option}`)
    const unknown = /'(--?[^' ]+)/.exec(line)?.[1]
    const meant = unknown === undefined || options.includes(unknown) ? '' : didYouMean(unknown, options)
    throw new UsageError(`${command}: ${line}; it takes ${options.join(', ')}${meant}`)
  }
}

/**
 * The given whole number, or its default.
 * @throws UsageError
 */
export function wholeNumber(option: string, given: string | undefined, min: number, usual: number): number {
  if (given === undefined) return usual
  const value = Number(given)
  if (/^\d{1,9}$/.test(given) && value >= min) return value
  throw new UsageError(`--${option} must be a whole number from ${min}, not '${given}'`)
}

/** @throws UsageError */
export function userId(given: string | undefined): string {
  if (given !== undefined && /^[!-~]{1,128}$/.test(given)) return given
  throw new UsageError(
    given === undefined
      ? 'say whose data is meant: --user ID'
      : '--user must be the id of a user, 1 to 128 printable ASCII characters without spaces',
  )
}

const ownedGroups = ['refuse', 'hand-over', 'dissolve'] as const

/** @throws UsageError */
export function ownedGroupsOf(given: string | undefined): (typeof ownedGroups)[number] {
  const found = ownedGroups.find((one) => one === (given ?? 'refuse'))
  if (found !== undefined) return found
  throw new UsageError(`--owned-groups must be ${ownedGroups.join(', ')}, not '${given}'`)
}
