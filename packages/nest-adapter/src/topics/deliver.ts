// One request of a client on its way to another service: its message, its deadline, and what the client learns.
import { type AnswerTopic, RookeryError } from '@rookery/core'
import { lastValueFrom, type Observable, timeout } from 'rxjs'
import { unavailable } from './client.js'
import type { TopicMessage } from './topic-message.js'

/**
 * Sends a message, once somebody subscribes. Emits what the client is answered, nothing for null; fails with the error
 * for the client. Whoever unsubscribes waits no longer.
 */
export type Send = (pattern: string | object, message: TopicMessage) => Observable<unknown>

export function deliverTo(send: Send, topic: string, pattern: string | object, timeoutMs: number): AnswerTopic {
  const late = timeout({
    each: timeoutMs,
    with: () => {
      throw unavailable('the other service did not answer in time')
    },
  })
  return async ({ userId, deviceId, deviceType, sessionId }, payload, clientMsgId) => {
    if (clientMsgId === null)
      throw new RookeryError('BAD_REQUEST', 'clientMsgId: this topic goes to another service, which needs the key')
    const message = { topic, payload, clientMsgId, userId, deviceId, deviceType, sessionId, at: Date.now() }
    return lastValueFrom(send(pattern, message).pipe(late), { defaultValue: null })
  }
}
