// The app's HTTP interface. Every call throws an Error with a line for the user if the server refuses it.

/** @typedef {{ listingId: string, seller: string, title: string, price: number, views: number }} Listing price in whole euros */
/**
 * @typedef {object} Department
 * @property {string} departmentId
 * @property {string} name
 * @property {string} groupId the group of its employees
 * @property {string[]} people user ids
 * @property {Department[]} departments
 */

/**
 * @param {'login' | 'register'} action
 * @param {{ username: string, password: string }} credentials
 * @returns {Promise<import('./memory.js').Account>}
 */
export const enter = (action, credentials) => call('POST', `/auth/${action}`, { body: credentials })

/** Ends the token. @param {string} token @returns {Promise<void>} */
export const revoke = (token) => call('POST', '/auth/logout', { token })

/** The newest first. @returns {Promise<Listing[]>} */
export const newestListings = () => call('GET', '/listings')

/** @param {string} token @param {{ title: string, price: number }} listing @returns {Promise<Listing>} */
export const sell = (token, listing) => call('POST', '/listings', { token, body: listing })

/** The app tells the seller in chat. @param {string} token @param {{ listingId: string, price: number }} offer */
export const makeOffer = (token, offer) => call('POST', '/offers', { token, body: offer })

/** @param {string} token @returns {Promise<{ userId: string }[]>} */
export const contactsOf = (token) => call('GET', '/contacts', { token })

/** The app tells all devices in chat. @param {string} token @param {string} userId */
export const addContact = (token, userId) => call('POST', '/contacts', { token, body: { userId } })

/** Like `addContact`. @param {string} token @param {string} userId */
export const removeContact = (token, userId) => call('DELETE', `/contacts/${encodeURIComponent(userId)}`, { token })

/** @param {string} token @returns {Promise<Department[]>} */
export const organisationOf = (token) => call('GET', '/organisation', { token })

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
