// Hashes: of a message as received, and of whom a 1:1 conversation joins.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ConversationId, JsonText, UserId } from '@rookery/protocol'
import { canonicalJson } from './canonical.js'

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

/** What stands before the hash of a digest of today: it is of the value, whatever the order of the keys in its JSON. */
const version = '2:'

// The first version had no mark, and was of the text: the order of the keys counted.
export const isFirstVersion = (stored: string): boolean => !stored.startsWith(version)

/** What is digested of a send, as received. */
export interface Received {
  /** The user or the conversation. */
  readonly to: string
  readonly subject: string
  readonly type: string
  /** As `JSON.stringify` writes it. */
  readonly content: JsonText
  /** Null where nobody is mentioned. */
  readonly mentions: readonly string[] | null
}

const sendText = ({ to, subject, type, mentions }: Received, content: JsonText): string =>
  textOf([to, subject, type, content, mentions === null ? '' : JSON.stringify(mentions)])

/**
 * The digest of a send: what tells a repeat of it from another message under the same key.
 * @param content the value of which the text was written
 */
export const sendDigest = (received: Received, content: Readonly<Record<string, unknown>>): string =>
  version + hashOf(sendText(received, canonicalJson(content, received.content)))

/** Whether what is stored is the digest of this send, of whichever version it is. */
export const isSendDigest = (stored: string, digest: string, received: Received): boolean =>
  isFirstVersion(stored) ? stored === hashOf(sendText(received, received.content)) : stored === digest

/** The digest of any other request that carries a key. */
export interface RequestDigest {
  readonly text: string
  /** Whether what is stored is the digest of this request, of whichever version it is. */
  matches(stored: string): boolean
}

export function requestDigest(event: string, request: object): RequestDigest {
  const text = version + sha256([event, canonicalJson(request)])
  const matches = (stored: string): boolean =>
    stored === (isFirstVersion(stored) ? sha256([event, JSON.stringify(request)]) : text)
  return { text, matches }
}

/** The key of a further part of what the host asked for under one key. It stays as it is, so that a repeat finds it. */
export const partKey = (clientMsgId: string, part: number): string =>
  sha256(['part', JSON.stringify({ clientMsgId, part })])

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
