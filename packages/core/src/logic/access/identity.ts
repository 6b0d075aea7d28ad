// Checks whether the value from the host's `authenticate` can be an identity. A fault names types and never values,
// because a wrong value may be a secret.
import type { Identity } from '../../ports/host.js'

const userIdForm = /^[!-~]{1,128}$/

/** These are in 1973 and in 5138. A number outside is in seconds, microseconds or nanoseconds, or is no time at all. */
const earliestMs = 100_000_000_000
const latestMs = 100_000_000_000_000

/** What is wrong with the value, with the remedy; null where nothing is. */
export function identityFault(given: unknown): string | null {
  if (typeof given !== 'object' || given === null)
    return `it returned ${typeOf(given)}: return { userId }, or null where the token is not valid`
  try {
    const { userId, expiresAt } = given as Readonly<Record<keyof Identity, unknown>>
    return userIdFault(userId) ?? expiryFault(expiresAt)
  } catch {
    return 'it returned an object that cannot be read: return a plain object'
  }
}

function userIdFault(userId: unknown): string | null {
  if (typeof userId === 'number' || typeof userId === 'bigint')
    return `userId is ${typeOf(userId)}: ids are strings, give String(user.id)`
  if (typeof userId !== 'string') return `userId is ${typeOf(userId)}: give a string`
  if (userIdForm.test(userId)) return null
  return `userId is a string of ${userId.length} characters that cannot be an id: give 1 to 128 printable ASCII characters without the space`
}

function expiryFault(expiresAt: unknown): string | null {
  if (expiresAt === undefined || expiresAt === null) return null
  const remedy = 'give Unix milliseconds as a whole number, or leave it out where the token does not expire'
  if (Object.prototype.toString.call(expiresAt) === '[object Date]') return 'expiresAt is a Date: give date.getTime()'
  if (typeof expiresAt !== 'number') return `expiresAt is ${typeOf(expiresAt)}: ${remedy}`
  if (!Number.isSafeInteger(expiresAt)) return `expiresAt is ${expiresAt}, no whole number: ${remedy}`
  if (expiresAt < earliestMs) return `expiresAt is ${expiresAt}, which looks like seconds: give exp * 1000`
  return expiresAt <= latestMs ? null : `expiresAt is ${expiresAt}, which is more than milliseconds: ${remedy}`
}

/** The type of a value for people: `a number`, `undefined`. */
function typeOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'number' && Number.isNaN(value)) return 'NaN'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
