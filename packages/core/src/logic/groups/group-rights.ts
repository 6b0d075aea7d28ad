// Who may do what in a group, as a table. A user who is not a member may do nothing, and does not learn that the group
// exists.
import type { Role } from '@rookery/protocol'

/** What a member may ask for. */
export type GroupAction = 'update' | 'dissolve' | 'add' | 'remove' | 'leave' | 'role' | 'mute' | 'mute-all'

const everybody: readonly Role[] = ['owner', 'admin', 'member']
const leaders: readonly Role[] = ['owner', 'admin']
const owner: readonly Role[] = ['owner']

// Every member may read the group and its members, and speak in it.
const allowed: Readonly<Record<GroupAction, readonly Role[]>> = {
  update: leaders,
  dissolve: owner,
  add: leaders,
  remove: leaders,
  // The owner must hand the group over first.
  leave: ['admin', 'member'],
  role: owner,
  mute: leaders,
  'mute-all': leaders,
}

/** The roles that each role may remove or mute. */
const over: Readonly<Record<Role, readonly Role[]>> = { owner: ['admin', 'member'], admin: ['member'], member: [] }

/** @param membersMayAdd the option `groups.membersMayAdd` */
export const mayDo = (role: Role, action: GroupAction, membersMayAdd: boolean): boolean =>
  (action === 'add' && membersMayAdd ? everybody : allowed[action]).includes(role)

/** Whether a member of one role may remove or mute a member of another. */
export const isOver = (role: Role, other: Role): boolean => over[role].includes(other)
