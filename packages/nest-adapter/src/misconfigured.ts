// Errors for mistakes in how the host set up its modules, in one line each.
import type { option } from '@rookery/core'

/** Makes an error without a stack trace: the place that throws says nothing about a mistake in the host's modules. */
export function misconfigured(message: string): Error {
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}

/** The line for a mistake in the options of a module. */
export const wordsOf = (module: string): option.Words => ({
  wrong: (name, fault) => misconfigured(`${module} option ${name} ${fault}`),
  unknown: (name, known, meant) =>
    misconfigured(
      known.includes(',')
        ? `${module} option ${name} does not exist: known are ${known}${meant}`
        : `${module} option ${name} does not exist: known is ${known}${meant}`,
    ),
})
