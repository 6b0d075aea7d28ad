// One call of chat, with its deadline.
import type { Method } from '../patterns/methods.js'
import { call } from '../topics/call.js'
import type { MicroserviceClient } from '../topics/client.js'
import { within } from '../topics/within.js'

/** Calls a method of chat. @throws RookeryError with the code that chat answered; `UNAVAILABLE` where none came */
export type Caller = <Answer>(method: Method, request: object) => Promise<Answer>

export function callerOf(client: MicroserviceClient, prefix: string, timeoutMs: number): Caller {
  return async <Answer>(method: Method, request: object) =>
    (await within(timeoutMs, 'chat', call(client, prefix + method, request))) as Answer
}
