// Decides whether users may become members of a group: they must exist, and the contact policy must let the asking user
// add them.
import { RookeryError, type UserId } from '@rookery/protocol'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { ContactPolicy } from '../../ports/host.js'
import type { Directory } from '../access/directory.js'
import { within } from '../host/deadlines.js'
import type { HostTransaction } from '../host/host-transaction.js'

interface Parts {
  readonly directory: Directory
  readonly contacts: ContactPolicy | null
  readonly clock: Clock
  readonly timing: Timing
}

export class Joining {
  constructor(private readonly parts: Parts) {}

  /**
   * Checks all users at once.
   * @param by null for the host, to which the contact policy does not apply
   * @param inside the host's transaction; then only providers that take it are asked
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`, each with `details.userIds`: exactly the users that it concerns
   */
  async mayJoin(by: UserId | null, userIds: readonly UserId[], inside: HostTransaction | null = null): Promise<void> {
    const { directory, contacts, clock, timing } = this.parts
    const unknown = await directory.unknown(userIds, inside)
    if (unknown.length > 0) throw new RookeryError('NOT_FOUND', 'no such users', { details: { userIds: unknown } })
    if (by === null || contacts?.mayAddToGroup === undefined) return
    const asked = Promise.all(userIds.map(async (userId) => contacts.mayAddToGroup!(by, userId)))
    const answers = await within(clock, timing.handlerDeadlineMs, 'the contact policy', asked)
    const closed = userIds.filter((_, i) => !answers[i])
    if (closed.length > 0)
      throw new RookeryError('FORBIDDEN', 'these users may not be added by you', { details: { userIds: closed } })
  }
}
