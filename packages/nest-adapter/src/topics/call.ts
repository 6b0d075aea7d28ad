// A call of another service over a client of @nestjs/microservices, and what its refusal means.
import { type ErrorCode, errorCodes, mayBeTriedAgain, RookeryError } from '@rookery/protocol'
import { catchError, defer, mergeMap, type Observable } from 'rxjs'
import { type MicroserviceClient, unavailable } from './client.js'

/** Calls once somebody subscribes. Emits the answer, nothing for null; fails with a coded error where there is one. */
export function call(client: MicroserviceClient, pattern: string | object, data: object): Observable<unknown> {
  const connect = async (): Promise<void> => {
    try {
      await client.connect()
    } catch (error) {
      throw unavailable('the other service cannot be reached', error)
    }
  }
  return defer(connect).pipe(
    mergeMap(() => client.send(pattern, data)),
    catchError((error: unknown) => {
      throw refusalOf(error)
    }),
  )
}

/**
 * What a service threw, as its client sees it. Services on Nest throw `new RpcException({ code, message, retryAfterMs,
 * details })`. An `Error` comes from the client's own side: its connection is lost.
 */
function refusalOf(error: unknown): Error {
  if (error instanceof RookeryError) return error
  if (error instanceof Error) return unavailable('the other service cannot be reached', error)
  if (typeof error === 'object' && error !== null && 'code' in error) {
    const { code, message = 'the other service refused', retryAfterMs, details } = error as RefusalShape
    if (isErrorCode(code))
      return new RookeryError(code, String(message), {
        details,
        ...(typeof retryAfterMs === 'number' && mayBeTriedAgain(code) ? { retryAfterMs } : {}),
      })
  }
  const { message } = (error ?? {}) as { readonly message?: unknown }
  return new Error(`another service failed: ${typeof message === 'string' ? message : 'it does not say why'}`)
}

const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorCodes, code)

interface RefusalShape {
  readonly code: unknown
  readonly message?: unknown
  readonly retryAfterMs?: unknown
  readonly details?: unknown
}
