// From a checked request to a message on its way, under the digest of what was received.
import type { ConversationId, UserId } from '../model/ids.js'
import type { ImSession } from '../ports/host.js'
import { c2cId, sendDigest } from '../protocol/digest.js'
import type { RequestOf } from '../protocol/requests.js'
import type { Incoming } from './send-job.js'

/** A c2c message of a session, or of the host on behalf of a user. */
export function incomingC2C(from: UserId, request: RequestOf<'c2c'>, viaServer = false): Incoming {
  const { to } = request
  const subject = request.subject ?? ''
  return incoming(c2cId(from, to, subject), from, to, subject, viaServer, request)
}

/** What the system says in a 1:1 conversation that exists. */
export function incomingSystem(
  { conversationId, subject }: { readonly conversationId: ConversationId; readonly subject: string },
  request: Omit<RequestOf<'c2c'>, 'to' | 'subject'>,
): Incoming {
  return incoming(conversationId, null, null, subject, true, request)
}

// The hot path: every field by its name, one object for the message from here to storage.
function incoming(
  conversationId: ConversationId,
  from: UserId | null,
  to: UserId | null,
  subject: string,
  viaServer: boolean,
  request: Omit<RequestOf<'c2c'>, 'to' | 'subject'>,
): Incoming {
  const { clientMsgId, type, content, ext, replyTo, clientTime } = request
  const text = JSON.stringify(content)
  const silent = request.silent ?? false
  return {
    key: `${from ?? ''}\n${clientMsgId}`,
    content,
    to,
    message: {
      msgId: '',
      clientMsgId,
      conversationId,
      kind: 'c2c',
      from,
      to,
      subject,
      type,
      content: text,
      ext: ext === undefined ? null : JSON.stringify(ext),
      replyTo: replyTo ?? null,
      silent,
      mentions: null,
      viaServer,
      countable: !silent,
      clientTime: clientTime ?? null,
      serverTime: 0,
      digest: sendDigest(to ?? conversationId, subject, type, text, null),
    },
  }
}

/** The request of a host's message, as the outbox keeps it. */
export type HostRequest = RequestOf<'c2c'>

/** What policy and handlers are given in place of a session where the host speaks. */
export const asSession = (userId: UserId): ImSession => ({
  sessionId: '',
  userId,
  deviceId: 'server',
  deviceType: 'server',
  user: undefined,
  headers: {},
  ip: '',
})
