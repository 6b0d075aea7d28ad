// Turns a checked request into the change that it asks for. The digest is over the values as received.
import type { ConversationId, RequestOf, Seq } from '@rookery/protocol'
import { requestDigest, type RequestDigest } from '../../model/digest.js'

/** A change of one message. */
export type Asked = {
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly clientMsgId: string | undefined
  readonly digest: RequestDigest
} & (
  | { readonly kind: 'recall' }
  | { readonly kind: 'edit'; readonly content: Record<string, unknown> }
  | { readonly kind: 'reaction'; readonly reaction: string; readonly remove: boolean }
)

export function recallOf({ conversationId, seq, clientMsgId }: RequestOf<'recall'>): Asked {
  const digest = requestDigest('recall', { conversationId, seq })
  return { kind: 'recall', conversationId, seq, clientMsgId, digest }
}

export function editOf({ conversationId, seq, content, clientMsgId }: RequestOf<'edit'>): Asked {
  const digest = requestDigest('edit', { conversationId, seq, content })
  return { kind: 'edit', conversationId, seq, content, clientMsgId, digest }
}

export function reactionOf({ conversationId, seq, reaction, remove = false, clientMsgId }: RequestOf<'react'>): Asked {
  const digest = requestDigest('react', { conversationId, seq, reaction, remove })
  return { kind: 'reaction', conversationId, seq, reaction, remove, clientMsgId, digest }
}
