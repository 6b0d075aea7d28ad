// Mounts the route that tells clients which nodes they may connect to.
import { type DynamicModule, Module } from '@nestjs/common'
import { option } from '@rookery/core'
import { misconfigured, wordsOf } from '../misconfigured.js'
import { EndpointList, endpointsController } from './endpoints.controller.js'

export interface RookeryEndpointsOptions {
  /** The route's path, below the app's global prefix. `im/endpoints` by default. */
  readonly path?: string
  /**
   * Decorators of the host for the controller: such as its own `@Public()`, where an APP_GUARD refuses callers that are
   * not logged in. None by default.
   */
  readonly decorators?: readonly ClassDecorator[]
}

/**
 * `GET /im/endpoints`: answers `[{ nodeId, url }]`, best first, to everybody. A client takes the first, and the next if
 * that one fails. The list is 10 s old at most. A node without the option `url` is not in it, and a node that drains
 * leaves it first.
 */
@Module({})
export class RookeryEndpointsModule {
  /** @throws Error in one line that names a wrong option */
  static forRoot(options: RookeryEndpointsOptions = {}): DynamicModule {
    option.refuseUnknown(options, ['path', 'decorators'], wordsOf('RookeryEndpointsModule'))
    const { path = 'im/endpoints', decorators = [] } = options
    if (typeof path !== 'string')
      throw misconfigured("RookeryEndpointsModule option path is not a string: give a path such as 'im/endpoints'")
    return {
      module: RookeryEndpointsModule,
      controllers: [endpointsController(path, decorators)],
      providers: [EndpointList],
    }
  }
}
