// Push registrations, and whose devices were not told of everything.
import type { PushReads, PushRegistration } from '@rookery/core'
import { lookedUp } from '../../rows/text.js'
import { textArray } from '../arrays.js'
import { look } from '../look.js'
import { query } from './query.js'
import { maybeText, numberOf, textOf } from './row.js'

export const push = query({
  sql: (
    t,
  ) => `SELECT u.user_id, p.device_id, p.provider, p.app, p.token, p.lang, p.created_at, p.pushed_to, p.pushed_in,
      p.claim
    FROM ${t.user} u ${look('INNER', t.push, 'p', 'person = u.id')} WHERE u.user_id = ANY ($1)`,
  types: ['text[]'],
  values: ({ userIds }: { userIds: readonly string[] }) => [textArray(userIds.map(lookedUp))],
  decode: (rows): readonly PushRegistration[] =>
    rows.map((row) => ({
      userId: textOf(row, 0),
      deviceId: textOf(row, 1),
      provider: textOf(row, 2),
      app: textOf(row, 3),
      token: textOf(row, 4),
      lang: maybeText(row[5]),
      createdAt: numberOf(row, 6),
      pushedTo: numberOf(row, 7),
      pushedIn: maybeText(row[8]),
      claim: maybeText(row[9]),
    })),
})

/** The order is that of the users' numbers. */
export const pushBehind = query({
  sql: (t) => `SELECT u.id, u.user_id, u.head > p.told AND NOT EXISTS (
      SELECT FROM ${t.device} d WHERE d.person = u.id AND d.delivered_from <= p.told AND d.delivered_to >= u.head) AS behind
    FROM (SELECT person, min(pushed_to) AS told FROM ${t.push} WHERE person > $1 GROUP BY person ORDER BY person LIMIT $2) p
    ${look('INNER', t.user, 'u', 'id = p.person')}`,
  types: ['bigint', 'bigint'],
  values: ({ after, limit }: { after: string | null; limit: number }) => [after ?? '-1', String(limit)],
  decode(rows, { limit }): Awaited<ReturnType<PushReads['behind']>> {
    const userIds = rows.filter((row) => row[2] === 't').map((row) => textOf(row, 1))
    return { userIds, next: rows.length < limit ? null : String(Math.max(...rows.map((row) => numberOf(row, 0)))) }
  },
  weight: 8,
})
