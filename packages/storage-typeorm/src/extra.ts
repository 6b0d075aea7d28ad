// Options of the driver that have no name among our own options.

/** The remedy for a wrong `extra`; null where it is right. */
export function notExtra(extra: unknown, taken: readonly string[]): string | null {
  if (extra === undefined) return null
  if (typeof extra !== 'object' || extra === null || Array.isArray(extra))
    return "must be an object of the driver's options"
  const strange = Object.keys(extra).find((name) => !taken.includes(name))
  return strange === undefined ? null : `cannot hold ${strange}; it takes ${taken.join(', ')}`
}

/** The host's options that chat takes over; undefined where there is none. */
export function extraOf(extra: unknown, taken: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof extra !== 'object' || extra === null) return undefined
  const found = Object.entries(extra).filter(([name, value]) => taken.includes(name) && value !== undefined)
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
