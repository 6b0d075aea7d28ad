// What a command uses of its process, and its exit codes.
import type { Writable } from 'node:stream'

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Results alone, so that they can be kept in a file. */
  readonly stdout: Writable
  /** Progress, results of the work, and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean }
}

/** The exit code of the process. */
export const exit = {
  /** The command has finished; for `verify`: nothing is wrong. */
  ok: 0,
  /** For `verify`: it found something, repaired or not. For other commands: refused, and nothing was done. */
  found: 1,
  /** The command line was wrong, and nothing was done. */
  usage: 2,
  /** The command failed. What it did before stays done. Run it again. */
  failed: 3,
} as const

/** A wrong command line: one line that says what to do. */
export class UsageError extends Error {}
