// The codes of PROTOCOL, and the one error class that carries them.

/** Every code a client may be answered with. */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'REJECTED'
  | 'CONFLICT'
  | 'TOO_LARGE'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'UNSUPPORTED'

/** What may follow a code on the wire. */
export interface ErrorFacts {
  /** A JSON value: where in the request, the handler's own words, or the id under which a fault was logged. */
  readonly details?: unknown
  readonly retryAfterMs?: number
  /** A fault of the server that it stands for. It is logged, and clients see nothing of it. */
  readonly cause?: unknown
}

/** A failure with a code that a client may see. Its message is shown to clients: no stack, path or SQL in it. */
export class RookeryError extends Error {
  override readonly name = 'RookeryError'
  readonly details?: unknown
  readonly retryAfterMs?: number
  constructor(
    readonly code: ErrorCode,
    message: string,
    facts: ErrorFacts = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    if (facts.details !== undefined) this.details = facts.details
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs
  }

  /** The `error` of an answer, and `err.data` of a refused handshake. */
  toWire(): { code: ErrorCode; message: string; details?: unknown; retryAfterMs?: number } {
    const { code, message, details, retryAfterMs } = this
    return {
      code,
      message,
      ...(details === undefined ? {} : { details }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }
}

const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['RATE_LIMITED', 'OVERLOADED', 'UNAVAILABLE', 'INTERNAL'])

/** Whether the same request may be tried again with the same key. */
export const mayBeTriedAgain = (code: ErrorCode): boolean => retryable.has(code)
