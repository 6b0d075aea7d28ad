// Columns of a message and the joins they need, in the order in which `messageOf` takes them. All are text, so that a page
// is lists of texts in one JSON text: the server makes that at little more cost than rows, and reading it costs this
// process half of what reading rows does. Contents travel in it as strings and are never taken apart.
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'

/** Of message `m` in conversation `c`. */
export const messageColumns = `m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id,
  recipient.user_id, coalesce(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to::text, m.mentions, m.flags::text,
  m.client_time::text, m.server_time::text, m.seq::text, m.ordinal::text, m.edited_at::text, m.as_of::text, m.reactions`

export const messageJoins = (t: Tables): string =>
  `${look('LEFT', t.user, 'sender', 'id = m.sender')} ${look('LEFT', t.user, 'recipient', 'id = m.recipient')}`
