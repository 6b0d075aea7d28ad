// The canonical text of a JSON value: it does not depend on the order of the keys.

/**
 * The canonical text of clean JSON: as `JSON.stringify` writes it, with the keys of every object in ascending order.
 * @param text what `JSON.stringify` writes for the value, if the caller has it. It is used as it is if the keys are in
 *   order, as in most values
 */
export function canonicalJson(value: unknown, text?: string): string {
  return isInOrder(value) ? (text ?? JSON.stringify(value)) : written(value)
}

function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isInOrder)
  let before: string | null = null
  for (const key of Object.keys(value)) {
    if (before !== null && key < before) return false
    if (!isInOrder((value as Record<string, unknown>)[key])) return false
    before = key
  }
  return true
}

function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  const fields: string[] = []
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key]
    if (item !== undefined) fields.push(`${JSON.stringify(key)}:${written(item)}`)
  }
  return `{${fields.join(',')}}`
}
