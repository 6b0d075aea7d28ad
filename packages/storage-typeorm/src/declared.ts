// The declarations of options that several dialects share, and the line for a mistake.
import { option } from '@rookery/core'

/** The line for a mistake in the options of `owner`. */
export const wordsOf = (owner: string): option.Words => {
  const mistake = (name: string, fault: string): Error => new Error(`${owner} option ${name} ${fault}`)
  return {
    wrong: mistake,
    unknown: (name, known, meant) => mistake(name, `does not exist; there are ${known}${meant}`),
  }
}

export const storageWords = wordsOf('TypeOrmStorage')

/** A duration. */
export const ms = option.whole(1, 600_000, 'must be whole milliseconds from 1 to 600000')

const connections = option.whole(1, 100, 'must be a whole number of connections from 1 to 100')

export const migrations = option.standard('run', option.oneOf(['run', 'check'], "must be 'run' or 'check'"))

/**
 * The options that name a server and the way to it. The driver checks them, except the port and the options in `extra`.
 */
export const server = {
  host: option.optional(option.anything<string>()),
  port: option.optional(option.whole(1, 65_535, 'must be a whole number from 1 to 65535')),
  username: option.optional(option.anything<string>()),
  database: option.optional(option.anything<string>()),
}

/** The options that say how a server is used. */
export const use = {
  applicationName: option.standard('rookery', option.anything<string>()),
  migrations,
  durability: option.standard('warn', option.oneOf(['warn', 'refuse'], "must be 'warn' or 'refuse'")),
  writers: option.standard(2, connections),
  readers: option.standard(4, connections),
  connectTimeoutMs: option.standard(5000, ms),
  lockTimeoutMs: option.standard(2000, ms),
  callTimeoutMs: option.standard(7000, ms),
  migrationTimeoutMs: option.standard(120_000, ms),
}
