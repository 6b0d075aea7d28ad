// Which users exist, from the host's own tables. Chat compares ids byte for byte, but a table may compare them as
// numbers or without regard to case. So the host may answer the id that it found.
import type { UserId } from '@rookery/protocol'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Users } from '../../ports/host.js'
import { within } from '../host/deadlines.js'
import { askable, askOfEach, type HostTransaction } from '../host/host-transaction.js'

export class Directory {
  constructor(
    private readonly users: Users | null,
    private readonly clock: Clock,
    private readonly timing: Timing,
  ) {}

  /**
   * Those of the ids that are not users of the host.
   * @param inside the host's transaction; if the provider does not take it, nobody is asked and nobody is unknown
   * @throws RookeryError `UNAVAILABLE` where the host does not answer in time; whatever the host throws
   */
  async unknown(userIds: readonly UserId[], inside: HostTransaction | null = null): Promise<readonly UserId[]> {
    const { clock, timing } = this
    const users = askable(this.users, inside)
    if (users === null) return []
    const answers = await askOfEach(
      userIds,
      inside,
      async (userId) => users.exists(userId, inside?.tx),
      (asked) => within(clock, timing.handlerDeadlineMs, 'the user directory', asked),
    )
    return userIds.filter((userId, i) => !isFound(userId, answers[i]))
  }
}

function isFound(userId: UserId, answer: unknown): boolean {
  if (answer == null || typeof answer === 'boolean') return answer === true
  if (typeof answer === 'string') return answer === userId
  throw new TypeError(`users.exists gave a ${typeof answer}: give true or false, or the id that was found, as a string`)
}
