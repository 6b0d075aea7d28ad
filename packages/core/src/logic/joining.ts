// Whether users may be made members of a group: they exist, and policy lets whoever asks add them.
import type { UserId } from '../model/ids.js'
import type { Clock } from '../ports/clock.js'
import type { ContactPolicy, Users } from '../ports/host.js'
import { RookeryError } from '../protocol/errors.js'
import type { Timing } from '../protocol/limits.js'
import { within } from './deadline.js'

interface Parts {
  readonly users: Users | null
  readonly contacts: ContactPolicy | null
  readonly clock: Clock
  readonly timing: Timing
}

export class Joining {
  constructor(private readonly parts: Parts) {}

  /**
   * @param by null for the host, whom policy does not bind
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`, each with `details.userIds`: those whom it concerns, and nobody else
   */
  async mayJoin(by: UserId | null, userIds: readonly UserId[]): Promise<void> {
    const { users, contacts } = this.parts
    if (users !== null) {
      const unknown = await this.without('the user directory', userIds, async (userId) => users.exists(userId))
      if (unknown.length > 0) throw new RookeryError('NOT_FOUND', 'no such users', { details: { userIds: unknown } })
    }
    if (by === null || contacts?.mayAddToGroup === undefined) return
    const closed = await this.without('the contact policy', userIds, async (userId) =>
      contacts.mayAddToGroup!(by, userId),
    )
    if (closed.length > 0)
      throw new RookeryError('FORBIDDEN', 'these users may not be added by you', { details: { userIds: closed } })
  }

  /** Those of whom the host's code says no. */
  private async without(
    what: string,
    userIds: readonly UserId[],
    ask: (userId: UserId) => Promise<boolean>,
  ): Promise<readonly UserId[]> {
    const { clock, timing } = this.parts
    const answers = await within(clock, timing.handlerDeadlineMs, what, Promise.all(userIds.map(ask)))
    return userIds.filter((_, i) => !answers[i])
  }
}
