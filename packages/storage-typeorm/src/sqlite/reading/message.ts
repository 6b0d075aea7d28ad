// A message on its way out: which columns, in which order, and what they become. Pages are put together as JSON text by
// SQLite, which costs a third of handing over values one by one; contents travel in it as strings, never taken apart.
import type { Tables } from '../../rows/tables.js'

/** `json_array` of message `m` in conversation `c`, for `messageOf`. */
export const messageJson = `json_array(m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id,
  recipient.user_id, ifnull(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to, m.mentions, m.flags,
  m.client_time, m.server_time, m.seq, m.ordinal, m.edited_at, m.as_of, m.reactions)`

/** Joins that `messageJson` needs beside `m` and `c`. */
export const messageJoins = (t: Tables): string =>
  `LEFT JOIN ${t.user} sender ON sender.id = m.sender LEFT JOIN ${t.user} recipient ON recipient.id = m.recipient`
