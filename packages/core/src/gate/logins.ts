// The fence between logins and kicks: whoever shows a token reads the login epoch before the token is looked at, and asks
// afterwards whether a kick or a revocation has raised it meanwhile. Then the token may be one that is no longer valid.
import { RookeryError, type UserId } from '@rookery/protocol'
import type { Storage, UserHead } from '../ports/storage.js'

export class Logins {
  private reading: Promise<number> | null = null

  constructor(private readonly storage: Pick<Storage, 'heads'>) {}

  /** The login epoch now. Logins at once share one read: an older epoch is the stricter one. */
  epoch(): Promise<number> {
    this.reading ??= this.storage.heads.loginEpoch().finally(() => (this.reading = null))
    return this.reading
  }

  /**
   * The head of the user's inbox, where nobody was to be kicked since an epoch.
   * @throws RookeryError `UNAVAILABLE`: whoever tries again is asked for a token again
   */
  async unkicked(userId: UserId, loginEpoch: number): Promise<UserHead> {
    const [head] = (await this.storage.heads.users([userId])) as [UserHead]
    if (head.loginEpoch > loginEpoch)
      throw new RookeryError('UNAVAILABLE', 'this login was overtaken by a kick', { retryAfterMs: 100 })
    return head
  }
}
