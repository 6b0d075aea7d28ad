// What one does with a group.
import type { DataOf, RequestEvent, RequestOf, Role } from '@rookery/protocol'
import type { Backend } from '../ports/backend.js'
import type { Random } from '../ports/clock.js'

type Info = DataOf<'group.get'>
type Profile = Omit<RequestOf<'group.update'>, 'groupId' | 'clientMsgId'>

/** Each throws a RookeryError with the server's code. */
export interface GroupActions {
  info(): Promise<Info>
  members(page?: { readonly cursor?: string; readonly limit?: number }): Promise<DataOf<'group.members'>>
  update(profile: Profile): Promise<Info>
  add(userIds: readonly string[]): Promise<Info>
  remove(userIds: readonly string[]): Promise<Info>
  leave(): Promise<void>
  dissolve(): Promise<void>
  setRole(userId: string, role: Role): Promise<Info>
  /** Until then they may not speak, Unix ms; 0 ends it. Without `userId` everybody but owner and admins. */
  mute(until: number, userId?: string): Promise<Info>
}

export function groupActions(backend: Backend, random: Random, groupId: string): GroupActions {
  const ask = async <Event extends RequestEvent>(event: Event, body: object): Promise<DataOf<Event>> => {
    return (await backend.commands.ask(event, { groupId, ...body }, true)) as DataOf<Event>
  }
  const change = <Event extends RequestEvent>(event: Event, body: object): Promise<DataOf<Event>> =>
    ask(event, { ...body, clientMsgId: random.id() })
  return {
    info: () => ask('group.get', {}),
    members: (page = {}) => ask('group.members', page),
    update: (profile) => change('group.update', profile),
    add: (userIds) => change('group.add', { userIds }),
    remove: (userIds) => change('group.remove', { userIds }),
    leave: async () => void (await change('group.leave', {})),
    dissolve: async () => void (await change('group.dissolve', {})),
    setRole: (userId, role) => change('group.role', { userId, role }),
    mute: (until, userId) => change('group.mute', { until, ...(userId !== undefined && { userId }) }),
  }
}
