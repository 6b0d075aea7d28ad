// Whether users may be made members of a group: they exist, and policy lets whoever asks add them.
import { RookeryError, type UserId } from '@rookery/protocol'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { ContactPolicy } from '../../ports/host.js'
import type { Directory } from '../access/directory.js'
import { within } from '../host/deadline.js'
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
   * @param by null for the host, whom policy does not bind
   * @param inside the host's transaction, in which the host alone asks
   * @throws RookeryError `NOT_FOUND`, `FORBIDDEN`, each with `details.userIds`: those whom it concerns, and nobody else
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
