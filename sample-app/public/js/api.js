// The app's HTTP interface. Every call throws an Error with a line for the person where it is refused.

/** @typedef {{ listingId: string, seller: string, title: string, price: number, views: number }} Listing price in whole euros */

/**
 * @param {'login' | 'register'} action
 * @param {{ username: string, password: string }} credentials
 * @returns {Promise<import('./memory.js').Account>}
 */
export const enter = (action, credentials) => call('POST', `/auth/${action}`, { body: credentials })

/** The token is good no more. @param {string} token @returns {Promise<void>} */
export const revoke = (token) => call('POST', '/auth/logout', { token })

/** The newest first. @returns {Promise<Listing[]>} */
export const newestListings = () => call('GET', '/listings')

/** @param {string} token @param {{ title: string, price: number }} listing @returns {Promise<Listing>} */
export const sell = (token, listing) => call('POST', '/listings', { token, body: listing })

/** The seller is told in chat. @param {string} token @param {{ listingId: string, price: number }} offer */
export const makeOffer = (token, offer) => call('POST', '/offers', { token, body: offer })

/** @param {string} method @param {string} path @param {{ token?: string, body?: object }} request */
async function call(method, path, { token, body } = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answer = response.status === 204 ? undefined : await response.json()
  if (response.ok) return answer
  throw new Error([answer.message].flat().join('; '))
}
