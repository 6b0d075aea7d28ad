// From the exceptions that Nest's users throw to the codes that a client is answered with.
import { type Authenticate, type ErrorCode, RookeryError } from '@rookery/core'

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'TOO_LARGE',
  422: 'BAD_REQUEST',
  429: 'RATE_LIMITED',
}

/** Told to a client that was refused with 429: Nest's exceptions carry no time of their own. */
const retryAfterMs = 1000

/**
 * What a thrown HttpException of 4xx means on the wire, under its own message, which is written for clients. Everything else
 * is answered as it is: core logs it, and shows nothing of it.
 */
export function fromHttp(thrown: unknown): unknown {
  const status = statusOf(thrown)
  if (status === undefined || status < 400 || status >= 500) return thrown
  const code = codes[status] ?? 'REJECTED'
  return new RookeryError(code, (thrown as Error).message, code === 'RATE_LIMITED' ? { retryAfterMs } : {})
}

/** By shape, not by class: a host may have another copy of @nestjs/common. */
function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('getStatus' in thrown) || typeof thrown.getStatus !== 'function') return undefined
  const status: unknown = thrown.getStatus()
  return typeof status === 'number' ? status : undefined
}

/** The host's `authenticate`, with what it throws under its code. */
export function withHttpErrors(authenticate: Authenticate): Authenticate {
  return async (credentials) => {
    try {
      return await authenticate(credentials)
    } catch (error) {
      throw fromHttp(error)
    }
  }
}
