// `answer: 'reply'`: the other service answers the client's request.
import { type ErrorCode, errorCodes, mayBeTriedAgain, RookeryError } from '@rookery/protocol'
import { catchError, defer, mergeMap } from 'rxjs'
import { classNames, type MicroserviceClient, unavailable } from './client.js'
import type { Send } from './deliver.js'

/** @param pattern undefined where each topic is its own pattern */
export function askFor(client: MicroserviceClient, pattern: string | object | undefined): Send {
  // Kafka's client reads answers only of patterns that it knows before it connects.
  if (pattern !== undefined && classNames(client).includes('ClientKafka'))
    (client as unknown as { subscribeToResponseOf(pattern: unknown): void }).subscribeToResponseOf(pattern)
  const connect = async (): Promise<void> => {
    try {
      await client.connect()
    } catch (error) {
      throw unavailable('the other service cannot be reached', error)
    }
  }
  return (to, message) =>
    defer(connect).pipe(
      mergeMap(() => client.send(to, message)),
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
