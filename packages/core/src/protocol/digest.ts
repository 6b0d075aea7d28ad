// Hashes: of a message as received, and of whom a 1:1 conversation joins.
import { hash } from 'node:crypto'
import type { ConversationId, JsonText, UserId } from '../model/ids.js'

// Each part is preceded by its length, so that no two lists of parts give one text.
function sha256(parts: readonly string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return hash('sha256', text, 'base64url')
}

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
export const c2cId = (a: UserId, b: UserId, subject: string): ConversationId =>
  `p_${sha256(a < b ? [a, b, subject] : [b, a, subject])}`

/** What is kept of a token: enough to find the sessions that go under it. */
export const tokenDigest = (token: string): string => sha256([token]).slice(0, 22)
