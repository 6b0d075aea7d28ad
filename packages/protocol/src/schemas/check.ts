// Turns a decoded value into a typed request, or into the one coded error that says where it is wrong.
import type { z } from 'zod/mini'
import { RookeryError } from '../errors.js'

/** One error names at most this many faults. */
const faultsMax = 8

/**
 * Checks a decoded value against its schema.
 * @throws RookeryError `BAD_REQUEST` with `details: [{ path, message }]`
 */
export function check<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues
    .slice(0, faultsMax)
    .map((issue) => ({ path: issue.path.map(String).join('.').slice(0, 200), message: issue.message.slice(0, 200) }))
  throw new RookeryError('BAD_REQUEST', `not of the form that this request has: ${summary(details)}`, { details })
}

function summary(details: readonly { path: string; message: string }[]): string {
  const first = details[0]
  if (first === undefined) return 'unknown'
  return first.path === '' ? first.message : `${first.path}: ${first.message}`
}
