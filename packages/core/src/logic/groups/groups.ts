// Groups for sessions: each request is checked against the rights of the user who asks.
import { type ConversationId, type JsonText, type RequestOf, RookeryError, type UserId } from '@rookery/protocol'
import { requestDigest } from '../../model/digest.js'
import type { Group, Membership } from '../../model/group.js'
import { groupJson, memberJson } from '../../model/wire.js'
import type { Limits, Timing } from '../../options/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Random } from '../../ports/random.js'
import type { Storage } from '../../ports/storage.js'
import { notFound } from '../access/authorise.js'
import type { Naming } from '../reading/naming.js'
import { Turns } from '../storing/turns.js'
import type { ChangeKey, GroupChanges, GroupOrder } from './group-changes.js'
import * as steps from './group-steps.js'
import type { GroupSettings } from './group-steps.js'
import type { Joining } from './joining.js'

interface Parts {
  readonly storage: Pick<Storage, 'groups'>
  readonly changes: GroupChanges
  readonly joining: Joining
  readonly naming: Naming
  readonly clock: Clock
  readonly random: Random
  readonly limits: Limits
  readonly timing: Timing
  readonly settings: GroupSettings
}

/**
 * The group and the user's membership come from two reads. If the group changed in between, both are read again, at
 * most this many times.
 */
const readsMax = 5

export class Groups {
  /**
   * Turns by the user who will own one more group: on this node, the check of `limits.groupsOwned` and the change run
   * as one step.
   */
  private readonly owning: Turns

  constructor(private readonly parts: Parts) {
    this.owning = new Turns(parts.clock)
  }

  /** Makes a group. The user who asks becomes its owner. */
  async create(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.create'>): Promise<JsonText> {
    const { changes, joining, limits, settings, random, storage } = this.parts
    const { members, ...profile } = request
    const key = this.key('group.create', clientMsgId, request)
    const make = (): Promise<ConversationId | null> =>
      changes.once(userId, key, async () => {
        this.refuseLong(members)
        const step = steps.create(userId, members, profile, settings)
        steps.refuseAbove(step.change.join!.length, limits)
        if ((await storage.groups.owned(userId)) >= limits.groupsOwned)
          throw new RookeryError('FORBIDDEN', `you own ${limits.groupsOwned} groups and may not own more`)
        await joining.mayJoin(
          userId,
          step.event.userIds!.filter((member) => member !== userId),
        )
        return changes.create(newGroupId(random), userId, key, step)
      })
    const groupId = await this.owning.take(userId, this.parts.timing.sendDeadlineMs, make)
    return this.view(userId, groupId!)
  }

  get(userId: UserId, { groupId }: RequestOf<'group.get'>): Promise<JsonText> {
    return this.view(userId, groupId)
  }

  update(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.update'>): Promise<JsonText> {
    const { groupId, ...profile } = request
    return this.changed(userId, groupId, this.key('group.update', clientMsgId, request), [], (facts) =>
      steps.update(facts, profile, this.parts.settings),
    )
  }

  async dissolve(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.dissolve'>): Promise<JsonText> {
    const { groupId } = request
    const key = this.key('group.dissolve', clientMsgId, request)
    const decide: GroupOrder['decide'] = (facts) => steps.dissolve(facts, this.parts.settings)
    await this.parts.changes.change({ groupId, by: userId, key, named: [], decide })
    return '{}'
  }

  /** A page of the members, in the order of their ids. */
  async members(userId: UserId, request: RequestOf<'group.members'>): Promise<JsonText> {
    await this.standing(userId, request.groupId)
    const { members, cursor } = await this.page(request)
    return `{"members":[${members.map(memberJson).join(',')}]${cursor === undefined ? '' : `,"cursor":"${cursor}"`}}`
  }

  /** A page of the members. The caller has checked who may see it. */
  async page({ groupId, cursor, limit }: RequestOf<'group.members'>): Promise<{
    readonly members: readonly Membership[]
    readonly cursor?: string
  }> {
    const { storage, limits } = this.parts
    const after = cursor === undefined ? null : decodeCursor(cursor)
    const { members, more } = await storage.groups.members(groupId, after, Math.min(limit ?? limits.list, limits.list))
    return { members, ...(more ? { cursor: encodeCursor(members.at(-1)!.userId) } : {}) }
  }

  add(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.add'>): Promise<JsonText> {
    const { groupId, userIds } = request
    const { settings, joining } = this.parts
    return this.changed(userId, groupId, this.key('group.add', clientMsgId, request), userIds, (facts) =>
      steps.add(facts, userIds, settings, (joiners) => joining.mayJoin(userId, joiners)),
    )
  }

  remove(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.remove'>): Promise<JsonText> {
    const { groupId, userIds } = request
    return this.changed(userId, groupId, this.key('group.remove', clientMsgId, request), userIds, (facts) =>
      steps.remove(facts, userIds, this.parts.settings),
    )
  }

  async leave(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.leave'>): Promise<JsonText> {
    const { groupId } = request
    const key = this.key('group.leave', clientMsgId, request)
    const decide: GroupOrder['decide'] = (facts) => steps.leave(facts, userId, this.parts.settings)
    await this.parts.changes.change({ groupId, by: userId, key, named: [], decide })
    return '{}'
  }

  role(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.role'>): Promise<JsonText> {
    const { groupId, userId: member, role } = request
    const { settings, storage, limits } = this.parts
    const give = (): Promise<JsonText> =>
      this.changed(userId, groupId, this.key('group.role', clientMsgId, request), [member], async (facts) => {
        const step = steps.setRole(facts, member, role, settings)
        if (step !== null && role === 'owner' && (await storage.groups.owned(member)) >= limits.groupsOwned)
          throw new RookeryError('FORBIDDEN', 'this member may not own more groups')
        return step
      })
    return role === 'owner' ? this.owning.take(member, this.parts.timing.sendDeadlineMs, give) : give()
  }

  mute(userId: UserId, { clientMsgId, ...request }: RequestOf<'group.mute'>): Promise<JsonText> {
    const { groupId, userId: member, until } = request
    const named = member === undefined ? [] : [member]
    return this.changed(userId, groupId, this.key('group.mute', clientMsgId, request), named, (facts) =>
      steps.mute(facts, member, until, this.parts.settings),
    )
  }

  private async changed(
    by: UserId,
    groupId: ConversationId,
    key: ChangeKey,
    named: readonly UserId[],
    decide: GroupOrder['decide'],
  ): Promise<JsonText> {
    const asked = named.slice(0, this.parts.limits.list)
    const orDecide: GroupOrder['decide'] = (facts) => {
      this.refuseLong(named)
      return decide(facts)
    }
    await this.parts.changes.change({ groupId, by, key, named: asked, decide: orDecide })
    return this.view(by, groupId)
  }

  /** The group as one of its members sees it. */
  private async view(userId: UserId, groupId: ConversationId): Promise<JsonText> {
    const { group, membership } = await this.standing(userId, groupId)
    return groupJson(await this.parts.naming.group(userId, group), membership.role)
  }

  private async standing(userId: UserId, groupId: ConversationId): Promise<{ group: Group; membership: Membership }> {
    const { groups } = this.parts.storage
    for (let read = 1; ; read++) {
      const [group, found] = await Promise.all([groups.group(groupId), groups.memberships(groupId, [userId])])
      const membership = found?.memberships[0] ?? null
      if (group === null || membership === null || membership.to !== null) throw notFound()
      if (group.version === found!.version || read === readsMax) return { group, membership }
    }
  }

  private key(event: string, clientMsgId: string | undefined, request: object): ChangeKey {
    const digest = requestDigest(event, request)
    return { clientMsgId: clientMsgId ?? this.parts.random.id(), digest, isGiven: clientMsgId !== undefined }
  }

  private refuseLong(userIds: readonly UserId[]): void {
    const { list } = this.parts.limits
    if (userIds.length > list) throw new RookeryError('TOO_LARGE', `a list may have ${list} items`)
  }
}

/** An id for a new group. */
export const newGroupId = (random: Random): ConversationId => `g_${random.id()}`

const encodeCursor = (userId: UserId): string => Buffer.from(userId).toString('base64url')

function decodeCursor(cursor: string): UserId {
  const userId = Buffer.from(cursor, 'base64url').toString()
  if (!/^[!-~]{1,128}$/.test(userId)) throw new RookeryError('BAD_REQUEST', 'cursor: this server did not give it')
  return userId
}
