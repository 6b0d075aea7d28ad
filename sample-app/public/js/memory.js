// What this browser keeps between visits.
import { randomId } from './ids.js'

/**
 * @typedef {{ userId: string, token: string }} Account
 * @typedef {object} Position this device's position in its user's inbox
 * @property {number} seq
 * @property {number} [at]
 * @property {string} epoch
 * @property {Record<string, number>} timelines its positions in the timelines of large groups
 */

/** @param {Storage} storage @param {string} key */
const read = (storage, key) => JSON.parse(storage.getItem(key) ?? 'null')

/** @param {Storage} storage @param {string} key @param {unknown} value null removes it */
const write = (storage, key, value) =>
  value === null ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(value))

/** @param {Storage} storage @param {string} key */
function once(storage, key) {
  const id = read(storage, key) ?? randomId()
  write(storage, key, id)
  return id
}

/** The id of this browser, the same over all visits. @returns {string} */
export const deviceId = () => once(localStorage, 'device')
/** A user has one session of each type: a small touch screen is a phone. @returns {string} */
export const deviceType = () => (matchMedia('(pointer: coarse) and (max-width: 48rem)').matches ? 'phone' : 'web')
/** The id of this tab, the same over reloads. @returns {string} */
export const instance = () => once(sessionStorage, 'instance')

// Each tab has its own account, so that one person can be two users in two tabs of one browser.
/** @returns {Account | null} */
export const loadAccount = () => read(sessionStorage, 'account')
/** @param {Account | null} account */
export const saveAccount = (account) => write(sessionStorage, 'account', account)

/** @param {string} userId @returns {Position | null} */
export const loadPosition = (userId) => read(localStorage, `position:${userId}`)
/** @param {string} userId @param {Position} position */
export const savePosition = (userId, position) => write(localStorage, `position:${userId}`, position)

/** @param {string} userId @returns {import('./outbox.js').Item[]} */
export const loadOutbox = (userId) => read(localStorage, `outbox:${userId}`) ?? []
/** @param {string} userId @param {import('./outbox.js').Item[]} items */
export const saveOutbox = (userId, items) => write(localStorage, `outbox:${userId}`, items)
