// The JSON that may come in: values that every database, driver and client gives back unchanged.

/** Deeper values are refused, because they break encoders later. */
export const depthMax = 32

/** A place in a value, and what is wrong there. */
export interface JsonFault {
  readonly path: readonly (string | number)[]
  readonly reason: string
}

/**
 * Why a decoded value is not acceptable JSON; null where it is.
 * Refuses what JSON text cannot carry unchanged through every storage: NUL, lone surrogates, unsafe integers, non-finite
 * numbers, binary, and nesting over {@link depthMax}.
 */
export function jsonFault(value: unknown, depth = 0): JsonFault | null {
  switch (typeof value) {
    case 'string':
      return textFault(value)
    case 'number':
      if (!Number.isFinite(value)) return { path: [], reason: 'is not a finite number' }
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) return { path: [], reason: 'is an unsafe integer' }
      return null
    case 'boolean':
      return null
    case 'object':
      break
    default:
      return { path: [], reason: 'is not a JSON value' }
  }
  if (value === null) return null
  if (depth >= depthMax) return { path: [], reason: `is nested deeper than ${depthMax}` }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const fault = jsonFault(value[i], depth + 1)
      if (fault !== null) return { path: [i, ...fault.path], reason: fault.reason }
    }
    return null
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return { path: [], reason: 'is not a JSON value' }
  for (const key of Object.keys(value)) {
    const fault = textFault(key) ?? jsonFault((value as Record<string, unknown>)[key], depth + 1)
    if (fault !== null) return { path: [key, ...fault.path], reason: fault.reason }
  }
  return null
}

function textFault(text: string): JsonFault | null {
  if (text.includes('\0')) return { path: [], reason: 'contains NUL' }
  if (!text.isWellFormed()) return { path: [], reason: 'contains a lone surrogate' }
  return null
}

/** Whether a value has the form of `content` and `ext`. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
