// A conversation in one member's list: the row that every dialect reads, and the view it becomes.
import type { ConversationKind, ConversationView, ListPosition } from '@rookery/core'
import { maybeMessageOf, type MessageTuple, type NoMessage } from './message.js'

export type ViewTuple = readonly [
  conversationId: string,
  kind: ConversationKind,
  peerId: string | null,
  subject: string,
  name: string | null,
  avatar: string | null,
  ext: string | null,
  lastMessage: MessageTuple | NoMessage,
  seq: number,
  readSeq: number,
  unread: number,
  mentioned: number,
  peerReadSeq: number | null,
  peerDeliveredSeq: number | null,
  pinned: number,
  muted: number,
  hidden: number,
  updatedAt: number,
]

export function viewOf(row: ViewTuple): ConversationView {
  return {
    conversationId: row[0],
    kind: row[1],
    peerId: row[2],
    subject: row[3],
    name: row[4],
    avatar: row[5],
    ext: row[6],
    lastMessage: maybeMessageOf(row[7]),
    seq: row[8],
    readSeq: row[9],
    unread: row[10],
    mentioned: row[11],
    peerReadSeq: row[12],
    peerDeliveredSeq: row[13],
    pinned: row[14] === 1,
    muted: row[15] === 1,
    hidden: row[16] === 1,
    updatedAt: row[17],
  }
}

/** Latest first; ids are ASCII, so that comparing code units compares bytes. */
export function byActivity(a: ListPosition, b: ListPosition): number {
  if (a.updatedAt !== b.updatedAt) return b.updatedAt - a.updatedAt
  if (a.conversationId === b.conversationId) return 0
  return a.conversationId < b.conversationId ? 1 : -1
}
