// Text that a database would not give back. In libsql a NUL cuts it off, and a lone surrogate becomes bytes that are no
// UTF-8, which end the process when they are read; PostgreSQL refuses the one, and its driver alters the other. Such text
// never gets near a driver.

/** What `JSON.stringify` writes for such characters; also found in harmless text that merely spells one. */
const suspicious = /\\u(?:d[89a-f]|0000)/

/** Whether JSON text written by `JSON.stringify` may hold such text. Cheap: one pass over a whole batch. */
export const maySpoil = (json: string): boolean => suspicious.test(json)

export const isKeepable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Whether every string inside a plain value is kept as it is. */
export function isAllKeepable(value: unknown): boolean {
  if (typeof value === 'string') return isKeepable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isAllKeepable)
}

/** An id to look up: one that cannot have been stored is looked up as the empty one, which nobody has. */
export const lookedUp = (id: string): string => (isKeepable(id) ? id : '')
