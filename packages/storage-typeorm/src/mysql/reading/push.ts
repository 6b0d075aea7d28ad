// Push registrations, and whose devices were not told of everything.
import type { PushReads, PushRegistration } from '@rookery/core'
import { asText } from '../sql.js'
import { query } from './query.js'
import { atLeastOne } from './timelines.js'

type PushTuple = readonly [
  userId: string,
  deviceId: string,
  provider: string,
  app: string,
  token: string,
  lang: string | null,
  createdAt: number,
  pushedTo: number,
  pushedIn: string | null,
  claim: string | null,
]

export const push = query<{ userIds: readonly string[] }, readonly PushRegistration[]>({
  text: (sql, { userIds }) => `
    SELECT ${asText('u.user_id')}, ${asText('p.device_id')}, ${asText('p.provider')}, ${asText('p.app')}, p.token, p.lang,
      p.created_at, p.pushed_to, p.pushed_in, p.claim
    FROM ${sql.t.user} u FORCE INDEX (by_id)
    STRAIGHT_JOIN ${sql.t.push} p FORCE INDEX (PRIMARY) ON p.person = u.id
    WHERE u.user_id IN ${sql.list(atLeastOne(userIds))}`,
  decode: (rows) =>
    rows.map((row) => {
      const [userId, deviceId, provider, app, token, lang, createdAt, pushedTo, pushedIn, claim] =
        row as unknown as PushTuple
      return { userId, deviceId, provider, app, token, lang, createdAt, pushedTo, pushedIn, claim }
    }),
})

/** The order is that of the users' numbers. */
export const pushBehind = query<{ after: string | null; limit: number }, Awaited<ReturnType<PushReads['behind']>>>({
  text: (sql, { after, limit }) => `
    SELECT u.id, ${asText('u.user_id')}, u.head > p.told AND NOT EXISTS (
      SELECT 1 FROM ${sql.t.device} d
      WHERE d.person = u.id AND d.delivered_from <= p.told AND d.delivered_to >= u.head)
    FROM (SELECT person, MIN(pushed_to) AS told FROM ${sql.t.push} FORCE INDEX (PRIMARY)
      WHERE person > ${sql.int(after === null ? -1 : Number(after))} GROUP BY person ORDER BY person
      LIMIT ${sql.int(limit)}) p
    STRAIGHT_JOIN ${sql.t.user} u ON u.id = p.person`,
  decode: (rows, { limit }) => ({
    userIds: rows.filter((row) => row[2] === 1).map((row) => row[1] as string),
    next: rows.length < limit ? null : String(Math.max(...rows.map((row) => row[0] as number))),
  }),
})
