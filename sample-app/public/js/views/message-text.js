// The text of a message; types other than `text` are the app's own.

/** @typedef {import('../../../src/chat/message-types.js').Content<'offer'>} OfferContent as the server has checked it */

/** The message in one line. */
export function textOf({ type, content, recalled, expired, withheld }) {
  if (recalled) return 'Message recalled'
  if (withheld) return 'Changed while you were away'
  if (expired || !content) return 'No longer kept'
  if (type === 'offer') return `Offer for ${titleOf(content)}: ${priceOf(content)}`
  return typeof content.text === 'string' ? content.text : `[${type}]`
}

/** @param {OfferContent} offer */
export const titleOf = ({ title }) => title
/** @param {OfferContent} offer */
export const priceOf = ({ price }) => `${price} €`

/** A change of a group in one line; null for changes that the page does not show. @param {any} content */
export function eventOf({ event, by, userIds = [], role, until, changes = {} }) {
  const who = by ?? 'The house'
  const whom = userIds.join(', ')
  switch (event) {
    case 'created':
      return `${who} made the group`
    case 'added':
      return `${who} added ${whom}`
    case 'removed':
      return `${who} removed ${whom}`
    case 'left':
      return `${whom} left`
    case 'role':
      return role === 'owner' ? `${whom} owns the group now` : `${whom} is ${role} now`
    case 'muted':
      return `${who} ${until > 0 ? 'muted' : 'unmuted'} ${whom || 'everybody'}`
    case 'dissolved':
      return `${who} dissolved the group`
    case 'updated':
      if (changes.announcement) return `${who} announced: ${changes.announcement}`
      return changes.name ? `${who} named the group ${changes.name}` : null
    default:
      return null
  }
}
