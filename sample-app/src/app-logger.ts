// What the app prints: its own lines and chat's. Nest's list of modules and routes at each start is left out.
import { ConsoleLogger, Injectable } from '@nestjs/common'

const leftOut: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
  'NestApplication',
])

@Injectable()
export class AppLogger extends ConsoleLogger {
  /** The context comes last. */
  override log(message: unknown, ...rest: unknown[]): void {
    if (!leftOut.has(rest.at(-1))) super.log(message, ...rest)
  }
}
