// Turns a handshake into an identity: asks the host and checks its answer. The slot and the session come after that.
//
// Only null, and an error that stands for a 4xx, say that a token is not valid: then the client drops its token. Every
// other failure is a fault of the host's code: the log has it, and the client tries again.
import { RookeryError } from '@rookery/protocol'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Authenticate, Credentials, Identity } from '../../ports/host.js'
import { within } from '../host/deadlines.js'
import type { FaultLog } from '../host/fault-log.js'
import { identityFault } from './identity.js'
import { withoutSecrets } from './secrets.js'

const retryAfterMs = 1000

export class Authenticator {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly clock: Clock,
    private readonly faultLog: FaultLog,
    private readonly timing: Timing,
  ) {}

  /**
   * Asks the host which user this is.
   * @throws RookeryError `UNAUTHENTICATED`; `UNAVAILABLE` where the host's code failed; a `RookeryError` that the host
   *   threw
   */
  async identify(credentials: Credentials): Promise<Identity> {
    let identity: Identity | null
    try {
      const answer = Promise.resolve(credentials).then(this.authenticate)
      identity = await within(this.clock, this.timing.handlerDeadlineMs, 'authenticate', answer)
    } catch (error) {
      throw this.refusal(error, credentials)
    }
    if (identity === null) throw refused()
    const fault = identityFault(identity)
    if (fault !== null) {
      this.faultLog.report('authenticate gave no identity', new TypeError(fault), {}, fault)
      throw unavailable()
    }
    const { userId, expiresAt, user } = identity
    if (expiresAt == null) return { userId, user }
    if (expiresAt <= this.clock.now()) throw refused()
    return { userId, expiresAt, user }
  }

  private refusal(error: unknown, credentials: Credentials): RookeryError {
    const isCoded = error instanceof RookeryError
    if (isCoded && !isFault(error)) return error
    const status = statusOf(error)
    // The service that checks tokens has had too many requests. That says nothing about the token.
    if (!isCoded && status === 429) return new RookeryError('RATE_LIMITED', 'too many logins', { retryAfterMs })
    if (!isCoded && status >= 400 && status < 500) return refused()
    const cause = isCoded ? (error.cause ?? error) : error
    this.faultLog.report('authenticate failed', withoutSecrets(cause, credentials), {})
    return unavailable(isCoded ? error.retryAfterMs : undefined)
  }
}

const refused = (): RookeryError => new RookeryError('UNAUTHENTICATED', 'no valid token')

const unavailable = (afterMs = retryAfterMs): RookeryError =>
  new RookeryError('UNAVAILABLE', 'authentication is not available', { retryAfterMs: afterMs })

const isFault = ({ code }: RookeryError): boolean => code === 'UNAVAILABLE' || code === 'INTERNAL'

/**
 * The HTTP status of an error. HTTP frameworks use `status`; Nest's exceptions have getStatus(). 0 where there is none.
 */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0
  try {
    const { status, getStatus } = error as { status?: unknown; getStatus?: unknown }
    const code: unknown = typeof getStatus === 'function' ? getStatus.call(error) : status
    return typeof code === 'number' ? code : 0
  } catch {
    return 0
  }
}
