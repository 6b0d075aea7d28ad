// How a read returns a message: the columns and their order. SQLite builds each page as JSON text, which costs a third
// of returning single values. The content of a message stays a string in it, and is never parsed.
import type { Tables } from '../../rows/tables.js'

/** `json_array` of message `m` in conversation `c`, for `messageOf`. */
export const messageJson = `json_array(m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id,
  recipient.user_id, ifnull(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to, m.mentions, m.flags,
  m.client_time, m.server_time, m.seq, m.ordinal, m.edited_at, m.as_of, m.reactions)`

/** Joins that `messageJson` needs beside `m` and `c`. */
export const messageJoins = (t: Tables): string =>
  `LEFT JOIN ${t.user} sender ON sender.id = m.sender LEFT JOIN ${t.user} recipient ON recipient.id = m.recipient`
