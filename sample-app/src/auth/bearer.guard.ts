// Authenticates HTTP requests: the user of the bearer token.
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common'
import type { IncomingHttpHeaders } from 'node:http'
import { AuthService } from './auth.service.js'

interface AuthenticatedRequest {
  readonly headers: IncomingHttpHeaders
  user?: { readonly userId: string; readonly token: string }
}

const requestOf = (context: ExecutionContext): AuthenticatedRequest => context.switchToHttp().getRequest()

@Injectable()
export class BearerGuard implements CanActivate {
  constructor(private readonly auth: AuthService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context)
    const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) throw new UnauthorizedException('a bearer token is needed: authorization: Bearer …')
    const { userId } = await this.auth.authenticate(token)
    request.user = { userId, token }
    return true
  }
}

/** The user id of the token; only under `BearerGuard`. */
export const CurrentUser: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context) => requestOf(context).user?.userId,
)

/** The token itself; only under `BearerGuard`. */
export const CurrentToken: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context) => requestOf(context).user?.token,
)
