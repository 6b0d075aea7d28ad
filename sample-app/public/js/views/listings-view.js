// The list of cars for sale.
import { byId, make, showList } from '../dom.js'

/** @param {readonly import('../api.js').Listing[]} listings @param {string} userId */
export function showListings(listings, userId) {
  byId('no-listings').hidden = listings.length > 0
  showList(
    byId('listings'),
    listings,
    ({ listingId }) => listingId,
    (listing) => row(listing, userId),
  )
}

/** @param {import('../api.js').Listing} listing @param {string} userId */
function row({ listingId, seller, title, price }, userId) {
  const facts = make('span', { className: 'facts' }, `${price} €, ${seller === userId ? 'yours' : seller}`)
  const item = make('li', {}, make('span', { className: 'title' }, title), facts)
  if (seller === userId) return item
  const button = make('button', { className: 'quiet', ariaLabel: `Make an offer for ${title}` }, 'Make an offer')
  button.dataset.listing = listingId
  item.append(button)
  return item
}
