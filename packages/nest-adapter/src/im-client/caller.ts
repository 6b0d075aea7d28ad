// One call of chat, with its deadline.
import { lastValueFrom, timeout } from 'rxjs'
import type { Method } from '../patterns/methods.js'
import { call } from '../topics/call.js'
import { type MicroserviceClient, unavailable } from '../topics/client.js'

/** Calls a method of chat. @throws RookeryError with the code that chat answered; `UNAVAILABLE` where none came */
export type Caller = <Answer>(method: Method, request: object) => Promise<Answer>

export function callerOf(client: MicroserviceClient, prefix: string, timeoutMs: number): Caller {
  const late = timeout({
    each: timeoutMs,
    with: () => {
      throw unavailable('chat did not answer in time')
    },
  })
  return async <Answer>(method: Method, request: object) =>
    (await lastValueFrom(call(client, prefix + method, request).pipe(late), { defaultValue: null })) as Answer
}
