// Decides what each operation does to a group, from its current state: the change, and the message that tells of it.
// The answer is null where the group is already as asked. Everything is pure, except for `mayJoin`, a function that the
// caller gives.
import {
  type GroupEvent,
  type GroupProfile,
  type JsonText,
  type Role,
  RookeryError,
  type UserId,
} from '@rookery/protocol'
import type { Group, Membership } from '../../model/group.js'
import { isLongerThan } from '../../model/json.js'
import type { FanOutRules, GroupRules, Limits } from '../../options/limits.js'
import type { GroupChange } from '../../ports/storage.js'
import { isOver, mayDo, type GroupAction } from './group-rights.js'

/** The current state of a group, and who wants to change it. */
export interface GroupFacts {
  readonly group: Group
  /** The role of the user who asks; null for the host, which may do everything. */
  readonly role: Role | null
  /** The members among the users that the request names. */
  readonly named: ReadonlyMap<UserId, Membership>
  readonly now: number
}

/** A decided change, and the event that tells of it. */
export interface GroupStep {
  readonly change: GroupChange
  readonly event: Omit<GroupEvent, 'by'>
}

/** The options that decide. */
export interface GroupSettings {
  readonly groups: GroupRules
  readonly fanout: FanOutRules
  readonly limits: Pick<Limits, 'groupMembers' | 'groupName' | 'contentBytes'>
}

/** @throws RookeryError `FORBIDDEN` */
function demand({ role }: GroupFacts, action: GroupAction, { groups }: Pick<GroupSettings, 'groups'>): void {
  if (role !== null && !mayDo(role, action, groups.membersMayAdd))
    throw forbidden('your role in this group does not allow this')
}

const forbidden = (message: string): RookeryError => new RookeryError('FORBIDDEN', message)
const noMember = (): RookeryError => new RookeryError('NOT_FOUND', 'no such member')
const handOverFirst = (): RookeryError =>
  forbidden("the owner must hand the group over first: group.role with the role 'owner' for another member")

/** @throws RookeryError `FORBIDDEN`, `TOO_LARGE` */
export function update(facts: GroupFacts, given: GroupProfile, settings: GroupSettings): GroupStep | null {
  demand(facts, 'update', settings)
  const { group } = facts
  const changes = { ...profileOf(given, settings.limits) }
  const texts = storedProfile(changes)
  for (const field of ['name', 'avatar', 'announcement', 'ext'] as const)
    if (texts[field] === group[field]) delete changes[field]
  if (Object.keys(changes).length === 0) return null
  return { change: storedProfile(changes), event: { event: 'updated', changes } }
}

/** Changes only the version: something that is not stored here has changed. */
export const touch = (): GroupStep => ({ change: {}, event: { event: 'updated', changes: {} } })

/**
 * Adds users.
 * @param mayJoin is called with those who are not members yet; throws where one of them may not be added
 * @throws RookeryError `FORBIDDEN`, `TOO_LARGE`; what `mayJoin` throws
 */
export async function add(
  facts: GroupFacts,
  userIds: readonly UserId[],
  settings: GroupSettings,
  mayJoin: (userIds: readonly UserId[]) => Promise<void>,
): Promise<GroupStep | null> {
  demand(facts, 'add', settings)
  const { group, role, named } = facts
  const joining = [...new Set(userIds)].filter((userId) => !named.has(userId))
  if (joining.length === 0) return null
  const count = group.memberCount + joining.length
  if (role !== null) refuseAbove(count, settings.limits)
  await mayJoin(joining)
  const reads = settings.groups.joinersRead
  const join = joining.map((userId) => ({ userId, role: 'member' as const, reads }))
  const crosses = group.fanOut === 'write' && count > settings.fanout.readAbove
  return { change: { join, ...(crosses ? { fanOut: 'read' } : {}) }, event: { event: 'added', userIds: joining } }
}

/** @throws RookeryError `FORBIDDEN` */
export function remove(facts: GroupFacts, userIds: readonly UserId[], settings: GroupSettings): GroupStep | null {
  demand(facts, 'remove', settings)
  const leaving = [...new Set(userIds)].filter((userId) => facts.named.has(userId))
  for (const userId of leaving) demandOver(facts, facts.named.get(userId)!.role)
  return leaving.length === 0 ? null : { change: { leave: leaving }, event: { event: 'removed', userIds: leaving } }
}

/** @throws RookeryError `FORBIDDEN`; `NOT_FOUND` where the host names a user who is not a member */
export function leave(facts: GroupFacts, userId: UserId, settings: GroupSettings): GroupStep {
  const membership = facts.named.get(userId)
  if (membership === undefined) throw noMember()
  if (membership.role === 'owner') throw handOverFirst()
  demand(facts, 'leave', settings)
  return { change: { leave: [userId] }, event: { event: 'left', userIds: [userId] } }
}

/** @throws RookeryError `FORBIDDEN`, `NOT_FOUND` */
export function setRole(facts: GroupFacts, userId: UserId, role: Role, settings: GroupSettings): GroupStep | null {
  demand(facts, 'role', settings)
  const membership = facts.named.get(userId)
  if (membership === undefined) throw noMember()
  if (membership.role === role) return null
  if (membership.role === 'owner') throw handOverFirst()
  const former = role === 'owner' ? [{ userId: facts.group.ownerId, role: 'admin' as const }] : []
  return { change: { roles: [{ userId, role }, ...former] }, event: { event: 'role', userIds: [userId], role } }
}

/** @throws RookeryError `FORBIDDEN`, `NOT_FOUND` */
export function mute(
  facts: GroupFacts,
  userId: UserId | undefined,
  given: number,
  settings: GroupSettings,
): GroupStep | null {
  const until = lasting(given, facts)
  if (userId === undefined) {
    demand(facts, 'mute-all', settings)
    if (lasting(facts.group.mutedUntil, facts) === until) return null
    return { change: { mutedUntil: until }, event: { event: 'muted', until } }
  }
  demand(facts, 'mute', settings)
  const membership = facts.named.get(userId)
  if (membership === undefined) throw noMember()
  demandOver(facts, membership.role)
  if (lasting(membership.mutedUntil, facts) === until) return null
  return { change: { mutes: [{ userId, until }] }, event: { event: 'muted', userIds: [userId], until } }
}

/** @throws RookeryError `FORBIDDEN` */
export function dissolve(facts: GroupFacts, settings: GroupSettings): GroupStep {
  demand(facts, 'dissolve', settings)
  return { change: { dissolve: true }, event: { event: 'dissolved' } }
}

/**
 * The first step of a new group.
 * @throws RookeryError `TOO_LARGE`
 */
export function create(
  owner: UserId,
  members: readonly UserId[],
  profile: GroupProfile,
  settings: GroupSettings,
): GroupStep {
  const userIds = [...new Set([owner, ...members])]
  const changes = profileOf(profile, settings.limits)
  const join = userIds.map((userId) => ({
    userId,
    role: userId === owner ? ('owner' as const) : ('member' as const),
    reads: 'from-now' as const,
  }))
  const crosses = userIds.length > settings.fanout.readAbove
  return {
    change: { ...storedProfile(changes), join, ...(crosses ? { fanOut: 'read' } : {}) },
    event: { event: 'created', userIds, changes },
  }
}

/** @throws RookeryError `TOO_LARGE` */
export function refuseAbove(count: number, { groupMembers }: Pick<Limits, 'groupMembers'>): void {
  if (count > groupMembers) throw new RookeryError('TOO_LARGE', `a group may have ${groupMembers} members`)
}

/** Nobody may remove or mute the owner, not even the host. */
function demandOver({ role }: GroupFacts, other: Role): void {
  if (other === 'owner' && role === null) throw handOverFirst()
  if (role !== null && !isOver(role, other))
    throw forbidden('your role in this group does not allow this for this member')
}

/** When a mute ends; 0 where it is over. */
const lasting = (until: number, { now }: GroupFacts): number => (until > now ? until : 0)

/** A profile as clients get it: an empty text becomes null. */
function profileOf(given: GroupProfile, { groupName, contentBytes }: GroupSettings['limits']): Writable<GroupProfile> {
  const { name, avatar, announcement, ext } = given
  if (name !== undefined && name.length > groupName)
    throw new RookeryError('TOO_LARGE', `a group's name may have ${groupName} characters`)
  const profile = {
    ...(name === undefined ? {} : { name }),
    ...(avatar === undefined ? {} : { avatar: avatar || null }),
    ...(announcement === undefined ? {} : { announcement: announcement || null }),
    ...(ext === undefined ? {} : { ext }),
  }
  if (isLongerThan(JSON.stringify(profile), contentBytes))
    throw new RookeryError('TOO_LARGE', `the profile of a group may take ${contentBytes} bytes`)
  return profile
}

/** The same profile as it is stored. */
function storedProfile({ ext, ...texts }: GroupProfile): Pick<GroupChange, 'name' | 'avatar' | 'announcement' | 'ext'> {
  return { ...texts, ...(ext === undefined ? {} : { ext: JSON.stringify(ext) as JsonText }) }
}

type Writable<T> = { -readonly [Field in keyof T]: T[Field] }
