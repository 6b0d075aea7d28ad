// Starts and stops a node with the host's app. The node is built in onModuleInit, serves from onApplicationBootstrap
// on, and drains in beforeApplicationShutdown, while the host's sockets and data sources are still open.
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { ApplicationConfig, ExternalContextCreator, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core'
import { createRookery, type Handlers, type Rookery } from '@rookery/core'
import { attachSocketIo, type SocketIoTransport } from '@rookery/transport-socketio'
import type { Server } from 'node:http'
import { withCodedErrors } from './errors.js'
import { composeHandlers } from './handlers/compose.js'
import { exploreHandlers } from './handlers/explorer.js'
import { RunnerFactory } from './handlers/runner.js'
import { RookeryLogger } from './nest-logger.js'
import { misconfigured } from './misconfigured.js'
import { MODULE_OPTIONS_TOKEN } from './module-definition.js'
import { type RookeryModuleOptions, sortOptions, type TransportModuleOptions } from './module-options.js'
import { findPorts } from './ports.js'
import { resolveProvided } from './provided.js'
import { RunningNode } from './running-node.js'
import { type TopicRoutes, withTopicRoutes } from './topics/topic-routes.js'

@Injectable()
export class Lifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new RookeryLogger()
  private rookery: Rookery | undefined
  private transport: SocketIoTransport | undefined
  private isStarted = false

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: RookeryModuleOptions,
    private readonly modules: ModulesContainer,
    private readonly module: ModuleRef,
    private readonly http: HttpAdapterHost,
    private readonly running: RunningNode,
    private readonly contexts: ExternalContextCreator,
    private readonly app: ApplicationConfig,
  ) {}

  onModuleInit(): void {
    if (countOf(this.modules, Lifecycle) > 1)
      throw misconfigured('RookeryModule is imported twice: import it once, in the root module; it is global.')
    const ports = findPorts(this.modules)
    const { core: given, topics } = sortOptions(this.options)
    const core = resolveProvided(given, this.module)
    // Core reports an `authenticate` that is missing or no function.
    const authenticate =
      typeof core.authenticate === 'function' ? withCodedErrors(core.authenticate) : core.authenticate
    const handlers = this.handlers(core.handlers, topics)
    const { logger } = this
    this.rookery = inOneLine(() =>
      createRookery({ ...core, ...ports, authenticate, logger, ...(handlers === undefined ? {} : { handlers }) }),
    )
    this.running.bind(this.rookery)
  }

  async onApplicationBootstrap(): Promise<void> {
    const { transport } = sortOptions(this.options)
    const server = httpServerOf(this.http)
    // The transport attaches before the node starts: a path that is taken or a wrong option must not leave a started
    // storage behind.
    if (server === undefined) this.logger.info('no HTTP server in this app: it serves no clients of its own')
    else this.transport = this.attach(server, transport)
    await this.rookery?.start()
    this.isStarted = true
    this.running.started()
  }

  /** The node sends clients to other nodes and answers what it accepted; then the transport closes the connections. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.isStarted) await this.rookery?.drain()
    await this.transport?.close()
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.isStarted) await this.rookery?.stop()
  }

  private handlers(given: Handlers | undefined, topics: TopicRoutes): Handlers | undefined {
    const hasGlobalFilters = this.app.getGlobalFilters().length + this.app.getGlobalRequestFilters().length > 0
    const runners = new RunnerFactory(this.contexts, hasGlobalFilters, this.logger)
    const found = exploreHandlers(this.modules, runners)
    return withTopicRoutes(composeHandlers(found, given, this.logger), topics, found, this.module)
  }

  private attach(server: Server, options: TransportModuleOptions): SocketIoTransport {
    const { rookery, logger } = this
    if (rookery === undefined) throw new Error('the node is put together before it serves')
    return inOneLine(() => attachSocketIo(server, rookery.gate, { ...options, logger }))
  }
}

/**
 * The HTTP server of the app, if it has one: an app made by createApplicationContext or createMicroservice has none.
 */
function httpServerOf(host: HttpAdapterHost): Server | undefined {
  const server = host.httpAdapter?.getHttpServer() as Server | undefined
  return typeof server?.on === 'function' ? server : undefined
}

function countOf(modules: ModulesContainer, provider: new (...args: never[]) => unknown): number {
  return [...modules.values()].filter((module) => module.providers.has(provider)).length
}

/** Core and transport report mistakes in options by their messages alone; a stack trace helps nobody. */
function inOneLine<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw error instanceof Error ? misconfigured(error.message) : error
  }
}
