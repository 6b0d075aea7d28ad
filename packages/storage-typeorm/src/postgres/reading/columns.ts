// Columns of a message and the joins they need, in the order in which `messageAt` takes them.
import type { Tables } from '../../rows/tables.js'
import { look } from '../look.js'

const isIn = (mb: string, seq: string): string =>
  `(${seq} > ${mb}.from_seq AND (${mb}.to_seq IS NULL OR ${seq} <= ${mb}.to_seq)
    OR coalesce(${mb}.earlier::int8multirange @> ${seq}, false))`

/**
 * Not null where somebody changed message `m` of conversation `c` outside the intervals of a membership. The membership
 * row may be missing. Earlier intervals, which are rare, are a multirange of their sequences.
 */
const withheld = (mb: string): string =>
  `CASE WHEN c.kind = 'c2g' AND m.as_of IS NOT NULL AND (${isIn(mb, 'm.as_of')}
    AND (m.edit_seq IS NULL OR ${isIn(mb, 'm.edit_seq')})) IS NOT TRUE THEN 'withheld' END`

/** Values of a row. */
export interface Columns {
  readonly often: readonly string[]
  /** In most rows all of these are null. */
  readonly seldom: readonly string[]
  /** Null where all of those are null. */
  readonly behind: readonly string[]
}

/** Columns of message `m` in conversation `c`, whose sequence is `seq`. */
const messageOften = (seq: string): readonly string[] => [
  ...['m.msg_id', 'm.client_msg_id', 'c.conversation_id', 'c.kind', 'sender.user_id', 'recipient.user_id'],
  ...['coalesce(m.subject, c.subject)', 'm.type', 'm.content', 'm.flags', 'm.server_time', seq, 'm.ordinal'],
]
const messageSeldom = [
  ...['m.ext', 'm.reply_to', 'm.mentions', 'm.client_time', 'm.edited_at', 'm.as_of', 'm.reactions'],
]

export const messageColumns: Columns = { often: messageOften('m.seq'), seldom: messageSeldom, behind: [] }

/** The same for the reader with the membership row `mb`. */
export const messageColumnsFor = (mb: string): Columns => ({
  often: messageOften('m.seq'),
  seldom: messageSeldom,
  behind: [withheld(mb)],
})

/** Columns of entry `i`, which points to `m`, if `m` is still stored. */
export const entryColumns: Columns = {
  often: ['i.seq', 'i.at', 'i.kind', 'i.body', ...messageOften('i.conversation_seq')],
  seldom: messageSeldom,
  behind: [withheld('mb')],
}

export const messageJoins = (t: Tables): string =>
  `${look('LEFT', t.user, 'sender', 'id = m.sender')} ${look('LEFT', t.user, 'recipient', 'id = m.recipient')}`

/** The membership row `mb` of user `u`. The query reads it only where it decides. */
export const readerJoin = (t: Tables): string =>
  look('LEFT', t.member, 'mb', "person = u.id AND conversation = c.id AND c.kind = 'c2g' AND m.as_of IS NOT NULL")
