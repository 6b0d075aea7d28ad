// Contacts, and the organisation as a tree.
import { byId, make, showList } from '../dom.js'

/** @param {readonly string[]} contacts */
export function showContacts(contacts) {
  byId('no-contacts').hidden = contacts.length > 0
  showList(byId('contacts'), contacts, String, (userId) =>
    make(
      'li',
      {},
      button({ chat: userId }, userId, `Chat with ${userId}`, 'name'),
      button({ remove: userId }, 'Remove', `Remove ${userId} from the contacts`),
    ),
  )
}

/** @param {readonly import('../api.js').Department[]} departments @param {ReadonlySet<string>} contacts @param {string} me */
export function showOrganisation(departments, contacts, me) {
  byId('no-organisation').hidden = departments.length > 0
  const tree = byId('organisation')
  // The user decides which branches are open.
  const closed = new Set([...tree.querySelectorAll('details:not([open])')].map((one) => one.dataset.department))
  showList(
    tree,
    departments,
    ({ departmentId }) => departmentId,
    (one) => branch(one, contacts, me, closed),
  )
}

/** @param {import('../api.js').Department} department */
function branch({ departmentId, name, groupId, people, departments }, contacts, me, closed) {
  const isIn = people.includes(me)
  const rows = people.map((userId) =>
    make(
      'li',
      {},
      userId === me
        ? make('span', { className: 'name' }, `${userId} (you)`)
        : button({ chat: userId }, userId, `Chat with ${userId}`, 'name'),
      userId === me || contacts.has(userId) ? null : button({ add: userId }, '+', `Add ${userId} to the contacts`),
    ),
  )
  const below = departments.map((one) => branch(one, contacts, me, closed))
  const details = make(
    'details',
    { open: !closed.has(departmentId) },
    make('summary', {}, `${name} (${people.length})`),
    isIn ? button({ group: groupId }, 'Group of the department', `Group of ${name}`) : null,
    make('ul', { className: 'people' }, ...rows, ...below),
  )
  details.dataset.department = departmentId
  return make('li', { className: 'branch' }, details)
}

/** @param {Record<string, string>} data @param {string} text @param {string} ariaLabel */
function button(data, text, ariaLabel, className = '') {
  const made = make('button', { className: `quiet ${className}`, ariaLabel }, text)
  Object.assign(made.dataset, data)
  return made
}
