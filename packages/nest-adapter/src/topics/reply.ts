// `answer: 'reply'`: the other service answers the client's request.
import { call } from './call.js'
import { readsAnswers, type MicroserviceClient } from './client.js'
import type { Send } from './deliver.js'
import { within } from './within.js'

/** @param pattern undefined where each topic is its own pattern */
export function askFor(client: MicroserviceClient, pattern: string | object | undefined, timeoutMs: number): Send {
  if (pattern !== undefined) readsAnswers(client, pattern)
  return (to, message) => within(timeoutMs, 'the other service', call(client, to, message))
}
