// Declarations for numbers, which most options of core are.
import * as z from '@rookery/protocol/schemas'
import { checkedBy, type Option, whole } from './declare.js'

const noCount = 'is not a whole number from 1: leave it out for the default'
const neither = `${noCount}, or give 'off' for no limit`

export const count = whole(1, Number.MAX_SAFE_INTEGER, noCount)

/** A whole number, or `off`. */
export const countOrOff = offFrom(1, neither)

/** A whole number from `least`, or `off`; `tooSmall` is the fault for a smaller number. */
export function offFrom(least: number, tooSmall: string): Option<number | 'off'> {
  return checkedBy(() =>
    z.union([z.literal('off'), z.int()], { error: neither }).check(
      z.refine((value) => value === 'off' || value >= least, {
        error: ({ input }) => (Number(input) < 1 ? neither : tooSmall),
      }),
    ),
  )
}
