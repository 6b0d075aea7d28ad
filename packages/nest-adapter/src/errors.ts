// From what the host's code throws to the codes that a client is answered with.
import { type Authenticate, type ErrorCode, RookeryError } from '@rookery/core'

/**
 * Refuses a message, a request or a client under the code `REJECTED`. The message and the details are shown to the client.
 * @example `throw new ImRejection('the listing is sold', { listingId })`
 */
export class ImRejection extends RookeryError {
  /** @param details a JSON value */
  constructor(message: string, details?: unknown) {
    super('REJECTED', message, { details })
  }
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'TOO_LARGE',
  422: 'BAD_REQUEST',
  429: 'RATE_LIMITED',
}

/** Told to a client that may try again: Nest's exceptions carry no time of their own. */
const retryAfterMs = 1000

/**
 * What something thrown means on the wire: an HttpException of 4xx its code, under its own message, which is written for
 * clients; any error with a status of 500 or more `UNAVAILABLE`: core logs it, and shows nothing of it; a WsException
 * `REJECTED`. Everything else is answered as it is: to core it is a fault.
 */
export function toCoded(thrown: unknown): unknown {
  if (thrown instanceof RookeryError || !(thrown instanceof Error)) return thrown
  if (isWsException(thrown))
    return new RookeryError('REJECTED', thrown.message, { details: detailsOf(thrown.getError()) })
  if (statusOf(thrown) >= 500)
    return new RookeryError('UNAVAILABLE', 'a part of the server is not available', { retryAfterMs, cause: thrown })
  if (!isHttpException(thrown)) return thrown
  const status = thrown.getStatus()
  if (status < 400) return thrown
  const code = codes[status] ?? 'REJECTED'
  const details = detailsOf(thrown.getResponse?.())
  return new RookeryError(code, thrown.message, { details, ...(code === 'RATE_LIMITED' ? { retryAfterMs } : {}) })
}

/** The host's `authenticate`, with what it throws under its code. */
export function withCodedErrors(authenticate: Authenticate): Authenticate {
  return async (credentials) => {
    try {
      return await authenticate(credentials)
    } catch (error) {
      // That the host cannot know now, core tells by itself.
      throw error instanceof Error && statusOf(error) >= 500 ? error : toCoded(error)
    }
  }
}

// By shape, not by class: a host may have another copy of Nest's packages, and need not have all of them.
interface HttpShape {
  getStatus(): number
  getResponse?(): unknown
}

const isHttpException = (error: Error): error is Error & HttpShape =>
  'getStatus' in error && typeof error.getStatus === 'function' && typeof error.getStatus() === 'number'

/** What HTTP frameworks and clients put on their errors; 0 where there is none. */
function statusOf(error: Error): number {
  const status: unknown = isHttpException(error) ? error.getStatus() : 'status' in error ? error.status : 0
  return typeof status === 'number' ? status : 0
}

function isWsException(error: Error): error is Error & { getError(): unknown } {
  if (!('getError' in error) || typeof error.getError !== 'function') return false
  for (let proto: unknown = Object.getPrototypeOf(error); proto != null; proto = Object.getPrototypeOf(proto))
    if ((proto as Error).constructor.name === 'WsException') return true
  return false
}

/** What an exception says besides its message: the faults that a validating pipe lists, or the host's own fields. */
function detailsOf(response: unknown): unknown {
  if (typeof response !== 'object' || response === null) return undefined
  const { statusCode: _, error: __, message, ...own } = response as Record<string, unknown>
  const details = Array.isArray(message) ? message : Object.keys(own).length > 0 ? own : undefined
  try {
    // Only what JSON can carry reaches a client; a circular object must not spoil the answer.
    return details === undefined ? undefined : JSON.parse(JSON.stringify(details))
  } catch {
    return undefined
  }
}
