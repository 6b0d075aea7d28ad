// Options of the driver that have no name among our own options.
import { option } from '@rookery/core'

/** Declares `extra`, which takes only the options of the driver in `taken`. */
export const extraFrom = (
  taken: readonly string[],
): option.Option<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>> | undefined> =>
  option.optional(
    option.passing(
      (value) => isObject(value) && strangeIn(value, taken) === undefined,
      (value) =>
        isObject(value)
          ? `cannot hold ${strangeIn(value, taken)}; it takes ${taken.join(', ')}`
          : "must be an object of the driver's options",
    ),
  )

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const strangeIn = (extra: object, taken: readonly string[]): string | undefined =>
  Object.keys(extra).find((name) => !taken.includes(name))

/** The host's options that chat takes over; undefined where there is none. */
export function extraOf(extra: unknown, taken: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof extra !== 'object' || extra === null) return undefined
  const found = Object.entries(extra).filter(([name, value]) => taken.includes(name) && value !== undefined)
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
