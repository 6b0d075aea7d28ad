// Groups whose members the host keeps in its own tables. It compares the host's list with the stored members and makes
// the next part of the difference a change of the group. It reads the group first and the host's list afterwards, and
// it commits under the version of the group that it read. So the last change knows every list that was announced before
// it.
import { type ConversationId, RookeryError, type UserId } from '@rookery/protocol'
import type { Membership } from '../../model/group.js'
import type { Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { HostGroups } from '../../ports/host.js'
import type { Storage } from '../../ports/storage.js'
import { within } from '../host/deadlines.js'
import * as steps from './group-steps.js'
import type { GroupFacts, GroupSettings, GroupStep } from './group-steps.js'

interface Parts {
  readonly storage: Pick<Storage, 'groups'>
  readonly hostGroups: HostGroups | null
  readonly clock: Clock
  readonly timing: Timing
  readonly settings: GroupSettings
}

/** Members read at once. */
const pageMax = 1000

export class HostMembership {
  constructor(private readonly parts: Parts) {}

  /**
   * The next step to give a group the members that the host lists. It first removes those who are not listed, then adds
   * the missing ones, in parts. The owner stays, because another member must become the owner first.
   * @returns null where the members are the same; `not-kept` where the host does not keep this group's members
   */
  async next(facts: GroupFacts, partMax: number): Promise<GroupStep | null | 'not-kept'> {
    const { hostGroups, clock, timing, settings } = this.parts
    if (hostGroups === null) return 'not-kept'
    const { groupId } = facts.group
    const asked = async (): Promise<readonly UserId[] | null> => hostGroups.members(groupId)
    const listed = await within(clock, timing.handlerDeadlineMs, 'the keeper of groups', asked())
    if (listed === null) return 'not-kept'
    if (!Array.isArray(listed) || listed.some((userId) => !isUserId(userId)))
      throw new RookeryError('BAD_REQUEST', `members: hostGroups did not give a list of user ids for ${groupId}`)
    const wanted = new Set(listed)
    const named = await this.members(groupId)
    const leaving = [...named.values()].filter(({ userId, role }) => role !== 'owner' && !wanted.has(userId))
    if (leaving.length > 0) {
      const userIds = leaving.slice(0, partMax).map(({ userId }) => userId)
      return steps.remove({ ...facts, named }, userIds, settings)
    }
    const joining = [...wanted].filter((userId) => !named.has(userId)).slice(0, partMax)
    // They come from the host's own list, so the host need not be asked whether they exist.
    return steps.add({ ...facts, named }, joining, settings, async () => {})
  }

  private async members(groupId: ConversationId): Promise<ReadonlyMap<UserId, Membership>> {
    const all = new Map<UserId, Membership>()
    for (let after: UserId | null = null; ;) {
      const page: Awaited<ReturnType<Storage['groups']['members']>> = await this.parts.storage.groups.members(
        groupId,
        after,
        pageMax,
      )
      for (const member of page.members) all.set(member.userId, member)
      if (!page.more) return all
      after = page.members.at(-1)!.userId
    }
  }
}

const isUserId = (value: unknown): boolean => typeof value === 'string' && /^[!-~]{1,128}$/.test(value)
