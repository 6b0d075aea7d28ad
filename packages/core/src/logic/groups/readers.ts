// Decides whose inboxes get an entry for a group's message.
import type { UserId } from '@rookery/protocol'
import type { FanOutMode } from '../../model/group.js'
import type { GroupChange } from '../../ports/storage.js'
import type { KnownGroup } from './rosters.js'

const nobody: readonly UserId[] = []

/** Whether any inbox gets one. None does where the group is fanned out on read, or becomes so by the change. */
export const goesToInboxes = (fanOut: FanOutMode, change?: GroupChange): boolean =>
  fanOut === 'write' && change?.fanOut !== 'read'

/**
 * The current members of a group. With a change, also the users who join by it; the users who leave by it are still
 * included.
 * @param group null where the change makes the group
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
