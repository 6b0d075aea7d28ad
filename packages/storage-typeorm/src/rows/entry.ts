// An inbox entry: the row that every dialect reads, and the entry it becomes.
import type { StoredEntry } from '@rookery/core'
import { factKindOf } from './codes.js'
import { maybeMessageOf, type MessageTuple, type NoMessage } from './message.js'

export type EntryTuple = readonly [
  seq: number,
  at: number,
  kind: number,
  body: string | null,
  conversationId: string | null,
  conversationSeq: number | null,
  message: MessageTuple | NoMessage,
]

export function entryOf([seq, at, kind, body, conversationId, conversationSeq, message]: EntryTuple): StoredEntry {
  const fact = factKindOf(kind)
  if (fact !== null) return { seq, at, kind: fact, body: body ?? '{}' }
  if (conversationId === null || conversationSeq === null) throw new Error(`inbox entry ${seq} points nowhere`)
  return { seq, at, kind: 'message', conversationId, conversationSeq, message: maybeMessageOf(message) }
}
