// Checks keys: each refers to a stored message, or holds its answer itself.
import type { Dialect } from './dialect.js'
import type { Unit } from './findings.js'

type Key = [person: number, clientMsgId: string, userId: string | null, isAnswered: number]

/** `[user, clientMsgId]` of the last one seen. */
export const keyUnit = (d: Dialect): Unit => {
  const { tables: t, person } = d
  const sql = `SELECT k.${person}, k.client_msg_id, u.user_id,
      CASE WHEN k.at IS NOT NULL OR m.seq IS NOT NULL THEN 1 ELSE 0 END
    FROM (SELECT * FROM ${t.key} WHERE (${person}, client_msg_id) > (?, ?)
      ORDER BY ${person}, client_msg_id LIMIT ?) k
    LEFT JOIN ${t.user} u ON u.id = k.${person}
    LEFT JOIN ${t.message} m ON ${d.standsFor('k', 'm')}
    ORDER BY k.${person}, k.client_msg_id`
  return async (rows, [user, clientMsgId], most) => {
    const keys = await rows.all<Key>(sql, [user, clientMsgId ?? '', most])
    const found = keys
      .filter(([, , , isAnswered]) => isAnswered === 0)
      .map(([owner, name, userId]) => ({
        kind: 'key' as const,
        id: userId === null ? name : `${userId} ${name}`,
        field: 'message',
        stored: null,
        computed: null,
        // The answer of such a key is gone, so the key is of no use.
        fixes: [[`DELETE FROM ${t.key} WHERE ${person} = ? AND client_msg_id = ?`, [owner, name]]] as const,
      }))
    const last = keys.at(-1)
    const next = last !== undefined && keys.length === most ? ([last[0], last[1]] as const) : null
    return { found, counters: [], checked: keys.length, next }
  }
}
