// What chat refuses, told over HTTP: for controllers that call `ImService`.
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import { type ErrorCode, RookeryError } from '@rookery/core'
import type { ServerResponse } from 'node:http'

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  REJECTED: 422,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
}

@Catch(RookeryError)
export class RookeryErrorFilter implements ExceptionFilter<RookeryError> {
  catch({ code, message, details, retryAfterMs }: RookeryError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>()
    const statusCode = statuses[code] ?? 500
    if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000))
    response.writeHead(statusCode, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify({ statusCode, code, message, details }))
  }
}
