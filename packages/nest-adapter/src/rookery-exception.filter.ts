// Answers HTTP requests with chat's errors, for controllers that call `ImService`.
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
 * Answers the HTTP request when a controller lets a `RookeryError` through. The status belongs to the error's code; the
 * body is `{ statusCode, code, message, details, retryAfterMs }`. Works on Express and Fastify. Without this filter
 * Nest answers 500. Outside HTTP it changes nothing.
 *
 * @example providers: [{ provide: APP_FILTER, useClass: RookeryExceptionFilter }]
 * @example app.useGlobalFilters(new RookeryExceptionFilter(app.getHttpAdapter()))
 */
@Catch(RookeryError)
export class RookeryExceptionFilter extends BaseExceptionFilter<RookeryError> {
  override catch(error: RookeryError, host: ArgumentsHost): unknown {
    // Chat's handlers, gateways and message brokers answer this error themselves.
    if (host.getType() !== 'http') return error
    const statusCode = statuses[error.code]
    const { retryAfterMs } = error
    if (retryAfterMs !== undefined) setRetryAfter(host, retryAfterMs)
    // oxlint-disable-next-line promise/valid-params -- the catch of a filter, not of a promise
    super.catch(new HttpException({ statusCode, ...error.toWire() }, statusCode) as never, host)
    return undefined
  }
}

/** Both platforms can set a header: Express's response by the method of Node's class, Fastify's reply by `header`. */
function setRetryAfter(host: ArgumentsHost, retryAfterMs: number): void {
  const response = host.switchToHttp().getResponse<{
    header?(name: string, value: string): unknown
    setHeader?(name: string, value: string): unknown
  }>()
  const seconds = String(Math.ceil(retryAfterMs / 1000))
  if (typeof response.setHeader === 'function') response.setHeader('Retry-After', seconds)
  else response.header?.('Retry-After', seconds)
}
