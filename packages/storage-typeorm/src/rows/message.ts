// A message: the row that every dialect reads, value by value, and the message it becomes.
import type { ConversationKind, StoredMessage } from '@rookery/core'
import { flag } from './codes.js'
import { unpackMentions } from './mentions.js'

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

/** A row in which no message was joined: its columns are null. */
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
    withheld: false,
  }
}
