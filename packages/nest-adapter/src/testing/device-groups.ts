// The group requests of a device. The rights of the device's user apply.
import type { GroupInfo, GroupMember, GroupProfile, Role } from '@rookery/core'

/** Makes any request of the protocol. */
type Ask = (event: string, request: object) => Promise<unknown>

/** Every call rejects with a `RookeryError` if the server refuses it. */
export class DeviceGroups {
  constructor(private readonly ask: Ask) {}

  get(groupId: string): Promise<GroupInfo> {
    return this.group('get', { groupId })
  }

  /** Fields that you leave out stay unchanged; an empty avatar or announcement removes it. */
  update(groupId: string, profile: GroupProfile): Promise<GroupInfo> {
    return this.group('update', { groupId, ...profile })
  }

  add(groupId: string, ...userIds: string[]): Promise<GroupInfo> {
    return this.group('add', { groupId, userIds })
  }

  remove(groupId: string, ...userIds: string[]): Promise<GroupInfo> {
    return this.group('remove', { groupId, userIds })
  }

  role(groupId: string, userId: string, role: Role): Promise<GroupInfo> {
    return this.group('role', { groupId, userId, role })
  }

  /** Mutes one member; without `userId` everybody but the owner and the admins. `until` in Unix ms; 0 ends the mute. */
  mute(groupId: string, { userId, until }: { readonly userId?: string; readonly until: number }): Promise<GroupInfo> {
    return this.group('mute', { groupId, until, ...(userId === undefined ? {} : { userId }) })
  }

  async leave(groupId: string): Promise<void> {
    await this.ask('group.leave', { groupId })
  }

  async dissolve(groupId: string): Promise<void> {
    await this.ask('group.dissolve', { groupId })
  }

  /** Reads a page of the members, ordered by user id. */
  async members(groupId: string, page: { readonly cursor?: string; readonly limit?: number } = {}) {
    const request = { groupId, ...page }
    return (await this.ask('group.members', request)) as {
      readonly members: readonly GroupMember[]
      readonly cursor?: string
    }
  }

  private async group(what: string, request: object): Promise<GroupInfo> {
    return (await this.ask(`group.${what}`, request)) as GroupInfo
  }
}
