// The codes that a client may get, and the one error class that has them.

/** Whether the same request may be tried again with the same key. */
type TryAgain = 'no' | 'with-a-new-token' | 'after-retryAfterMs' | 'yes'

export interface CodeFacts {
  readonly meaning: string
  readonly tryAgain: TryAgain
}

/** Every code, with its meaning and what a client should do. */
export const errorCodes = {
  BAD_REQUEST: { meaning: 'the payload has the wrong form; `details` says where', tryAgain: 'no' },
  UNAUTHENTICATED: { meaning: 'no valid token, or it is no longer valid', tryAgain: 'with-a-new-token' },
  FORBIDDEN: {
    meaning:
      'known to the user, but not allowed: muted, blocked, not an admin, history not allowed for this device type',
    tryAgain: 'no',
  },
  NOT_FOUND: {
    meaning: 'no such thing, or not for this user: a foreign conversation answers this, whether it exists or not',
    tryAgain: 'no',
  },
  REJECTED: { meaning: 'a handler of the host refused it; `details` are the handler’s', tryAgain: 'no' },
  CONFLICT: { meaning: 'the same `clientMsgId` was used for another message', tryAgain: 'no' },
  TOO_LARGE: { meaning: 'content, list or frame over its limit', tryAgain: 'no' },
  RATE_LIMITED: { meaning: 'too much at once; nothing was stored', tryAgain: 'after-retryAfterMs' },
  OVERLOADED: { meaning: 'the server is busy; nothing was stored', tryAgain: 'after-retryAfterMs' },
  UNAVAILABLE: { meaning: 'nobody knows whether it was stored', tryAgain: 'yes' },
  INTERNAL: {
    meaning: 'nobody knows whether it was stored; `details` has the id of the fault in the server’s log',
    tryAgain: 'yes',
  },
  UNSUPPORTED: { meaning: 'unknown event or protocol version', tryAgain: 'no' },
} as const satisfies Readonly<Record<string, CodeFacts>>

/** Every code that a client may get. */
export type ErrorCode = keyof typeof errorCodes

/** The `error` of an answer, and `err.data` of a refused handshake. */
export interface WireError extends Omit<ErrorFacts, 'cause'> {
  readonly code: ErrorCode
  readonly message: string
}

/** The fields that may follow a code on the wire. */
export interface ErrorFacts {
  /** A JSON value: the place in the request, the handler's own words, or the id of a fault in the log. */
  readonly details?: unknown
  readonly retryAfterMs?: number
  /** The fault of the server behind this error. It is logged, and clients see nothing of it. */
  readonly cause?: unknown
}

/**
 * A failure with a code that a client may see. Clients also get its message, so that must contain no stack, path or
 * SQL.
 */
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
  toWire(): WireError {
    const { code, message, details, retryAfterMs } = this
    return {
      code,
      message,
      ...(details === undefined ? {} : { details }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }
}

/** Whether the same request may be tried again with the same key and token. */
export function mayBeTriedAgain(code: ErrorCode): boolean {
  const { tryAgain } = errorCodes[code]
  return tryAgain === 'yes' || tryAgain === 'after-retryAfterMs'
}
