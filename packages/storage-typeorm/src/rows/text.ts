// Text that a database would not return unchanged. libsql cuts text off at a NUL, and writes a lone surrogate as bytes
// that are not UTF-8, which end the process when it reads them. PostgreSQL refuses a NUL, and its driver replaces a
// lone surrogate. The storage refuses such text before it reaches a driver.

/** What `JSON.stringify` writes for such characters. It also matches harmless text that spells such an escape. */
const suspicious = /\\u(?:d[89a-f]|0000)/

/**
 * Whether JSON text written by `JSON.stringify` may hold such text. The check is cheap: one pass over a whole batch.
 */
export const maySpoil = (json: string): boolean => suspicious.test(json)

export const isKeepable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Whether the database returns every string inside a plain value unchanged. */
export function isAllKeepable(value: unknown): boolean {
  if (typeof value === 'string') return isKeepable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isAllKeepable)
}

/** An id to look up. Where the database cannot have stored the id, this is the empty id, which nobody has. */
export const lookedUp = (id: string): string => (isKeepable(id) ? id : '')
