// What a command sees of its process, and what it may end with.
import type { Writable } from 'node:stream'

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Results alone, so that they can be kept in a file. */
  readonly stdout: Writable
  /** Progress, what was done, and what went wrong. */
  readonly stderr: Writable & { readonly isTTY?: boolean }
}

/** What the process answers. */
export const exit = {
  /** Done; for `verify`: nothing is wrong. */
  ok: 0,
  /** For `verify`: something was found, repaired or not; otherwise: refused, and nothing was done. */
  found: 1,
  /** It was called in a wrong way, and nothing was done. */
  usage: 2,
  /** It failed on the way. What was done until then stays done; run it again. */
  failed: 3,
} as const

/** A call that cannot be meant: one line that says what to do. */
export class UsageError extends Error {}
