// Columns of a message and the joins they need, in the order in which `messageOf` takes them.
import type { Tables } from '../../rows/tables.js'

/** Of message `m` in conversation `c`. */
export const messageColumns = `m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id,
  recipient.user_id, coalesce(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to, m.mentions, m.flags,
  m.client_time, m.server_time, m.seq, m.ordinal, m.edited_at, m.as_of, m.reactions`

export const messageJoins = (t: Tables): string =>
  `LEFT JOIN ${t.user} sender ON sender.id = m.sender LEFT JOIN ${t.user} recipient ON recipient.id = m.recipient`
