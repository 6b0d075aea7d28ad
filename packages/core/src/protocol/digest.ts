// Hashes: of a message as received, and of whom a 1:1 conversation joins.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ConversationId, JsonText, UserId } from '../model/ids.js'

// Each part is preceded by its length, so that no two lists of parts give one text.
function textOf(parts: readonly string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return text
}

const hashOf = (text: string): string => hash('sha256', text, 'base64url')

const sha256 = (parts: readonly string[]): string => hashOf(textOf(parts))

/** The latest ids of conversations: most messages go where another one went a moment before. */
const c2cIds = new LRUCache<string, ConversationId>({ max: 10_000 })

/** The digest of a send: what tells a repeat of it from another message under the same key. */
export const sendDigest = (
  to: string,
  subject: string,
  type: string,
  content: JsonText,
  mentions: readonly string[] | null,
): string => sha256([to, subject, type, content, mentions === null ? '' : JSON.stringify(mentions)])

/** The digest of any other request that carries a key. */
export const requestDigest = (event: string, request: object): string => sha256([event, JSON.stringify(request)])

/** The id of the one conversation that two users have under a subject, whoever begins it. */
export function c2cId(a: UserId, b: UserId, subject: string): ConversationId {
  const text = textOf(a < b ? [a, b, subject] : [b, a, subject])
  const known = c2cIds.get(text)
  if (known !== undefined) return known
  const id = `p_${hashOf(text)}`
  c2cIds.set(text, id)
  return id
}

/** What is kept of a token: enough to find the sessions that go under it. */
export const tokenDigest = (token: string): string => sha256([token]).slice(0, 22)
