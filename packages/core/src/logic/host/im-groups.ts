// Groups for the host's services: no rights are checked, lists may have any length, and messages about changes name no
// user as their maker.
import type { ConversationId, GroupInfo, GroupMember, GroupProfile, Role, UserId } from '@rookery/protocol'
import { check } from '@rookery/protocol/schemas'
import { partKey, requestDigest, type RequestDigest } from '../../model/digest.js'
import { plainJson } from '../../model/json.js'
import { groupJson, memberJson } from '../../model/wire.js'
import type { ConversationNames } from '../../ports/host.js'
import type { Random } from '../../ports/random.js'
import type { Storage } from '../../ports/storage.js'
import { notFound } from '../access/authorise.js'
import type { ChangeKey, GroupChanges, GroupOrder } from '../groups/group-changes.js'
import type { GroupSettings } from '../groups/group-steps.js'
import { type Groups, newGroupId } from '../groups/groups.js'
import type { HostMembership } from '../groups/host-membership.js'
import type { Joining } from '../groups/joining.js'
import { hostSchemas } from './host-requests.js'
import * as steps from '../groups/group-steps.js'

/** A group that the host makes. */
export interface NewGroup extends GroupProfile {
  readonly owner: UserId
  readonly name: string
  /** Besides the owner. Default: nobody. */
  readonly members?: readonly UserId[]
}

/** How many users of a list are done. */
export interface GroupProgress {
  readonly done: number
  readonly total: number
}

/** For every change of a group. */
export interface GroupCall {
  /** A call with the same key and request is the same change, made once. Default: a new key. */
  readonly clientMsgId?: string
}

/** For the calls that take a list. */
export interface GroupListCall extends GroupCall {
  /** Called after each part of the list. */
  readonly onProgress?: (progress: GroupProgress) => void
}

interface Parts {
  readonly storage: Pick<Storage, 'groups'>
  readonly changes: GroupChanges
  readonly joining: Joining
  readonly hostMembership: HostMembership
  readonly groups: Groups
  readonly names: ConversationNames | null
  readonly random: Random
  readonly settings: GroupSettings
}

/** Users in one change: a message with some 25 KB of ids, and a commit that does not delay others noticeably. */
const partMax = 200

/**
 * Every call rejects with a `RookeryError`: `NOT_FOUND` where the group or a named user does not exist.
 *
 * A list of more than 200 users is changed in parts of 200. Each part is a separate change, so that together they are
 * not one transaction. Before the first part the server checks all parts: a list with a mistake changes nothing. If a
 * part fails all the same (`UNAVAILABLE`), the parts before it stay, and the same call does the rest. `add` and
 * `remove` skip users who need no change. `create` needs the same `clientMsgId` for that; otherwise it makes another
 * group.
 */
export class ImGroups {
  constructor(private readonly parts: Parts) {}

  /**
   * Makes a group.
   * @throws RookeryError `NOT_FOUND` with `details.userIds` for unknown users, `TOO_LARGE`, `CONFLICT`
   */
  async create(group: NewGroup, options: GroupListCall = {}): Promise<GroupInfo> {
    const asked = checkNewGroup(group)
    const id = newGroupId(this.parts.random)
    return this.get(await this.make(id, asked, this.baseOf(options), options.onProgress))
  }

  /** Reads a group. */
  async get(groupId: ConversationId): Promise<GroupInfo> {
    const group = await this.parts.storage.groups.group(checkId(groupId))
    if (group === null) throw notFound()
    return JSON.parse(groupJson(group, null)) as GroupInfo
  }

  /** Changes the group's profile. A field that you leave out stays; an empty avatar or announcement removes it. */
  async update(groupId: ConversationId, profile: GroupProfile, options: GroupCall = {}): Promise<GroupInfo> {
    const given = { ...profile, avatar: profile.avatar === null ? '' : profile.avatar }
    const { groupId: _, ...asked } = check(
      hostSchemas['group.update'],
      defined({ ...given, announcement: given.announcement === null ? '' : given.announcement, groupId }),
    )
    const { settings } = this.parts
    return this.change('update', { groupId, ...asked }, options, [], (facts) => steps.update(facts, asked, settings))
  }

  /** Ends the group for everybody. */
  async dissolve(groupId: ConversationId, options: GroupCall = {}): Promise<void> {
    const order = this.order('dissolve', { groupId }, this.baseOf(options), [], (facts) =>
      steps.dissolve(facts, this.parts.settings),
    )
    await this.parts.changes.change(order)
  }

  /** Adds users. It skips those who are members. */
  async add(groupId: ConversationId, userIds: readonly UserId[], options: GroupListCall = {}): Promise<GroupInfo> {
    await this.addAll(groupId, checkUserIds(userIds), this.baseOf(options), options.onProgress)
    return this.get(groupId)
  }

  /**
   * Ends memberships. It skips users who are not members.
   * @throws RookeryError `FORBIDDEN` for the owner: make somebody else the owner first
   */
  async remove(groupId: ConversationId, userIds: readonly UserId[], options: GroupListCall = {}): Promise<GroupInfo> {
    await this.removeAll(groupId, checkUserIds(userIds), this.baseOf(options), options.onProgress)
    return this.get(groupId)
  }

  /** Ends one membership as if the member had left. */
  async leave(groupId: ConversationId, userId: UserId, options: GroupCall = {}): Promise<void> {
    const [member] = checkUserIds([userId])
    const order = this.order('leave', { groupId, userId }, this.baseOf(options), [member!], (facts) =>
      steps.leave(facts, userId, this.parts.settings),
    )
    await this.parts.changes.change(order)
  }

  /** Gives a member a role. `owner` hands the group over, and the former owner becomes an admin. */
  async role(groupId: ConversationId, userId: UserId, role: Role, options: GroupCall = {}): Promise<GroupInfo> {
    const asked = check(hostSchemas['group.role'], { groupId, userId, role })
    return this.change('role', asked, options, [userId], (facts) =>
      steps.setRole(facts, userId, role, this.parts.settings),
    )
  }

  /** Mutes a member until a time in Unix ms; without `userId`, everybody but owner and admins. 0 ends the mute. */
  async mute(
    groupId: ConversationId,
    { userId, until }: { readonly userId?: UserId; readonly until: number },
    options: GroupCall = {},
  ): Promise<GroupInfo> {
    const asked = check(hostSchemas['group.mute'], defined({ groupId, userId, until }))
    return this.change('mute', asked, options, userId === undefined ? [] : [userId], (facts) =>
      steps.mute(facts, userId, until, this.parts.settings),
    )
  }

  /** Reads a page of the members, in the order of their ids. `limit` up to `limits.list`. */
  async members(
    groupId: ConversationId,
    page: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<{ readonly members: readonly GroupMember[]; readonly cursor?: string }> {
    const asked = check(hostSchemas['group.members'], defined({ ...page, groupId }))
    await this.get(groupId)
    const { members, ...rest } = await this.parts.groups.page(asked)
    return { members: members.map((member) => JSON.parse(memberJson(member)) as GroupMember), ...rest }
  }

  /**
   * Announces a change of something that the host keeps itself. If the host keeps the members (the option
   * `hostGroups`), chat reads the host's list, then removes and adds members in parts; without a difference it writes
   * nothing. If the host keeps something that chat cannot compare (names of conversations, or a group that `hostGroups`
   * does not know), chat raises the group's version and sends the members an `im.group` message with the event
   * `updated` and no changes: then clients read the group again.
   * @throws RookeryError `BAD_REQUEST` if the host gives something else than a list; `UNAVAILABLE` if it is late
   */
  async changed(groupId: ConversationId, options: GroupCall = {}): Promise<GroupInfo> {
    const id = checkId(groupId)
    await this.settle(id, this.baseOf(options))
    return this.get(id)
  }

  /** Gives a group the members that the host keeps, part by part. */
  async settle(groupId: ConversationId, base: Base): Promise<void> {
    const { changes, hostMembership, names } = this.parts
    const digest = requestDigest('changed', { groupId })
    for (let n = base.from, isSettled = false; !isSettled; n++) {
      const decide = async (facts: steps.GroupFacts): Promise<steps.GroupStep | null> => {
        const next = await hostMembership.next(facts, partMax)
        isSettled = next === null || next === 'not-kept'
        if (next === 'not-kept' || (next === null && names !== null)) return steps.touch()
        return next
      }
      await changes.change({ groupId, by: null, key: keyOf(base, n, digest), named: [], decide })
    }
  }

  /**
   * Makes a group under a given id.
   * @param base the base for the keys of its parts
   */
  async make(
    groupId: ConversationId,
    { owner, members, ...profile }: CheckedGroup,
    base: Base,
    onProgress?: GroupListCall['onProgress'],
  ): Promise<ConversationId> {
    const { changes, joining, settings } = this.parts
    const all = [owner, ...new Set(members.filter((userId) => userId !== owner))]
    const first = all.slice(0, partMax)
    const key = keyOf(base, 0, requestDigest('create', { owner, members, ...profile }))
    const made = await changes.once(null, key, async () => {
      const step = steps.create(owner, first, profile, settings)
      for (let at = 0; at < all.length; at += partMax) await joining.mayJoin(null, all.slice(at, at + partMax))
      return changes.create(groupId, null, key, step)
    })
    onProgress?.({ done: first.length, total: all.length })
    await this.addAll(made!, all.slice(partMax), { ...base, from: 1 }, (progress) =>
      onProgress?.({ done: first.length + progress.done, total: all.length }),
    )
    return made!
  }

  /** Adds users, part by part. */
  addAll(groupId: ConversationId, userIds: readonly UserId[], base: Base, onProgress?: OnProgress): Promise<void> {
    const { joining, settings } = this.parts
    return this.inParts('add', groupId, userIds, base, onProgress, (facts, part) =>
      steps.add(facts, part, settings, (joiners) => joining.mayJoin(null, joiners)),
    )
  }

  /** Removes users, part by part. */
  removeAll(groupId: ConversationId, userIds: readonly UserId[], base: Base, onProgress?: OnProgress): Promise<void> {
    return this.inParts('remove', groupId, userIds, base, onProgress, (facts, part) =>
      steps.remove(facts, part, this.parts.settings),
    )
  }

  private async inParts(
    event: string,
    groupId: ConversationId,
    userIds: readonly UserId[],
    base: Base,
    onProgress: OnProgress | undefined,
    decide: (facts: steps.GroupFacts, part: readonly UserId[]) => ReturnType<GroupOrder['decide']>,
  ): Promise<void> {
    const { changes } = this.parts
    const parts = Array.from({ length: Math.ceil(userIds.length / partMax) }, (_, i) =>
      userIds.slice(i * partMax, (i + 1) * partMax),
    )
    // A single part is refused as a whole anyway. For a call that continues an earlier one, the earlier one has checked
    // these parts.
    if (base.from === 0 && parts.length > 1)
      for (const part of parts)
        await changes.mayBeMade({ groupId, by: null, named: part, decide: (facts) => decide(facts, part) })
    let done = 0
    for (const [i, part] of parts.entries()) {
      const n = base.from + i
      const key = keyOf(base, n, requestDigest(event, { groupId, part }))
      await changes.change({ groupId, by: null, key, named: part, decide: (facts) => decide(facts, part) })
      done += part.length
      onProgress?.({ done, total: userIds.length })
    }
  }

  private async change(
    event: string,
    asked: { readonly groupId: ConversationId },
    options: GroupCall,
    named: readonly UserId[],
    decide: GroupOrder['decide'],
  ): Promise<GroupInfo> {
    await this.parts.changes.change(this.order(event, asked, this.baseOf(options), named, decide))
    return this.get(asked.groupId)
  }

  private order<Asked extends { readonly groupId: ConversationId }>(
    event: string,
    asked: Asked,
    base: Base,
    named: readonly UserId[],
    decide: GroupOrder['decide'],
  ): GroupOrder {
    const key = keyOf(base, 0, requestDigest(event, asked))
    return { groupId: checkId(asked.groupId), by: null, key, named, decide }
  }

  private baseOf({ clientMsgId }: GroupCall): Base {
    if (clientMsgId === undefined) return { clientMsgId: this.parts.random.id(), isGiven: false, from: 0 }
    return { clientMsgId: check(hostSchemas.key, clientMsgId), isGiven: true, from: 0 }
  }
}

type OnProgress = (progress: GroupProgress) => void

/** The base of the keys of a call's parts. `from` is the number of its first part. */
interface Base {
  readonly clientMsgId: string
  readonly isGiven: boolean
  readonly from: number
}

/** A row of the outbox uses keys made from its id. */
export const baseOfRow = (id: string): Base => ({ clientMsgId: id, isGiven: true, from: 0 })

/** The first part uses the key itself; later parts use keys made from it. */
const keyOf = ({ clientMsgId, isGiven }: Base, part: number, digest: RequestDigest): ChangeKey => ({
  clientMsgId: part === 0 ? clientMsgId : partKey(clientMsgId, part),
  digest,
  isGiven,
})

/** A group from the host, checked. */
export type CheckedGroup = ReturnType<typeof checkNewGroup>

/** @throws RookeryError `BAD_REQUEST` */
export function checkNewGroup(group: NewGroup) {
  const { avatar, announcement, ext, ...rest } = group
  const texts = { avatar: avatar ?? undefined, announcement: announcement ?? undefined }
  const given = defined({ ...rest, ...texts, ext: ext === undefined ? undefined : plainJson(ext) })
  const { members = [], ...checked } = check(hostSchemas['group.create'], given)
  return { ...checked, members }
}

/** @throws RookeryError `BAD_REQUEST` */
export const checkUserIds = (userIds: readonly UserId[]): readonly UserId[] => [
  ...new Set(check(hostSchemas.userIds, userIds)),
]

/** @throws RookeryError `BAD_REQUEST` */
export const checkId = (groupId: ConversationId): ConversationId => check(hostSchemas['group.get'], { groupId }).groupId

/** Removes fields that are undefined: they count as left out. */
const defined = (given: object): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
