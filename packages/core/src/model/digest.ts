// Hashes: the digest of a message as received, the id of a c2c conversation, the digest of a token.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ConversationId, JsonText, UserId } from '@rookery/protocol'
import { canonicalJson } from './canonical.js'

// Each part follows its own length, so that different lists of parts have different texts.
function textOf(parts: readonly string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return text
}

const hashOf = (text: string): string => hash('sha256', text, 'base64url')

const sha256 = (parts: readonly string[]): string => hashOf(textOf(parts))

/** Ids of recent conversations: most messages go where another message went shortly before. */
const c2cIds = new LRUCache<string, ConversationId>({ max: 10_000 })

/**
 * The mark before the hash of a digest of the second version. That version hashes the value: the order of the keys in
 * its JSON does not matter.
 */
const version = '2:'

// The first version had no mark and hashed the text, so the order of the keys mattered.
export const isFirstVersion = (stored: string): boolean => !stored.startsWith(version)

/** The fields of a send that its digest covers, as received. */
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
 * The digest of a send. It tells a repeat from another message under the same key.
 * @param content the value from which the text was written
 */
export const sendDigest = (received: Received, content: Readonly<Record<string, unknown>>): string =>
  version + hashOf(sendText(received, canonicalJson(content, received.content)))

/** Whether a stored digest, of either version, is the digest of this send. */
export const isSendDigest = (stored: string, digest: string, received: Received): boolean =>
  isFirstVersion(stored) ? stored === hashOf(sendText(received, received.content)) : stored === digest

/** The digest of any other request that carries a key. */
export interface RequestDigest {
  readonly text: string
  /** Whether a stored digest, of either version, is the digest of this request. */
  matches(stored: string): boolean
}

export function requestDigest(event: string, request: object): RequestDigest {
  const text = version + sha256([event, canonicalJson(request)])
  const matches = (stored: string): boolean =>
    stored === (isFirstVersion(stored) ? sha256([event, JSON.stringify(request)]) : text)
  return { text, matches }
}

/**
 * The key of a later part of a request of the host, from the key of the request. It must never change, so that a repeat
 * finds it.
 */
export const partKey = (clientMsgId: string, part: number): string =>
  sha256(['part', JSON.stringify({ clientMsgId, part })])

/** The key under which a fact for a user is stored once: the host may use one `clientMsgId` for several users. */
export const factKey = (userId: UserId, clientMsgId: string): string => sha256(['fact', userId, clientMsgId])

/** The id of the one conversation of two users under a subject, whichever of them begins it. */
export function c2cId(a: UserId, b: UserId, subject: string): ConversationId {
  const text = textOf(a < b ? [a, b, subject] : [b, a, subject])
  const known = c2cIds.get(text)
  if (known !== undefined) return known
  const id = `p_${hashOf(text)}`
  c2cIds.set(text, id)
  return id
}

/** What chat keeps of a token: enough to find the sessions that use it. */
export const tokenDigest = (token: string): string => sha256([token]).slice(0, 22)
