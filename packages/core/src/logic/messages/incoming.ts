// Turns a checked request into a message for the send path. The digest is over the values as received.
import type { ConversationId, ConversationKind, RequestOf, UserId } from '@rookery/protocol'
import { c2cId, sendDigest } from '../../model/digest.js'
import { hostKey } from '../../model/keys.js'
import type { NewMessage } from '../../model/message.js'
import type { ImSession } from '../../ports/host.js'
import type { Incoming } from './send-job.js'

/** A c2c message of a session, or of the host on behalf of a user. */
export function incomingC2C(from: UserId, request: RequestOf<'c2c'>, viaServer = false): Incoming {
  const { to } = request
  const subject = request.subject ?? ''
  return incoming('c2c', c2cId(from, to, subject), from, to, subject, viaServer, request)
}

/** A message of a session to a group, or of the host on behalf of a member. */
export function incomingC2G(from: UserId, request: RequestOf<'c2g'>, viaServer = false): Incoming {
  return incoming('c2g', request.to, from, null, '', viaServer, request, request.mentions)
}

/** A message of the system in an existing conversation. */
export function incomingSystem(
  { conversationId, kind, subject }: Pick<NewMessage, 'conversationId' | 'kind' | 'subject'>,
  request: SendRequest,
): Incoming {
  return incoming(kind, conversationId, null, null, subject, true, request)
}

/** The fields that every message has. */
type SendRequest = Omit<RequestOf<'c2c'>, 'to' | 'subject'>

// This is a hot path: it names every field, and it makes one object that goes as it is to storage.
function incoming(
  kind: ConversationKind,
  conversationId: ConversationId,
  from: UserId | null,
  to: UserId | null,
  subject: string,
  viaServer: boolean,
  request: SendRequest,
  mentions: readonly string[] = [],
): Incoming {
  const { type, content, ext, replyTo, clientTime } = request
  const text = JSON.stringify(content)
  const clientMsgId = viaServer && from !== null ? hostKey(request.clientMsgId) : request.clientMsgId
  const silent = request.silent ?? false
  const mentioned = mentions.length === 0 ? null : mentions
  const received = { to: to ?? conversationId, subject, type, content: text, mentions: mentioned }
  return {
    key: `${from ?? ''}\n${clientMsgId}`,
    content,
    received,
    to: kind === 'c2g' ? conversationId : to,
    message: {
      msgId: '',
      clientMsgId,
      conversationId,
      kind,
      from,
      to,
      subject,
      type,
      content: text,
      ext: ext === undefined ? null : JSON.stringify(ext),
      replyTo: replyTo ?? null,
      silent,
      mentions: mentioned && [...new Set(mentioned)],
      viaServer,
      countable: !silent,
      clientTime: clientTime ?? null,
      serverTime: 0,
      digest: sendDigest(received, content),
    },
  }
}

/** The session that policy and handlers get where the host speaks on behalf of a user. */
export const asSession = (userId: UserId): ImSession => ({
  sessionId: '',
  userId,
  deviceId: 'server',
  deviceType: 'server',
  user: undefined,
  headers: {},
  ip: '',
})
