// From a handshake to an identity: form, device type, token. The slot and the session come after.
import type { Authenticate, Credentials, Identity } from '../ports/host.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import { RookeryError } from '../protocol/errors.js'
import type { Timing } from '../protocol/limits.js'
import { within } from './deadline.js'

const userIdForm = /^[!-~]{1,128}$/

export class Authenticator {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly timing: Timing,
  ) {}

  /**
   * Asks the host who this is.
   * @throws RookeryError `UNAUTHENTICATED`; `UNAVAILABLE` where the host cannot know now; a `RookeryError` of the host's
   */
  async identify(credentials: Credentials): Promise<Identity> {
    const identity = await this.ask(credentials)
    if (identity == null) throw refused()
    if (typeof identity.userId !== 'string' || !userIdForm.test(identity.userId)) {
      const remedy = 'it must be 1 to 128 printable ASCII characters without the space'
      this.logger.error('authenticate gave a userId that cannot be one', new TypeError(remedy))
      throw refused()
    }
    if (identity.expiresAt !== undefined && identity.expiresAt <= this.clock.now()) throw refused()
    return identity
  }

  private async ask(credentials: Credentials): Promise<Identity | null | undefined> {
    try {
      const answer = Promise.resolve(credentials).then(this.authenticate)
      return await within(this.clock, this.timing.handlerDeadlineMs, 'authentication', answer)
    } catch (error) {
      if (error instanceof RookeryError) throw error
      if (isHostsFailure(error)) {
        this.logger.error('authenticate failed', error)
        throw new RookeryError('UNAVAILABLE', 'authentication is not available', { retryAfterMs: 1000 })
      }
      throw refused()
    }
  }
}

const refused = (): RookeryError => new RookeryError('UNAUTHENTICATED', 'no valid token')

// `status` on errors is what HTTP frameworks use; Nest's exceptions answer it through getStatus().
function isHostsFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { status, getStatus } = error as { status?: unknown; getStatus?: unknown }
  const code: unknown = typeof getStatus === 'function' ? getStatus.call(error) : status
  return typeof code === 'number' && code >= 500
}
