// The fence between logins and kicks. A login reads the login epoch before its token is checked, and checks afterwards
// whether a kick or a revocation has raised it in between. If so, the token may not be valid any more.
import { RookeryError, type UserId } from '@rookery/protocol'
import type { Storage, UserHead } from '../ports/storage.js'

export class Logins {
  private reading: Promise<number> | null = null

  constructor(private readonly storage: Pick<Storage, 'heads'>) {}

  /** The present login epoch. Logins at the same time share one read: an older epoch is the stricter one. */
  epoch(): Promise<number> {
    this.reading ??= this.storage.heads.loginEpoch().finally(() => (this.reading = null))
    return this.reading
  }

  /**
   * The head of the user's inbox, if the user was not kicked since `loginEpoch`.
   * @throws RookeryError `UNAVAILABLE`: the client tries again, and its token is checked again
   */
  async unkicked(userId: UserId, loginEpoch: number): Promise<UserHead> {
    const [head] = (await this.storage.heads.users([userId])) as [UserHead]
    if (head.loginEpoch > loginEpoch)
      throw new RookeryError('UNAVAILABLE', 'this login was overtaken by a kick', { retryAfterMs: 100 })
    return head
  }
}
