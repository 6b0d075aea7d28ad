// The HTTP route that tells clients where to connect. It is public, so it tells no load.
import {
  applyDecorators,
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  ServiceUnavailableException,
  type Type,
} from '@nestjs/common'
import { ImService } from '../im.service.js'
import { shuffleByRoom } from './shuffle.js'

/** One node that a client may connect to. */
export interface Endpoint {
  readonly nodeId: string
  /** The HTTP(S) origin for socket.io. */
  readonly url: string
}

/** How long a list serves, ms. A client that gets a node which has just left takes the next one. */
const cacheMs = 10_000

@Injectable()
export class EndpointList {
  private nodes: readonly (Endpoint & { readonly sessions: number })[] | null = null
  private asking: Promise<void> | null = null
  private untilMs = -Infinity

  constructor(@Inject(ImService) private readonly im: ImService) {}

  /**
   * The nodes, best first. While presence does not answer, the last list serves on.
   * @throws ServiceUnavailableException if presence does not answer and never did
   */
  async shuffled(): Promise<Endpoint[]> {
    if (performance.now() >= this.untilMs) await (this.asking ??= this.ask().finally(() => (this.asking = null)))
    if (this.nodes === null) throw new ServiceUnavailableException('the list of nodes is not known yet; try again')
    return shuffleByRoom(this.nodes, Math.random).map(({ nodeId, url }) => ({ nodeId, url }))
  }

  private async ask(): Promise<void> {
    try {
      const nodes = await this.im.endpoints()
      this.nodes = nodes.flatMap(({ nodeId, url, sessions }) => (url === null ? [] : [{ nodeId, url, sessions }]))
      this.untilMs = performance.now() + cacheMs
    } catch {
      // Asked again by the next request; health tells that presence is out of reach.
    }
  }
}

/** Makes the controller for a path: Nest reads the path from the class. */
export function endpointsController(path: string, decorators: readonly ClassDecorator[]): Type<unknown> {
  @applyDecorators(Controller(path), ...decorators)
  class EndpointsController {
    constructor(@Inject(EndpointList) private readonly list: EndpointList) {}

    @Get()
    @Header('Cache-Control', `public, max-age=${cacheMs / 1000}`)
    endpoints(): Promise<Endpoint[]> {
      return this.list.shuffled()
    }
  }
  return EndpointsController
}
