// One request of a client on its way to another service: its message, and what the client learns.
import { type AnswerTopic, RookeryError } from '@rookery/core'
import type { TopicMessage } from './topic-message.js'

/**
 * Sends a message. Resolves with what the client is answered, by the route's deadline.
 * @throws RookeryError for the client
 */
export type Send = (pattern: string | object, message: TopicMessage) => Promise<unknown>

export function deliverTo(send: Send, topic: string, pattern: string | object): AnswerTopic {
  return async ({ userId, deviceId, deviceType, sessionId }, payload, clientMsgId) => {
    if (clientMsgId === null)
      throw new RookeryError('BAD_REQUEST', 'clientMsgId: this topic goes to another service, which needs the key')
    return send(pattern, { topic, payload, clientMsgId, userId, deviceId, deviceType, sessionId, at: Date.now() })
  }
}
