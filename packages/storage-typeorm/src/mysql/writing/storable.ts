// Finds values that the server would not return unchanged, before they reach it: a lone surrogate, which the driver
// replaces, a NUL, which the other dialects cannot store either, and numbers that a column would round.
import type { StorageOp } from '@rookery/core'
import { isKeepable } from '../../rows/text.js'

const spoiltText = 'its text holds a NUL or a lone surrogate, which the database cannot keep'
const spoiltNumber = 'one of its numbers is not a whole number that the database can keep'
const spoiltMention = 'a mentioned id contains a line end'
const tooLarge = 'it is larger than what max_allowed_packet lets through: set that higher'

/** Why an operation cannot be stored; null where it can. `unitsMax` limits all of its text, in code units. */
export function whyUnstorable(op: StorageOp, unitsMax: number): string | null {
  const seen = { units: 0 }
  const reason = whyValue(op, seen)
  if (reason !== null) return reason
  // Above this limit the server would end the connection.
  if (seen.units > unitsMax) return tooLarge
  return 'message' in op && op.message.mentions?.some((id) => id.includes('\n')) === true ? spoiltMention : null
}

function whyValue(value: unknown, seen: { units: number }): string | null {
  switch (typeof value) {
    case 'string':
      seen.units += value.length
      return isKeepable(value) ? null : spoiltText
    case 'number':
      return Number.isSafeInteger(value) ? null : spoiltNumber
    case 'object':
      if (value === null) return null
      for (const one of Object.values(value) as unknown[]) {
        const reason = whyValue(one, seen)
        if (reason !== null) return reason
      }
  }
  return null
}
