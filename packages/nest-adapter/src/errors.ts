// Maps what the host's code throws to the error codes that clients get.
import { type Authenticate, type ErrorCode, RookeryError } from '@rookery/core'

/**
 * Throw it to refuse a message, a request or a client. The client gets the code `REJECTED` with this message and these
 * details.
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

/** Sent to a client that may try again: Nest's exceptions have no time for that. */
const retryAfterMs = 1000

/**
 * Maps a thrown value to the error that the client gets. An `HttpException` of 4xx becomes the code of its status, with
 * its own message, because its author wrote that message for clients. Any error with a status of 500 or more becomes
 * `UNAVAILABLE`: core logs the error and shows the client nothing of it. A `WsException` becomes `REJECTED`. Any other
 * value is returned unchanged: core treats it as a fault.
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

/** Wraps the host's `authenticate`: errors that it throws get their codes. */
export function withCodedErrors(authenticate: Authenticate): Authenticate {
  return async (credentials) => {
    try {
      return await authenticate(credentials)
    } catch (error) {
      // Core itself answers `UNAVAILABLE` when the host cannot decide now.
      throw error instanceof Error && statusOf(error) >= 500 ? error : toCoded(error)
    }
  }
}

// These checks use the shape, not the class: a host may have a second copy of Nest's packages, or lack some of them.
interface HttpShape {
  getStatus(): number
  getResponse?(): unknown
}

const isHttpException = (error: Error): error is Error & HttpShape =>
  'getStatus' in error && typeof error.getStatus === 'function' && typeof error.getStatus() === 'number'

/** The HTTP status that frameworks and clients put on their errors; 0 if the error has none. */
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

/** The facts of an exception besides its message: the faults that a validating pipe lists, or the host's own fields. */
function detailsOf(response: unknown): unknown {
  if (typeof response !== 'object' || response === null) return undefined
  const { statusCode: _, error: __, message, ...own } = response as Record<string, unknown>
  const details = Array.isArray(message) ? message : Object.keys(own).length > 0 ? own : undefined
  try {
    // A client gets only what JSON can carry; a circular object must not break the answer.
    return details === undefined ? undefined : JSON.parse(JSON.stringify(details))
  } catch {
    return undefined
  }
}
