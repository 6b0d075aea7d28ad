// The open group: its members, and what this user may do there. The server decides; the page only offers what the
// server would allow.
import { byId, make, showList } from '../dom.js'

/** @typedef {import('../store.js').Member} Member */

/** Whom each role may remove and mute. @type {Record<Member['role'], Member['role'][]>} */
const isOver = { owner: ['admin', 'member'], admin: ['member'], member: [] }

/** @param {import('../store.js').OpenChat} chat @param {string} userId @param {boolean} hasMore */
export function showGroup({ group, members }, userId, hasMore) {
  const leads = group.role !== 'member'
  byId('group-title').textContent = group.name
  byId('group-facts').textContent = `${group.memberCount} members. You are ${group.role}.`
  byId('group-form').hidden = !leads
  byId('member-form').hidden = !leads
  const isMuted = (group.mutedUntil ?? 0) > Date.now()
  byId('group-mute').setAttribute('aria-pressed', String(isMuted))
  byId('group-mute').textContent = isMuted ? 'Let everybody write' : 'Mute everybody'
  byId('group-leave').hidden = group.role === 'owner'
  byId('group-dissolve').hidden = group.role !== 'owner'
  byId('more-members').hidden = !hasMore
  showList(
    byId('members'),
    members,
    (member) => member.userId,
    (member) => row(member, group.role, userId),
  )
}

/** @param {Member} member @param {Member['role']} mine @param {string} userId */
function row({ userId: who, role, mutedUntil = 0 }, mine, userId) {
  const isMuted = mutedUntil > Date.now()
  const facts = [role, isMuted && 'muted', who === userId && 'you'].filter(Boolean).join(', ')
  const offered = [
    ...(mine === 'owner' && role === 'member' ? [['admin', 'Make admin']] : []),
    ...(mine === 'owner' && role === 'admin' ? [['member', 'Make member']] : []),
    ...(mine === 'owner' && role !== 'owner' ? [['owner', 'Make owner']] : []),
    ...(isOver[mine].includes(role)
      ? [isMuted ? ['unmute', 'Unmute'] : ['mute', 'Mute 1 h'], ['remove', 'Remove']]
      : []),
  ]
  return make(
    'li',
    {},
    make('span', { className: 'name' }, who),
    make('span', { className: 'facts' }, facts),
    make('span', { className: 'offered' }, ...offered.map(([act, label]) => button(act, label, who))),
  )
}

function button(act, label, who) {
  const made = make('button', { className: 'quiet', ariaLabel: `${label}: ${who}` }, label)
  Object.assign(made.dataset, { act, who })
  return made
}
