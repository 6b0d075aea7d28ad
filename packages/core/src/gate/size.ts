// Limits the size of a request before it is checked. Checking a list costs as much as the list has items, and one frame
// has room for tens of thousands. Content and payloads are bounded by the frame, and later by bytes.
import { RookeryError } from '@rookery/protocol'
import type { Limits } from '../options/limits.js'

/** More fields than any request has, or will have soon. */
const fieldsMax = 32

/** The lists and maps of all requests, each with its limit. */
const lists = {
  timelines: ({ list }: Sizes) => list,
  userIds: ({ list }: Sizes) => list,
  mentions: ({ list }: Sizes) => list,
  members: ({ list, groupMembers }: Sizes) => Math.max(list, groupMembers),
}

type Sizes = Pick<Limits, 'list' | 'groupMembers'>

/**
 * Refuses a request or the data of a handshake if one of its lists is too long.
 * @param request as it was decoded, unchecked
 * @throws RookeryError `TOO_LARGE` for a list, `BAD_REQUEST` for more fields than any request has
 */
export function refuseTooLong(request: unknown, limits: Sizes): void {
  const refusal = tooLong(request, limits)
  if (refusal !== null) throw refusal
}

/** Whether `refuseTooLong` would refuse it. */
export const isTooLong = (request: unknown, limits: Sizes): boolean => tooLong(request, limits) !== null

function tooLong(request: unknown, limits: Sizes): RookeryError | null {
  if (typeof request !== 'object' || request === null) return null
  if (isLonger(request, fieldsMax))
    return new RookeryError('BAD_REQUEST', `no request has more than ${fieldsMax} fields`)
  for (const field in lists) {
    const value: unknown = (request as Record<string, unknown>)[field]
    if (typeof value !== 'object' || value === null) continue
    const max = lists[field as keyof typeof lists](limits)
    if (isLonger(value, max)) return new RookeryError('TOO_LARGE', `${field}: a list may have ${max} items`)
  }
  return null
}

function isLonger(value: object, max: number): boolean {
  if (Array.isArray(value)) return value.length > max
  let count = 0
  for (const _ in value) if (++count > max) return true
  return false
}
