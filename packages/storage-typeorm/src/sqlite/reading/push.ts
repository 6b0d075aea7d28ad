// Push registrations, and whose devices were not told of everything.
import type { PushReads, PushRegistration } from '@rookery/core'
import { lookedUp } from '../../rows/text.js'
import { onlyText, query } from './query.js'

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

export const push = query<{ userIds: readonly string[] }, PushTuple[], readonly PushRegistration[]>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(u.user_id, p.device_id, p.provider, p.app, p.token, p.lang, p.created_at,
            p.pushed_to, p.pushed_in, p.claim))
          FROM json_each(?) asked CROSS JOIN ${t.user} u ON u.user_id = asked.value
          CROSS JOIN ${t.push} p ON p.user = u.id`,
      )
      .raw()
    return ({ userIds }) => onlyText(find.get([JSON.stringify([...new Set(userIds)].map(lookedUp))]))
  },
  decode: (raw) =>
    raw.map(([userId, deviceId, provider, app, token, lang, createdAt, pushedTo, pushedIn, claim]) => ({
      ...{ userId, deviceId, provider, app, token, lang, createdAt, pushedTo, pushedIn, claim },
    })),
})

type Behind = Awaited<ReturnType<PushReads['behind']>>

export const pushBehind = query<
  { after: string | null; limit: number },
  (readonly [id: number, userId: string, isBehind: number])[],
  Behind
>({
  prepare(db, t) {
    const find = db
      .prepare(
        `SELECT json_group_array(json_array(u.id, u.user_id, u.head > v.told AND NOT EXISTS (
            SELECT 1 FROM ${t.device} d WHERE d.user = u.id AND d.delivered_from <= v.told AND d.delivered_to >= u.head)))
          FROM (SELECT user, min(pushed_to) AS told FROM ${t.push} WHERE user > ? GROUP BY user ORDER BY user LIMIT ?) v
          CROSS JOIN ${t.user} u ON u.id = v.user`,
      )
      .raw()
    return ({ after, limit }) => onlyText(find.get([after === null ? -1 : Number(after), limit]))
  },
  decode: (raw, { limit }) => ({
    userIds: raw.filter(([, , isBehind]) => isBehind === 1).map(([, userId]) => userId),
    next: raw.length < limit ? null : String(Math.max(...raw.map(([id]) => id))),
  }),
})
