// A message on its way out: which columns, in which order, and what they become. Pages are put together as JSON text by
// SQLite, which costs a third of handing over values one by one; contents travel in it as strings, never taken apart.
import type { ConversationKind, StoredMessage } from '@rookery/core'
import { flag } from '../codes.js'
import { unpackMentions } from '../mentions.js'
import type { Tables } from '../tables.js'

/** `json_array` of message `m` in conversation `c`, for `messageOf`. */
export const messageJson = `json_array(m.msg_id, m.client_msg_id, c.conversation_id, c.kind, sender.user_id,
  recipient.user_id, ifnull(m.subject, c.subject), m.type, m.content, m.ext, m.reply_to, m.mentions, m.flags,
  m.client_time, m.server_time, m.seq, m.ordinal, m.edited_at, m.as_of, m.reactions)`

/** Joins that `messageJson` needs beside `m` and `c`. */
export const messageJoins = (t: Tables): string =>
  `LEFT JOIN ${t.user} sender ON sender.id = m.sender LEFT JOIN ${t.user} recipient ON recipient.id = m.recipient`

export type MessageTuple = readonly [
  msgId: string,
  clientMsgId: string,
  conversationId: string,
  kind: ConversationKind,
  from: string | null,
  to: string | null,
  subject: string,
  type: string,
  content: string | null,
  ext: string | null,
  replyTo: number | null,
  mentions: string | null,
  flags: number,
  clientTime: number | null,
  serverTime: number,
  seq: number,
  ordinal: number,
  editedAt: number | null,
  asOf: number | null,
  reactions: string | null,
]

/** What a joined message is where there is none: its columns are null. */
export type NoMessage = readonly [msgId: null, ...rest: unknown[]]

export const maybeMessageOf = (row: MessageTuple | NoMessage): StoredMessage | null =>
  row[0] === null ? null : messageOf(row as MessageTuple)

export function messageOf(row: MessageTuple): StoredMessage {
  const flags = row[12]
  return {
    msgId: row[0],
    clientMsgId: row[1],
    conversationId: row[2],
    kind: row[3],
    from: row[4],
    to: row[5],
    subject: row[6],
    type: row[7],
    content: row[8],
    ext: row[9],
    replyTo: row[10],
    silent: (flags & flag.silent) !== 0,
    mentions: unpackMentions(row[11]),
    viaServer: (flags & flag.viaServer) !== 0,
    countable: (flags & flag.countable) !== 0,
    clientTime: row[13],
    serverTime: row[14],
    seq: row[15],
    ordinal: row[16],
    recalled: (flags & flag.recalled) !== 0,
    editedAt: row[17],
    asOf: row[18],
    reactions: row[19],
  }
}
