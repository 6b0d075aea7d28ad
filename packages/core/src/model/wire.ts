// Writes the model as JSON text, as the protocol has it. Texts that are JSON already are inserted as they are, and
// never parsed.
import type { JsonText, Role, RookeryError, Sent, Seq } from '@rookery/protocol'
import type { ConversationView } from './conversation.js'
import type { StoredEntry } from './entry.js'
import type { Group, Membership } from './group.js'
import { clientMsgIdOf } from './keys.js'
import type { StoredMessage } from './message.js'

/** A short ASCII text without characters that JSON escapes, such as an id. */
const plain = /^[ !#-[\]-~]{0,64}$/

/** A text as JSON. */
const q = (text: string): JsonText => (plain.test(text) ? `"${text}"` : JSON.stringify(text))

type Sending = Omit<StoredMessage, keyof MessageState | 'seq' | 'ordinal'>
type MessageState = Pick<StoredMessage, 'recalled' | 'editedAt' | 'asOf' | 'reactions' | 'withheld'>

/**
 * A `Message`. The text is the same for everybody who may read it.
 * @param state its changes since it was sent; null for a new message
 */
export function messageJson(m: Sending, seq: Seq, state: MessageState | null): JsonText {
  const isRecalled = state?.recalled === true
  let json = `{"msgId":${q(m.msgId)},"clientMsgId":${q(clientMsgIdOf(m.clientMsgId))},"conversationId":${q(m.conversationId)},"seq":${seq},"from":${m.from === null ? 'null' : q(m.from)}`
  if (m.kind === 'c2g') json += `,"groupId":${q(m.conversationId)}`
  else if (m.to !== null) json += `,"to":${q(m.to)}`
  if (m.subject !== '') json += `,"subject":${q(m.subject)}`
  json += `,"type":${q(m.type)}`
  if (m.content !== null) json += `,"content":${m.content}`
  if (m.ext !== null && !isRecalled) json += `,"ext":${m.ext}`
  if (m.replyTo !== null) json += `,"replyTo":${m.replyTo}`
  if (m.silent) json += ',"silent":true'
  if (m.mentions !== null) json += `,"mentions":${JSON.stringify(m.mentions)}`
  if (m.viaServer) json += ',"via":"server"'
  if (m.clientTime !== null) json += `,"clientTime":${m.clientTime}`
  json += `,"serverTime":${m.serverTime}`
  return (state === null ? json : json + stateJson(state)) + '}'
}

/** A stored `Message` in its current state. */
export const storedMessageJson = (m: StoredMessage): JsonText => messageJson(m, m.seq, m)

function stateJson({ asOf, recalled, editedAt, reactions, withheld }: MessageState): string {
  let json = ''
  if (asOf !== null) json += `,"asOf":${asOf}`
  if (recalled) json += ',"recalled":true'
  if (editedAt !== null) json += `,"editedAt":${editedAt}`
  if (reactions !== null) json += `,"reactions":${reactions}`
  if (withheld) json += ',"withheld":true'
  return json
}

/**
 * Texts with commas between them. It does not use `join`, because that copies all of them, and the frame around them is
 * copied once more.
 */
export function listed(texts: readonly JsonText[]): JsonText {
  let list = texts[0] ?? ''
  for (let i = 1; i < texts.length; i++) list += `,${texts[i]}`
  return list
}

// The text of an entry has two parts: its sequence, which differs for each reader, and a tail that is the same for all
// of them.

/** The tail of a `message` entry around a message's text. */
export const messageTailJson = (at: number, message: JsonText): JsonText =>
  `"kind":"message","at":${at},"message":${message}}`

/** The tail of an entry's text. */
export const entryTailJson = (entry: JsonText): JsonText => entry.slice(entry.indexOf(',') + 1)

/** Consecutive entries, from their tails. */
export const numberedJson = (from: Seq, tails: readonly JsonText[]): JsonText[] =>
  tails.map((tail, i) => `{"seq":${from + i},${tail}`)

/** An entry that is not a message: its own fields follow the common ones. */
export const factEntryJson = (seq: Seq, at: number, kind: string, body: JsonText): JsonText =>
  `{"seq":${seq},"kind":${q(kind)},"at":${at}${body === '{}' ? '}' : `,${body.slice(1)}`}`

/** An `Entry` as storage gave it. */
export function entryJson(entry: StoredEntry): JsonText {
  if (entry.kind !== 'message') return factEntryJson(entry.seq, entry.at, entry.kind, entry.body)
  const message =
    entry.message === null
      ? `{"conversationId":${q(entry.conversationId)},"seq":${entry.conversationSeq},"expired":true}`
      : storedMessageJson(entry.message)
  return `{"seq":${entry.seq},${messageTailJson(entry.at, message)}`
}

/** A `Conversation`. */
export function conversationJson(c: ConversationView): JsonText {
  let json = `{"conversationId":${q(c.conversationId)},"kind":"${c.kind}"`
  if (c.peerId !== null) json += `,"peerId":${q(c.peerId)}`
  if (c.subject !== '') json += `,"subject":${q(c.subject)}`
  if (c.kind === 'c2g') json += `,"groupId":${q(c.conversationId)}`
  if (c.name !== null) json += `,"name":${q(c.name)}`
  if (c.avatar !== null) json += `,"avatar":${q(c.avatar)}`
  if (c.ext !== null) json += `,"ext":${c.ext}`
  if (c.lastMessage !== null) json += `,"lastMessage":${storedMessageJson(c.lastMessage)}`
  json += `,"seq":${c.seq},"readSeq":${c.readSeq},"unread":${c.unread},"mentioned":${c.mentioned}`
  if (c.peerReadSeq !== null) json += `,"peerReadSeq":${c.peerReadSeq}`
  if (c.peerDeliveredSeq !== null) json += `,"peerDeliveredSeq":${c.peerDeliveredSeq}`
  return json + `,"pinned":${c.pinned},"muted":${c.muted},"hidden":${c.hidden},"updatedAt":${c.updatedAt}}`
}

/**
 * A `Group`.
 * @param role the role of the user who asks; null for the host
 */
export function groupJson(g: Group, role: Role | null): JsonText {
  const id = q(g.groupId)
  let json = `{"groupId":${id},"conversationId":${id},"name":${q(g.name)}`
  if (g.avatar !== null) json += `,"avatar":${q(g.avatar)}`
  if (g.announcement !== null) json += `,"announcement":${q(g.announcement)}`
  if (g.ext !== null) json += `,"ext":${g.ext}`
  json += `,"ownerId":${q(g.ownerId)}`
  if (role !== null) json += `,"role":"${role}"`
  json += `,"memberCount":${g.memberCount},"version":${g.version}`
  if (g.mutedUntil !== 0) json += `,"mutedUntil":${g.mutedUntil}`
  return json + `,"createdAt":${g.createdAt}}`
}

/** A member of a group, as `group.members` lists it. */
export function memberJson({ userId, role, joinedAt, mutedUntil }: Membership): JsonText {
  const json = `{"userId":${q(userId)},"role":"${role}","joinedAt":${joinedAt}`
  return mutedUntil === 0 ? `${json}}` : `${json},"mutedUntil":${mutedUntil}}`
}

/** The answer to a send. */
export const sentJson = (sent: Sent): JsonText =>
  `{"msgId":${q(sent.msgId)},"conversationId":${q(sent.conversationId)},"seq":${sent.seq},"serverTime":${sent.serverTime},"duplicate":${sent.duplicate}}`

export const okJson = (data: JsonText): JsonText => `{"ok":true,"data":${data}}`
export const errorJson = (error: RookeryError): JsonText => `{"ok":false,"error":${JSON.stringify(error.toWire())}}`
