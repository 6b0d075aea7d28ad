// A user leaves all groups. Groups that the user owns get another owner or are dissolved, or the call is refused.
import { type ConversationId, RookeryError, type UserId } from '@rookery/protocol'
import type { Membership } from '../../model/group.js'
import type { Storage } from '../../ports/storage.js'
import type { ImGroups } from '../host/im-groups.js'

/**
 * What happens to groups that the user owns. `refuse` throws, and changes nothing, if there are any. `hand-over` gives
 * each group to an admin or, without one, to the member who joined first; it dissolves groups without another member.
 * `dissolve` dissolves all of them.
 */
export type OwnedGroups = 'refuse' | 'hand-over' | 'dissolve'

/** Conversations, or members, in one read. */
const pageMax = 200

interface Parts {
  readonly storage: Pick<Storage, 'groups'>
  readonly imGroups: ImGroups
}

/**
 * Makes the user leave every group.
 * @throws RookeryError `FORBIDDEN` with `details.groupIds` where the user owns groups and they are refused; then
 *   nothing has changed
 */
export async function leaveGroups(
  parts: Parts,
  userId: UserId,
  ownedGroups: OwnedGroups,
  onLeft: (count: number) => void,
): Promise<void> {
  let left = 0
  const seen = new Set<ConversationId>()
  // Somebody may add the user to another group in the meantime, so it reads the list again until nothing is left.
  for (;;) {
    const groupIds = (await groupsOf(parts, userId)).filter((groupId) => !seen.has(groupId))
    const owned = await ownedAmong(parts, userId, groupIds)
    if (ownedGroups === 'refuse') refuse(owned)
    if (groupIds.length === 0) return
    for (const groupId of groupIds) {
      if (!owned.has(groupId)) await unlessGone(() => parts.imGroups.leave(groupId, userId))
      else await giveUp(parts, userId, groupId, ownedGroups)
      seen.add(groupId)
      onLeft((left += 1))
    }
  }
}

/** @throws RookeryError `FORBIDDEN` with `details.groupIds` where the user owns groups */
export async function refuseOwned(parts: Parts, userId: UserId): Promise<void> {
  refuse(await ownedAmong(parts, userId, await groupsOf(parts, userId)))
}

function refuse(owned: ReadonlySet<ConversationId>): void {
  if (owned.size === 0) return
  const details = { groupIds: [...owned] }
  throw new RookeryError('FORBIDDEN', 'the user owns groups: hand them over or dissolve them first', { details })
}

async function giveUp({ storage, imGroups }: Parts, userId: UserId, groupId: ConversationId, how: OwnedGroups) {
  const heir = how === 'dissolve' ? null : await heirOf(storage, userId, groupId)
  await unlessGone(async () => {
    if (heir === null) return imGroups.dissolve(groupId)
    await imGroups.role(groupId, heir, 'owner')
    await imGroups.leave(groupId, userId)
  })
}

/** The next owner of a group: an admin, or the member who joined first; null where there is no other member. */
async function heirOf({ groups }: Parts['storage'], userId: UserId, groupId: ConversationId): Promise<UserId | null> {
  let heir: Membership | null = null
  for (let after: UserId | null = null; ;) {
    const page: Awaited<ReturnType<typeof groups.members>> = await groups.members(groupId, after, pageMax)
    for (const member of page.members) {
      if (member.userId === userId) continue
      if (member.role === 'admin') return member.userId
      if (heir === null || member.joinedAt < heir.joinedAt) heir = member
    }
    after = page.members.at(-1)?.userId ?? null
    if (!page.more || after === null) return heir?.userId ?? null
  }
}

/** In the order of their ids, which do not change. So a group with new activity keeps its place between two pages. */
async function groupsOf({ storage: { groups } }: Parts, userId: UserId): Promise<readonly ConversationId[]> {
  const found: ConversationId[] = []
  for (let after: ConversationId | null = null; ;) {
    const page: Awaited<ReturnType<typeof groups.memberOf>> = await groups.memberOf(userId, after, pageMax)
    found.push(...page.groupIds)
    after = page.groupIds.at(-1) ?? null
    if (!page.more || after === null) return found
  }
}

async function ownedAmong(
  { storage: { groups } }: Parts,
  userId: UserId,
  groupIds: readonly ConversationId[],
): Promise<ReadonlySet<ConversationId>> {
  const owned = new Set<ConversationId>()
  if ((await groups.owned(userId)) === 0) return owned
  for (const groupId of groupIds) if ((await groups.group(groupId))?.ownerId === userId) owned.add(groupId)
  return owned
}

/** Somebody else may have dissolved the group or removed the member in the meantime. */
async function unlessGone(leave: () => Promise<void>): Promise<void> {
  try {
    await leave()
  } catch (error) {
    if (!(error instanceof RookeryError) || error.code !== 'NOT_FOUND') throw error
  }
}
