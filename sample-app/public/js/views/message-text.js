// What a message says, in words; types other than text are the app's own.

/** @typedef {import('../../../src/chat/message-types.js').Content<'offer'>} OfferContent as the server has checked it */

/** In one line. */
export function textOf({ type, content, recalled, expired }) {
  if (recalled) return 'Message recalled'
  if (expired || !content) return 'No longer kept'
  if (type === 'offer') return `Offer for ${titleOf(content)}: ${priceOf(content)}`
  return typeof content.text === 'string' ? content.text : `[${type}]`
}

/** @param {OfferContent} offer */
export const titleOf = ({ title }) => title
/** @param {OfferContent} offer */
export const priceOf = ({ price }) => `${price} €`
