// The payload of each event as JSON text, typed by the protocol. Texts that are JSON already are inserted as they are.
import type { ConversationId, JsonText, Seq, ServerEvent, ServerEvents } from '@rookery/protocol'
import { listed } from './wire.js'

/** The text of an event's payload. The tag keeps it from being sent as another event. */
export type EventJson<Event extends ServerEvent = ServerEvent> = JsonText & { readonly __event?: Event }

const textOf =
  <Event extends ServerEvent>() =>
  (payload: ServerEvents[Event]): EventJson<Event> =>
    JSON.stringify(payload)

export const readyJson = textOf<'ready'>()
export const receiptJson = textOf<'receipt'>()
export const typingJson = textOf<'typing'>()
export const presenceJson = textOf<'presence'>()
export const kickJson = textOf<'kick'>()
export const reconnectJson = textOf<'reconnect'>()

export const syncJson = (seq: Seq): EventJson<'sync'> => `{"seq":${seq}}`

/** @param entries the texts of consecutive entries */
export const entriesJson = (entries: readonly JsonText[]): EventJson<'entries'> => `{"entries":[${listed(entries)}]}`

/** Makes the payloads of one conversation's `timeline` events from the texts of consecutive messages. */
export const timelineJsonOf = (
  conversationId: ConversationId,
): ((messages: readonly JsonText[]) => EventJson<'timeline'>) => {
  const head = `{"conversationId":${JSON.stringify(conversationId)},"messages":[`
  return (messages) => `${head}${listed(messages)}]}`
}

/** @param payload the host's payload as JSON text */
export const s2cJson = (id: string, topic: string, payload: JsonText): EventJson<'s2c'> =>
  `{"id":${JSON.stringify(id)},"topic":${JSON.stringify(topic)},"payload":${payload}}`
