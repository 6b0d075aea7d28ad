// Checks of options that several dialects share. Each refuses in one line that names the option and the remedy.
import { didYouMean } from '@rookery/core'

export const wrong = (name: string, remedy: string): Error => new Error(`TypeOrmStorage option ${name} ${remedy}`)

export function refuseUnknown(options: object, known: ReadonlySet<string>): void {
  for (const name of Object.keys(options)) {
    if (!known.has(name))
      throw wrong(name, `is no option; there are ${[...known].join(', ')}${didYouMean(name, known)}`)
  }
}

export function checkMigrations(migrations: unknown): void {
  if (migrations !== 'run' && migrations !== 'check') throw wrong('migrations', "must be 'run' or 'check'")
}

export function checkDurability(durability: unknown): void {
  if (durability !== 'warn' && durability !== 'refuse') throw wrong('durability', "must be 'warn' or 'refuse'")
}

export function checkPort(port: number | undefined): void {
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    throw wrong('port', 'must be a whole number from 1 to 65535')
  }
}

/** A number of connections. */
function count(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100) return value
  throw wrong(name, 'must be a whole number of connections from 1 to 100')
}

export function ms(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 600_000) return value
  throw wrong(name, 'must be whole milliseconds from 1 to 600000')
}

interface ServerLimits {
  readonly writers?: number
  readonly readers?: number
  readonly connectTimeoutMs?: number
  readonly lockTimeoutMs?: number
  readonly callTimeoutMs?: number
  readonly migrationTimeoutMs?: number
}

/** The numbers that every dialect on a server takes, with their defaults. */
export const serverLimits = (options: ServerLimits): Required<ServerLimits> => ({
  writers: count('writers', options.writers ?? 2),
  readers: count('readers', options.readers ?? 4),
  connectTimeoutMs: ms('connectTimeoutMs', options.connectTimeoutMs ?? 5000),
  lockTimeoutMs: ms('lockTimeoutMs', options.lockTimeoutMs ?? 2000),
  callTimeoutMs: ms('callTimeoutMs', options.callTimeoutMs ?? 7000),
  migrationTimeoutMs: ms('migrationTimeoutMs', options.migrationTimeoutMs ?? 120_000),
})

/** The names of the options that every dialect on a server takes beside those of its address. */
export const serverOptions = [
  'applicationName',
  'tablePrefix',
  'migrations',
  'durability',
  'writers',
  'readers',
  'connectTimeoutMs',
  'lockTimeoutMs',
  'callTimeoutMs',
  'migrationTimeoutMs',
] as const
