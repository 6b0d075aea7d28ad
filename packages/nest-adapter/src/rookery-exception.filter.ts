// What chat refuses, told over HTTP: for controllers that call `ImService`.
import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common'
import { BaseExceptionFilter } from '@nestjs/core'
import { type ErrorCode, RookeryError } from '@rookery/core'

const statuses: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNSUPPORTED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  REJECTED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
}

/**
 * Answers a `RookeryError` that a controller lets through by the status of its code, with `{ statusCode, code, message, details,
 * retryAfterMs }`, on Express and Fastify. Without it Nest answers 500. Outside HTTP it changes nothing.
 *
 * @example providers: [{ provide: APP_FILTER, useClass: RookeryExceptionFilter }]
 * @example app.useGlobalFilters(new RookeryExceptionFilter(app.getHttpAdapter()))
 */
@Catch(RookeryError)
export class RookeryExceptionFilter extends BaseExceptionFilter<RookeryError> {
  override catch(error: RookeryError, host: ArgumentsHost): unknown {
    // Handlers of chat, gateways and brokers have answers of their own for it.
    if (host.getType() !== 'http') return error
    const statusCode = statuses[error.code]
    const { retryAfterMs } = error
    if (retryAfterMs !== undefined) setRetryAfter(host, retryAfterMs)
    // oxlint-disable-next-line promise/valid-params -- the catch of a filter, not of a promise
    super.catch(new HttpException({ statusCode, ...error.toWire() }, statusCode) as never, host)
    return undefined
  }
}

/** Both platforms have it: Express's response by Node's class, Fastify's reply under a name of its own. */
function setRetryAfter(host: ArgumentsHost, retryAfterMs: number): void {
  const response = host.switchToHttp().getResponse<{
    header?(name: string, value: string): unknown
    setHeader?(name: string, value: string): unknown
  }>()
  const seconds = String(Math.ceil(retryAfterMs / 1000))
  if (typeof response.setHeader === 'function') response.setHeader('Retry-After', seconds)
  else response.header?.('Retry-After', seconds)
}
