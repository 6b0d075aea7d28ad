// Who may do what in a group, as a table. Whoever is no member may do nothing, and is not told that there is a group.
import type { Role } from '@rookery/protocol'

/** What a member may want to do. */
export type GroupAction = 'update' | 'dissolve' | 'add' | 'remove' | 'leave' | 'role' | 'mute' | 'mute-all'

const everybody: readonly Role[] = ['owner', 'admin', 'member']
const leaders: readonly Role[] = ['owner', 'admin']
const owner: readonly Role[] = ['owner']

// To get the group and its members, and to speak in it, being a member is enough.
const allowed: Readonly<Record<GroupAction, readonly Role[]>> = {
  update: leaders,
  dissolve: owner,
  add: leaders,
  remove: leaders,
  // The owner hands the group over first.
  leave: ['admin', 'member'],
  role: owner,
  mute: leaders,
  'mute-all': leaders,
}

/** Whom somebody may remove or mute. */
const over: Readonly<Record<Role, readonly Role[]>> = { owner: ['admin', 'member'], admin: ['member'], member: [] }

/** @param membersMayAdd the option `groups.membersMayAdd` */
export const mayDo = (role: Role, action: GroupAction, membersMayAdd: boolean): boolean =>
  (action === 'add' && membersMayAdd ? everybody : allowed[action]).includes(role)

/** Whether somebody may remove or mute somebody else. */
export const isOver = (role: Role, other: Role): boolean => over[role].includes(other)
