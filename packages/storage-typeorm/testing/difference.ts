// Finds where two values differ.

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 300)

/**
 * The first difference from the expected value, in a line; null where there is none. A field that is undefined counts
 * as missing.
 */
export function difference(found: unknown, expected: unknown, where = ''): string | null {
  if (Object.is(found, expected)) return null
  if (!isObject(found) || !isObject(expected) || Array.isArray(found) !== Array.isArray(expected))
    return `${where || 'it'} is ${shown(found)} in place of ${shown(expected)}`
  if (Array.isArray(found) && Array.isArray(expected) && found.length !== expected.length)
    return `${where || 'it'} has ${found.length} items in place of ${expected.length}: ${shown(found)} in place of ${shown(expected)}`
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const inside = Array.isArray(expected) ? `${where}[${name}]` : where === '' ? name : `${where}.${name}`
    const here = difference(found[name], expected[name], inside)
    if (here !== null) return here
  }
  return null
}
