// Prints the app's log lines and chat's. It leaves out Nest's list of modules and routes at each start.
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
  /** The last argument is the context. */
  override log(message: unknown, ...rest: unknown[]): void {
    if (!leftOut.has(rest.at(-1))) super.log(message, ...rest)
  }
}
