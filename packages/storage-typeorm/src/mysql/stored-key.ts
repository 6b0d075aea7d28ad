// What is stored under a key: the key's row, with the message where it belongs to one.
import type { StoredKey } from '@rookery/core'
import type { Row } from './link.js'
import { asText, type Sql } from './sql.js'

/** Columns for `storedKeyOf`, of key `k` and what `keyJoins` joins to it. */
export const keyColumns = `COALESCE(m.digest, k.digest), COALESCE(m.msg_id, k.msg_id), ${asText('c.conversation_id')},
  k.seq, COALESCE(m.server_time, k.at)`

export const keyJoins = ({ t }: Sql): string => `
  LEFT JOIN ${t.message} m ON m.conversation = k.conversation AND m.seq = k.seq
  LEFT JOIN ${t.conversation} c ON c.id = k.conversation`

export function storedKeyOf(row: Row): StoredKey {
  const [digest, msgId, conversationId, seq, serverTime] = row as [
    string,
    string | null,
    string | null,
    number | null,
    number,
  ]
  return { digest, msgId: msgId ?? '', conversationId: conversationId ?? '', seq: seq ?? 0, serverTime }
}
