// A membership as a row holds it, and what lists of members have in common.
import type { Membership } from '@rookery/core'
import { roleOf } from '../../rows/codes.js'
import { maybeNumber, numberOf, textOf, type Row } from './row.js'

/** Columns of membership `mb` of user `u`. */
export const membershipColumns = 'u.user_id, mb.role, mb.joined_at, mb.muted_until, mb.from_seq, mb.to_seq'

export const membershipAt = (row: Row, at: number): Membership => ({
  userId: textOf(row, at),
  role: roleOf(numberOf(row, at + 1)),
  joinedAt: numberOf(row, at + 2),
  mutedUntil: maybeNumber(row[at + 3]) ?? 0,
  from: numberOf(row, at + 4),
  to: maybeNumber(row[at + 5]),
})

/** Ids are ASCII, so that comparing code units compares bytes. */
export const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
