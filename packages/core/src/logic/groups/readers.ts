// Whose inboxes a message of a group goes to.
import type { UserId } from '@rookery/protocol'
import type { FanOutMode } from '../../model/group.js'
import type { GroupChange } from '../../ports/storage.js'
import type { KnownGroup } from './rosters.js'

const nobody: readonly UserId[] = []

/** Whether it goes to inboxes at all: not where the group is fanned out on read, or becomes so by the change. */
export const goesToInboxes = (fanOut: FanOutMode, change?: GroupChange): boolean =>
  fanOut === 'write' && change?.fanOut !== 'read'

/**
 * The members of a group as it stands; with a change, those too who leave or join by it.
 * @param group null where the change makes it
 */
export function readersOf(
  group: Pick<KnownGroup, 'fanOut' | 'userIds'> | null,
  change?: GroupChange,
): readonly UserId[] {
  if (!goesToInboxes(group?.fanOut ?? 'write', change)) return nobody
  const members = group?.userIds ?? nobody
  const joining = change?.join ?? []
  return joining.length === 0 ? members : [...members, ...joining.map(({ userId }) => userId)]
}
