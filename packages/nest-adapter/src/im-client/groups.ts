// The calls for groups, from another service.
import type { ConversationId, GroupInfo, GroupMember, GroupProfile, NewGroup, Role, UserId } from '@rookery/core'
import type { Caller } from './caller.js'

/** Under one key a change is made once, however often it is sent. */
interface WithKey {
  readonly clientMsgId: string
}

/** As `ImService.groups`. Every change needs a key. */
export class ImClientGroups {
  constructor(private readonly call: Caller) {}

  create(group: NewGroup, options: WithKey): Promise<GroupInfo> {
    return this.call('groups.create', { ...group, ...options })
  }

  get(groupId: ConversationId): Promise<GroupInfo> {
    return this.call('groups.get', { groupId })
  }

  update(groupId: ConversationId, profile: GroupProfile, options: WithKey): Promise<GroupInfo> {
    return this.call('groups.update', { ...profile, groupId, ...options })
  }

  async dissolve(groupId: ConversationId, options: WithKey): Promise<void> {
    await this.call('groups.dissolve', { groupId, ...options })
  }

  add(groupId: ConversationId, userIds: readonly UserId[], options: WithKey): Promise<GroupInfo> {
    return this.call('groups.add', { groupId, userIds, ...options })
  }

  remove(groupId: ConversationId, userIds: readonly UserId[], options: WithKey): Promise<GroupInfo> {
    return this.call('groups.remove', { groupId, userIds, ...options })
  }

  async leave(groupId: ConversationId, userId: UserId, options: WithKey): Promise<void> {
    await this.call('groups.leave', { groupId, userId, ...options })
  }

  role(groupId: ConversationId, userId: UserId, role: Role, options: WithKey): Promise<GroupInfo> {
    return this.call('groups.role', { groupId, userId, role, ...options })
  }

  mute(
    groupId: ConversationId,
    mute: { readonly userId?: UserId; readonly until: number },
    options: WithKey,
  ): Promise<GroupInfo> {
    return this.call('groups.mute', { groupId, ...mute, ...options })
  }

  members(
    groupId: ConversationId,
    page: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<{ readonly members: readonly GroupMember[]; readonly cursor?: string }> {
    return this.call('groups.members', { groupId, ...page })
  }

  changed(groupId: ConversationId, options: WithKey): Promise<GroupInfo> {
    return this.call('groups.changed', { groupId, ...options })
  }
}
