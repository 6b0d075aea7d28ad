// Columns of a message and the joins they need, in the order in which `messageOf` takes them. All are text, so that a page
// is lists of texts in one JSON text: the server makes that at little more cost than rows, and reading it costs this
// process half of what reading rows does. Contents travel in it as strings and are never taken apart.
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'

/** Of message `m` in conversation `c`; `messageAt` reads them with what stands behind: whether it is withheld. */
export const messageColumns = `m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id,
  recipient.user_id, coalesce(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to::text, m.mentions, m.flags::text,
  m.client_time::text, m.server_time::text, m.seq::text, m.ordinal::text, m.edited_at::text, m.as_of::text, m.reactions`

export const messageJoins = (t: Tables): string =>
  `${look('LEFT', t.user, 'sender', 'id = m.sender')} ${look('LEFT', t.user, 'recipient', 'id = m.recipient')}`

/**
 * Whether message `m` of conversation `c` was changed outside the intervals of a membership row, which may be absent.
 * Earlier intervals, which are rare, are a multirange of what was sequenced in them.
 */
export const withheld = (mb: string): string =>
  `(c.kind = 'c2g' AND m.as_of IS NOT NULL AND (${isIn(mb, 'm.as_of')}
    AND (m.edit_seq IS NULL OR ${isIn(mb, 'm.edit_seq')})) IS NOT TRUE)::text`

const isIn = (mb: string, seq: string): string =>
  `(${seq} > ${mb}.from_seq AND (${mb}.to_seq IS NULL OR ${seq} <= ${mb}.to_seq)
    OR coalesce(${mb}.earlier::int8multirange @> ${seq}, false))`

/** The membership row `mb` of user `u`, looked at only where it decides. */
export const readerJoin = (t: Tables): string =>
  look('LEFT', t.member, 'mb', "person = u.id AND conversation = c.id AND c.kind = 'c2g' AND m.as_of IS NOT NULL")
